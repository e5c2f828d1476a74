"""What holds for all tests together."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop in the main thread until the session ends,
    and a test that wants a loop of its own there could not have one."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
