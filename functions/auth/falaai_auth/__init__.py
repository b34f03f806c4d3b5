"""The auth domain: accounts, sessions and profile."""
