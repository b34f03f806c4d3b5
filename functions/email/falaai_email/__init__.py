"""The email function: emails and the links in them."""
