"""What *System state* shows as one tile each, and whether a tile needs attention.

A tile is a group of the parts that `status.look` returns. Its words are in `health.html`; the codes are also
what `days` records of a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

State = Mapping[str, Any]
"""What `status.look` returns."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "keys": ("keys",),
    "ledger": ("ledger",),
    "witnesses": ("witnesses", "alarms"),
    "timestamps": ("timestamps",),
    "database": ("database",),
    "disk": ("disk",),
    "clock": ("clock",),
    "incidents": ("incidents",),
    "recordings": ("processes",),
    "confinement": ("sandbox", "confinement"),
    "notices": ("notices",),
    "machines": ("machines",),
    "disposals": ("disposals",),
}
"""Tile → parts of what was seen; `copies` has those of each copy."""
COPIES = ("stores", "key_stores", "reading", "published")
TILES = ("copies", *PARTS)


def tiles(state: State) -> dict[str, bool]:
    """Return by tile whether everything in it is OK, in the order in which they are shown."""
    copies = all(one["well"] for _, one in _of_copies(state))
    return {"copies": copies, **{tile: all(state[one]["well"] for one in PARTS[tile]) for tile in PARTS}}


def copies_well(state: State) -> tuple[int, int]:
    """Return how many copies are OK in every respect, and the number of all copies."""
    ok: dict[str, bool] = {}
    for name, part in _of_copies(state):
        ok[name] = ok.get(name, True) and part["well"]
    return sum(ok.values()), len(ok)


def _of_copies(state: State) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for group in COPIES:
        yield from state[group].items()
