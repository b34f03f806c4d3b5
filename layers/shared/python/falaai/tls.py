"""Verification of certificates by the public authorities."""

import ssl
from functools import cache


@cache
def public_authorities() -> ssl.SSLContext:
    """Return the process's one context for all connections, because reading the authorities takes 30 ms."""
    return ssl.create_default_context()
