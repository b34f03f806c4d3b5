"""The cloud on one machine: reads an AWS SAM template and runs what it describes.

A development tool. Nothing that is deployed imports it, and it knows nothing of the product it runs:
everything specific comes from the template and from `[tool.devcloud]` in pyproject.toml.
"""
