"""The export function: an archive of all data of a user."""
