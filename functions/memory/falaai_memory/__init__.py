"""The memory domain: the running summary of a long conversation."""
