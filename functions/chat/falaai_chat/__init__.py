"""The chat function: conversations and replies."""
