"""The memory function: the running summary of a long conversation."""
