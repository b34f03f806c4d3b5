"""Routes of the admin function."""
