"""The auth function: accounts, sessions and profile."""
