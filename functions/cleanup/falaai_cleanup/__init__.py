"""The cleanup function: deletion of unused and expired data."""
