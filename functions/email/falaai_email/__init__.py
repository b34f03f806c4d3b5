"""The email domain: letters, and the links in them."""
