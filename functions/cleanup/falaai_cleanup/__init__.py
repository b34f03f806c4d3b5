"""The cleanup domain: what is old or expired goes."""
