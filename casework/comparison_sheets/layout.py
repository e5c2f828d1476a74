"""Layout of a comparison sheet: pictures at their scale, under each a bar and a caption.

The layout follows from the list alone, in whole pixels, so making the sheet again gives the same plan. The
instructions for the child process (`renderer_child`) are built here; the recipe calls them arguments.

Specification: docs/spec/comparison.md, section 2.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from casework.comparison_sheets.comparison import COARSEST, ComparedPhotograph, Comparison
from casework.errors import SheetTooLarge
from casework.working_copies.cards import Card

MOST_POINTS = 40_000_000
"""Maximum pixels of a sheet: a photograph of a large camera. The viewer's device has to decode it."""
LONGEST_SIDE = 16_000
"""Maximum pixels across or down that every browser displays."""
OUTPUT = "sheet.jpeg"
BARS = tuple(step * ten for ten in (1_000, 10_000, 100_000) for step in (1, 2, 5))
"""Lengths in µm that a bar may represent."""

_COLUMNS = {2: 2, 3: 3, 4: 2, 5: 3, 6: 3, 7: 4, 8: 4, 9: 3, 10: 4, 11: 4, 12: 4}
_LETTERS = "ABCDEFGHIJKL"

Box = tuple[int, int, int, int]
"""Left and upper edge, width and height, in pixels of the sheet."""


@dataclass(frozen=True)
class Cell:
    """One photograph's place. `bar`: None if no scale is known."""

    picture: ComparedPhotograph
    shown: Box
    bar: Box | None
    caption: Box
    card: Card


@dataclass(frozen=True)
class Plan:
    """The layout of a sheet. `bar`: µm that each bar represents."""

    size: tuple[int, int]
    bar: int
    head: Box
    title: Card
    cells: tuple[Cell, ...]

    @property
    def cards(self) -> list[Card]:
        """The cards to draw, title first, in the order of `cells`."""
        return [self.title, *(cell.card for cell in self.cells)]

    def photograph_argument(self, index: int, format_: str) -> str:
        """Return the child's argument for one photograph."""
        cell = self.cells[index]
        crop, mark = cell.picture.crop, cell.picture.mark
        points = [] if mark is None else [list(mark.begin), list(mark.end)]
        return _argument(
            {
                "crop": [crop.x, crop.y, crop.width, crop.height],
                "format": format_,
                "points": points,
                "size": list(cell.shown[2:]),
            }
        )

    def sheet_argument(self) -> str:
        """Return the child's argument for the sheet."""
        return _argument(
            {
                "bars": [list(cell.bar) for cell in self.cells if cell.bar is not None],
                "cards": [list(self.head), *(list(cell.caption) for cell in self.cells)],
                "pictures": [list(cell.shown) for cell in self.cells],
                "size": list(self.size),
            }
        )


def fitted(comparison: Comparison) -> Comparison:
    """Return it at the finest scale, up to its own, at which the sheet is within the limits. Raises
    `SheetTooLarge` if there is none."""
    low, high = COARSEST, comparison.per_cm
    if _fits(comparison):
        return comparison
    if not _fits(replace(comparison, per_cm=low)):
        raise SheetTooLarge("at one point to the millimetre the sheet is still too large")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _fits(replace(comparison, per_cm=middle)) else (low, middle)
    return replace(comparison, per_cm=low)


def plan_of(comparison: Comparison) -> Plan:
    """Lay out a sheet. Raises `SheetTooLarge`."""
    plan = _laid_out(comparison)
    if not _within(plan):
        wide, high = plan.size
        raise SheetTooLarge(f"{wide} × {high}: more than {MOST_POINTS} points, or {LONGEST_SIDE} of a side")
    return plan


def _fits(comparison: Comparison) -> bool:
    return _within(_laid_out(comparison))


def _within(plan: Plan) -> bool:
    wide, high = plan.size
    return wide * high <= MOST_POINTS and max(plan.size) <= LONGEST_SIDE


