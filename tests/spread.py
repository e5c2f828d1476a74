"""How `make test` spreads the files of tests over its processes.

A file stays in one process: its tests share what they set up. Browser tests come last, since Playwright keeps
an event loop in the main thread until the session ends, and a test that wants a loop of its own there could
not have one. Of either kind the slow files come first, so that of the processes none is left alone with them.
Files that record in a room with a whole Chromium go one after the other in two processes: a machine with two
processors has no more to encode in time.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from pytest import Item
from xdist.scheduler import LoadFileScheduling

ROOMS = {
    "test_browser_every_page.py": "rooms 1",
    "test_room_cut_off.py": "rooms 1",
    "test_room_console.py": "rooms 1",
    "test_browser_whole_case.py": "rooms 2",
    "test_next_door.py": "rooms 2",
    "test_room_safety.py": "rooms 2",
    "test_room_refusals.py": "rooms 2",
    "test_browser_accessibility.py": "rooms 2",
}
LONGEST = (
    "test_browser_redaction.py",
    "test_photographs.py",
    "test_browser_transcripts.py",
)
"""Other browser tests that take a minute or more, the longest first."""


class FileScheduling(LoadFileScheduling):
    """xdist's own, but for the files in `ROOMS`."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return ROOMS.get(PurePath(file).name, file)


def in_order(items: list[Item]) -> None:
    """Sort the tests that were collected; those of a file stay together and as they are."""
    slow = _files(item for item in items if item.get_closest_marker("slow") is not None)
    with_a_loop = _files(item for item in items if "playwright" in getattr(item, "fixturenames", ()))
    order = {name: number for number, name in enumerate((*ROOMS, *LONGEST))}
    items.sort(
        key=lambda item: (
            item.path in with_a_loop,
            item.path not in slow,
            order.get(item.path.name, len(order)),
        )
    )


def _files(items: Iterable[Item]) -> set[PurePath]:
    return {item.path for item in items}
