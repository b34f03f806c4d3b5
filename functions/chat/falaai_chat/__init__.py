"""The chat domain: conversations and replies."""