def _laid_out(comparison: Comparison) -> Plan:
    sizes = _sizes(comparison)
    columns = _COLUMNS[len(sizes)]
    rows = list(_in_rows(list(zip(comparison.pictures, sizes, strict=True)), columns))
    widest = max(sum(wide for _, (wide, _) in row) for row in rows)
    unit = max(16, min(200, widest // (20 * max(3, columns))))
    """The unit, in pixels, of everything that is not a picture."""
    bar = _bar(comparison, sizes)
    long = _points(bar, comparison.per_cm)
    thick = max(6, unit // 2)
    gap, least = 2 * unit, max(20 * unit, long)
    head: Box = (gap, gap, 0, 8 * unit)
    cells: list[Cell] = []
    y, right = head[1] + head[3] + unit, 0
    for row in rows:
        x, tallest = gap, max(high for _, (_, high) in row)
        for picture, (wide, high) in row:
            room = max(wide, least)
            marked = picture.mark is not None
            under = y + tallest + unit // 2
            caption: Box = (x, under + thick + unit // 2, room, 8 * unit)
            cells.append(
                Cell(
                    picture=picture,
                    shown=(x, y, wide, high),
                    bar=(x, under, long, thick) if marked else None,
                    caption=caption,
                    card=_caption(picture, len(cells), caption, bar if marked else None),
                )
            )
            x += room + gap
        right = max(right, x)
        y = caption[1] + caption[3] + unit
    size = (max(right, 44 * unit), y + gap - unit)
    head = (gap, gap, size[0] - 2 * gap, head[3])
    return Plan(size, bar, head, _title(comparison, head), tuple(cells))


def _sizes(comparison: Comparison) -> list[tuple[int, int]]:
    """Sizes of the crops on the sheet. One without a scale is no larger than the largest of those that have
    one, and is not enlarged."""
    marked = {
        at: tuple(
            max(1, picture.mark.scaled(side, comparison.per_cm))
            for side in (picture.crop.width, picture.crop.height)
        )
        for at, picture in enumerate(comparison.pictures)
        if picture.mark is not None
    }
    wide, high = (max(size[side] for size in marked.values()) for side in (0, 1))
    sizes: list[tuple[int, int]] = []
    for at, picture in enumerate(comparison.pictures):
        if at in marked:
            sizes.append((marked[at][0], marked[at][1]))
            continue
        crop = picture.crop
        across = min(crop.width, wide, max(1, crop.width * high // crop.height))
        sizes.append((across, max(1, (2 * crop.height * across + crop.width) // (2 * crop.width))))
    return sizes


def _in_rows(
    pictures: Sequence[tuple[ComparedPhotograph, tuple[int, int]]], columns: int
) -> Iterator[list[tuple[ComparedPhotograph, tuple[int, int]]]]:
    left = iter(pictures)
    while row := list(islice(left, columns)):
        yield row


def _bar(comparison: Comparison, sizes: Sequence[tuple[int, int]]) -> int:
    """The longest bar of at most six tenths of the narrowest picture that has a scale; the same under all of
    them, so that the viewer sees that the scale is the same."""
    narrowest = min(
        size[0] for one, size in zip(comparison.pictures, sizes, strict=True) if one.mark is not None
    )
    fitting = [bar for bar in BARS if _points(bar, comparison.per_cm) * 10 <= narrowest * 6]
    return fitting[-1] if fitting else BARS[0]


def _points(length: int, per_cm: int) -> int:
    """Convert µm to pixels of the sheet, to the nearest."""
    return (2 * length * per_cm + 10_000) // 20_000


def _title(comparison: Comparison, box: Box) -> Card:
    whole, tenth = divmod(comparison.per_cm, 10)
    return Card("head.png", "sheet-head", box[2:], {"scale": f"{whole}.{tenth}"})


def _caption(picture: ComparedPhotograph, at: int, box: Box, bar: int | None) -> Card:
    values = {
        "added": picture.added,
        "bar": "" if bar is None else str(bar // 1000),
        "label": picture.label,
        "letter": _LETTERS[at],
        "number": str(picture.number),
        "ruler": "cut-off" if picture.cut_off else "",
        "taken": picture.taken or "",
    }
    return Card(f"caption-{at + 1:02d}.png", "sheet-caption", box[2:], values)


def _argument(values: dict[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"), sort_keys=True)
