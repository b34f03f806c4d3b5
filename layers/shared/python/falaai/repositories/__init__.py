"""One module per table, every query in full, the owner's id in every WHERE that touches a person's data."""
