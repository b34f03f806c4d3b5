"""Routes of the attachments function."""
