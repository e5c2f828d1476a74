"""The list of a comparison sheet: photographs of one case, in order, each with its crop and a mark on its
ruler, and the number of pixels of the sheet per centimetre. All numbers are integers, so the same list has
one encoding.

Coordinates are pixels of the upright, full-size original, oriented as its viewing copy (`previews_child`)
before downscaling. A *mark* is two points on the ruler and the distance between them. It gives the pixels
of the original per centimetre; nothing else is measured.

Specification: docs/spec/comparison.md, section 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isqrt
from typing import Annotated, Any, ClassVar

from casework.errors import MarkRefused, Refused
from casework.working_copies.edit_object import EditObject
from chain_of_custody.encoding.json_object import Identifier, list_of, object_of, whole
from chain_of_custody.errors import Malformed

FEWEST, MOST = 2, 12
"""Number of photographs on one sheet."""
WIDEST = 65_535
"""Pixels of an original across or down: the limit of JPEG."""
SHORTEST_SIDE = 16
"""Minimum pixels of a crop, across and down."""
NEAREST = 20
"""Minimum pixels between the two ends of a mark: one pixel of these is 5 %."""
SHORTEST, LONGEST = 1_000, 1_000_000
"""µm of ruler between the ends: a millimetre, a metre."""
COARSEST, FINEST = 10, 5_000
"""Pixels per centimetre, of an original and of a sheet: 1 and 500 per millimetre."""
MAX_LABEL = 60
"""Characters."""
LARGEST_NUMBER = 1_000_000

_CENTIMETRE = 10_000  # µm
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_APART = "\u200c"
"""Zero-width non-joiner: in Persian it separates two letters of one word."""

_Side = Annotated[int, whole(0, WIDEST)]


def _point(value: object, what: str) -> tuple[int, int]:
    point = object_of(x=whole(0, WIDEST), y=whole(0, WIDEST))(value, what)
    return point["x"], point["y"]


def _any_length(value: object, what: str) -> int:
    """Read a length in µm. `Mark.check` refuses one that is out of range, with a specific error."""
    if type(value) is not int:
        raise Malformed(f"{what}: no whole number of µm")
    return value


def _day(value: object, what: str) -> str:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise Malformed(f"{what}: no day, such as 2026-11-27")
    try:
        date.fromisoformat(value)
    except ValueError as none:
        raise Malformed(f"{what}: no day of the calendar") from none
    return value


def _label(value: object, what: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_LABEL:
        raise Malformed(f"{what}: not text of at most {MAX_LABEL} characters")
    # No direction marks or other invisible characters: the label shows what was typed.
    if not all(sign.isprintable() or _keeps_apart(value, at) for at, sign in enumerate(value)):
        raise Malformed(f"{what}: not one line, or with invisible signs")
    if value != " ".join(value.split()):
        raise Malformed(f"{what}: with blanks around it, or two together")
    return value


def _keeps_apart(label: str, at: int) -> bool:
    """Whether the character at `at` is a non-joiner between two letters, the only place it is allowed."""
    return label[at] == _APART and label[at - 1 : at].isalpha() and label[at + 1 : at + 2].isalpha()


_Day = Annotated[str, _day]


@dataclass(frozen=True)
class Crop(EditObject):
    """The part of a photograph that is shown: left and upper edge, width and height."""

    what: ClassVar[str] = "crop"

    x: _Side
    y: _Side
    width: _Side
    height: _Side

    def check(self) -> None:
        """Raise `Refused` for too small a part."""
        if min(self.width, self.height) < SHORTEST_SIDE:
            raise Refused(f"less than {SHORTEST_SIDE} points of a photograph")

    def holds(self, point: tuple[int, int]) -> bool:
        """Whether the point (x, y) is within the crop."""
        return 0 <= point[0] - self.x < self.width and 0 <= point[1] - self.y < self.height


@dataclass(frozen=True)
class Mark(EditObject):
    """Two points (x, y) on a ruler, and the distance between them in µm."""

    what: ClassVar[str] = "mark"
    members: ClassVar[Mapping[str, str]] = {"begin": "from", "end": "to"}

    begin: Annotated[tuple[int, int], _point]
    end: Annotated[tuple[int, int], _point]
    length: Annotated[int, _any_length]

    def check(self) -> None:
        """Raise `MarkRefused` if it gives no sensible scale."""
        if not SHORTEST <= self.length <= LONGEST:
            raise MarkRefused(f"a length of less than {SHORTEST} or more than {LONGEST} µm")
        if self.squared < NEAREST**2:
            raise MarkRefused(f"two ends that are not {NEAREST} points apart")
        if not COARSEST <= self.per_cm <= FINEST:
            raise MarkRefused(f"{self.per_cm} points to the centimetre: not {COARSEST} to {FINEST}")

    @property
    def squared(self) -> int:
        """The square of the distance in pixels."""
        return (self.end[0] - self.begin[0]) ** 2 + (self.end[1] - self.begin[1]) ** 2

    @property
    def per_cm(self) -> int:
        """Pixels of the original per centimetre, rounded down."""
        return isqrt(self.squared * _CENTIMETRE**2 // self.length**2)

    def scaled(self, points: int, per_cm: int) -> int:
        """Scale `points` pixels of the original to `per_cm` pixels per centimetre, to the nearest."""
        squared = (points * per_cm * self.length) ** 2
        return (isqrt(4 * squared // (self.squared * _CENTIMETRE**2)) + 1) // 2

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the mark in a recipe's `edits`: pixels of the original, and µm."""
        begin, end = ({"x": x, "y": y} for x, y in (self.begin, self.end))
        return {"from": begin, "length": self.length, "to": end}


