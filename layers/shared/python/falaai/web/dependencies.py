"""What a route's signature asks for, taken from a cached builder."""

from collections.abc import Callable
from functools import cache
from typing import Any

from fastapi import Depends


@cache
def made_by(build: Callable[[], object]) -> Any:
    """A dependency on what `build` gives.

    FastAPI runs a plain function in a thread of its own, and each hand-over costs about half a millisecond; a builder
    waits for nothing but the settings, once.
    """

    async def dependency() -> object:
        return build()

    return Depends(dependency)
