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
from typing import Any, ClassVar

from casework.errors import MarkRefused, Refused

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


@dataclass(frozen=True)
class Crop:
    """The part of a photograph that is shown: left and upper edge, width and height."""

    x: int
    y: int
    width: int
    height: int

    def holds(self, point: tuple[int, int]) -> bool:
        """Whether the point (x, y) is within the crop."""
        return 0 <= point[0] - self.x < self.width and 0 <= point[1] - self.y < self.height

    def to_json(self) -> dict[str, int]:
        """Return the JSON object of the crop in a recipe's `edits`: pixels of the original."""
        return {"height": self.height, "width": self.width, "x": self.x, "y": self.y}

    @classmethod
    def parse(cls, value: object) -> Crop:
        """Parse the JSON object. Raises `Refused`."""
        fields = _exactly(value, ("height", "width", "x", "y"))
        crop = cls(*(_whole(fields[name], 0, WIDEST) for name in ("x", "y", "width", "height")))
        if min(crop.width, crop.height) < SHORTEST_SIDE:
            raise Refused(f"less than {SHORTEST_SIDE} points of a photograph")
        return crop


@dataclass(frozen=True)
class Mark:
    """Two points (x, y) on a ruler, and the distance between them in µm."""

    begin: tuple[int, int]
    end: tuple[int, int]
    length: int

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

    @classmethod
    def parse(cls, value: object) -> Mark:
        """Parse the JSON object. Raises `Refused`, and `MarkRefused` if it gives no sensible scale."""
        fields = _exactly(value, ("from", "length", "to"))
        length = fields["length"]
        if isinstance(length, bool) or not isinstance(length, int):
            raise Refused("a length that is no whole number of µm")
        mark = cls(_point(fields["from"]), _point(fields["to"]), length)
        if not SHORTEST <= length <= LONGEST:
            raise MarkRefused(f"a length of less than {SHORTEST} or more than {LONGEST} µm")
        if mark.squared < NEAREST**2:
            raise MarkRefused(f"two ends that are not {NEAREST} points apart")
        if not COARSEST <= mark.per_cm <= FINEST:
            raise MarkRefused(f"{mark.per_cm} points to the centimetre: not {COARSEST} to {FINEST}")
        return mark


@dataclass(frozen=True)
class Compared:
    """A photograph on the sheet. `number`: of the exhibit in its case; `added`: the day it was sealed;
    `taken`: the day it was taken, as a user states it; `label`: a few words by a user; `mark`: None if no
    scale is known."""

    evidence: str
    number: int
    added: str
    taken: str | None
    label: str
    crop: Crop
    mark: Mark | None

    @property
    def cut_off(self) -> bool:
        """Whether an end of its mark is outside the crop, so that the bar cannot be compared with the
        ruler."""
        return self.mark is not None and not all(map(self.crop.holds, (self.mark.begin, self.mark.end)))

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the photograph in a recipe's `edits` (docs/spec/comparison.md)."""
        return {
            "added": self.added,
            "crop": self.crop.to_json(),
            "evidence": self.evidence,
            "label": self.label,
            "mark": None if self.mark is None else self.mark.to_json(),
            "number": self.number,
            "taken": self.taken,
        }

    @classmethod
    def parse(cls, value: object) -> Compared:
        """Parse the JSON object. Raises `Refused`."""
        fields = _exactly(value, ("added", "crop", "evidence", "label", "mark", "number", "taken"))
        return cls(
            evidence=_id(fields["evidence"]),
            number=_whole(fields["number"], 1, LARGEST_NUMBER),
            added=_day(fields["added"]),
            taken=None if fields["taken"] is None else _day(fields["taken"]),
            label=_label(fields["label"]),
            crop=Crop.parse(fields["crop"]),
            mark=None if fields["mark"] is None else Mark.parse(fields["mark"]),
        )


@dataclass(frozen=True)
class Comparison:
    """The list of a sheet. `per_cm`: pixels of the sheet per centimetre, in each photograph that has a
    mark."""

    kind: ClassVar[str] = "comparison-sheet"

    per_cm: int
    pictures: tuple[Compared, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object for the recipe."""
        return {"per_cm": self.per_cm, "pictures": [one.to_json() for one in self.pictures]}

    @classmethod
    def parse(cls, value: object) -> Comparison:
        """Parse the JSON object. Raises `Refused`, `MarkRefused`."""
        fields = _exactly(value, ("per_cm", "pictures"))
        pictures = fields["pictures"]
        if not isinstance(pictures, list):
            raise Refused("no list of photographs")
        return cls.of(tuple(map(Compared.parse, pictures)), per_cm=_whole(fields["per_cm"], COARSEST, FINEST))

    @classmethod
    def of(cls, pictures: Sequence[Compared], per_cm: int | None = None) -> Comparison:
        """Build a list at this scale; None: the finest scale that enlarges none of them. Raises `Refused`,
        `MarkRefused` if none has a mark."""
        if not FEWEST <= len(pictures) <= MOST:
            raise Refused(f"a sheet is of {FEWEST} to {MOST} photographs")
        if len({one.evidence for one in pictures}) < len(pictures):
            raise Refused("one photograph twice")
        marks = [one.mark for one in pictures if one.mark is not None]
        if not marks:
            raise MarkRefused("no photograph has a mark, so there is no scale to compare by")
        return cls(min(mark.per_cm for mark in marks) if per_cm is None else per_cm, tuple(pictures))


def _exactly(value: object, keys: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or sorted(value) != sorted(keys):
        raise Refused(f"a list of another form: not exactly {', '.join(keys)}")
    return value


def _whole(value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refused(f"no whole number from {least} to {most}")
    return value


def _point(value: object) -> tuple[int, int]:
    fields = _exactly(value, ("x", "y"))
    return _whole(fields["x"], 0, WIDEST), _whole(fields["y"], 0, WIDEST)


def _id(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{32}", value):
        raise Refused("no id of evidence")
    return value


def _day(value: object) -> str:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise Refused("no day, such as 2026-11-27")
    try:
        date.fromisoformat(value)
    except ValueError as none:
        raise Refused("no day of the calendar") from none
    return value


def _label(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_LABEL:
        raise Refused(f"a label has at most {MAX_LABEL} characters")
    # No direction marks or other invisible characters: the label shows what was typed.
    if not all(sign.isprintable() or _keeps_apart(value, at) for at, sign in enumerate(value)):
        raise Refused("a label is one line, without invisible signs")
    if value != " ".join(value.split()):
        raise Refused("a label with blanks around it, or two together")
    return value


def _keeps_apart(label: str, at: int) -> bool:
    """Whether the character at `at` is a non-joiner between two letters, the only place it is allowed."""
    return label[at] == _APART and label[at - 1 : at].isalpha() and label[at + 1 : at + 2].isalpha()
