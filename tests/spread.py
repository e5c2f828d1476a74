"""The order of tests. `make test` runs them in lanes beside each other (see the Makefile).

A file stays in one process: its tests share what they set up. Browser tests come last, since Playwright keeps
an event loop in the main thread until the session ends, and a test that wants a loop of its own there could
not have one. Of either kind the slow files come first, so that of the processes none is left alone with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from pytest import Item

LONGEST = (
    "test_browser_every_page.py",
    "test_photographs.py",
    "test_browser_redaction.py",
    "test_browser_transcripts.py",
)
"""Browser tests that take a minute or more, the longest first."""


def in_order(items: list[Item]) -> None:
    """Sort the tests that were collected; those of a file stay together and as they are."""
    slow = _files(item for item in items if item.get_closest_marker("slow") is not None)
    with_a_loop = _files(item for item in items if "playwright" in getattr(item, "fixturenames", ()))
    order = {name: number for number, name in enumerate(LONGEST)}
    items.sort(
        key=lambda item: (
            item.path in with_a_loop,
            item.path not in slow,
            order.get(item.path.name, len(order)),
        )
    )


def _files(items: Iterable[Item]) -> set[PurePath]:
    return {item.path for item in items}
