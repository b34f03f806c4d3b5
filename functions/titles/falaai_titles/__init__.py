"""The titles domain: a name for a new conversation."""
