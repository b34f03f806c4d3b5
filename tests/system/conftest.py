"""Unique names for generated tests."""

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Add the operation to the name of each generated API test, since parallel runs need unique names."""
    if operation := getattr(item, "operation_label", None):
        item._nodeid = f"{item.nodeid}[{operation}]"  # type: ignore[attr-defined]
