"""The titles function: a title for a new conversation."""