@dataclass(frozen=True)
class ComparedPhotograph(EditObject):
    """A photograph on the sheet. `number`: of the exhibit in its case; `added`: the day it was sealed;
    `taken`: the day it was taken, as stated by a user; `label`: a short text by a user; `mark`: None if no
    scale is known."""

    what: ClassVar[str] = "photograph"

    evidence: Identifier
    number: Annotated[int, whole(1, LARGEST_NUMBER)]
    added: _Day
    taken: _Day | None
    label: Annotated[str, _label]
    crop: Crop
    mark: Mark | None

    @property
    def cut_off(self) -> bool:
        """Whether an end of its mark is outside the crop, so that the bar cannot be compared with the
        ruler."""
        return self.mark is not None and not all(map(self.crop.holds, (self.mark.begin, self.mark.end)))


@dataclass(frozen=True)
class Comparison(EditObject):
    """The list of a sheet. `per_cm`: pixels of the sheet per centimetre, in each photograph that has a
    mark."""

    kind: ClassVar[str] = "comparison-sheet"
    what: ClassVar[str] = "list of a sheet"

    per_cm: Annotated[int, whole(COARSEST, FINEST)]
    pictures: Annotated[tuple[ComparedPhotograph, ...], list_of(ComparedPhotograph.from_json, FEWEST, MOST)]

    def check(self) -> None:
        """Raise `Refused` for a photograph that is listed twice, `MarkRefused` if none has a mark."""
        _require_comparable(self.pictures)

    @classmethod
    def of(cls, pictures: Sequence[ComparedPhotograph]) -> Comparison:
        """Build a list at the finest scale that enlarges none of them. Raises `Refused`, `MarkRefused`."""
        _require_comparable(pictures)
        return cls(min(one.mark.per_cm for one in pictures if one.mark is not None), tuple(pictures))


def _require_comparable(pictures: Sequence[ComparedPhotograph]) -> None:
    if not FEWEST <= len(pictures) <= MOST:
        raise Refused(f"a sheet is of {FEWEST} to {MOST} photographs")
    if len({one.evidence for one in pictures}) < len(pictures):
        raise Refused("one photograph twice")
    if all(one.mark is None for one in pictures):
        raise MarkRefused("no photograph has a mark, so there is no scale to compare by")
