"""Lambda entry point of the cleanup domain."""

from falaai_cleanup.schedule import handle as handler

__all__ = ["handler"]
