"""Loaded before all tests: makes the name `devcloud` mean the package, not the folder that holds it and its tests."""

import devcloud  # noqa: F401
