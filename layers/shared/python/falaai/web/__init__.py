"""What pages and JSON routes share: frame, errors, sessions, headers, templates, texts and static files."""
