"""The attachments function: uploads, checks and downloads of attached files."""
