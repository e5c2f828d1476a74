"""The parts of a drawing: outlines, landmarks, and regions that can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from casework.body_maps.curves import Point


@dataclass(frozen=True)
class Region:
    """A part of a drawing that has a name. Its path may be larger than the outline, which clips it."""

    code: str
    path: str
    center: Point
    """Where a pin is put that has no other position."""


@dataclass(frozen=True)
class Drawing:
    """One drawing; lengths in its own units."""

    width: float
    height: float
    outlines: Sequence[str]
    """Path data of closed outlines, the later before the earlier."""
    lines: Sequence[str] = field(default=())
    """Path data of landmarks."""
    regions: Sequence[Region] = field(default=())
    """The later before the earlier."""
