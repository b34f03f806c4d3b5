"""Programs for operators: python -m operations.deploy and the others; the Makefile runs them."""
