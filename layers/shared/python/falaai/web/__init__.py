"""Shared code of the web functions: application, errors, sessions, headers, templates, texts, static files."""
