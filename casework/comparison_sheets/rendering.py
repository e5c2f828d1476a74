"""Render a comparison sheet into a folder from its list: from sealed photographs (`compose`), or again from
a package (`reproduce`).

Trusts: that the given photographs are verified. Inputs are hashed as they are read (`renderer`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from casework.comparison_sheets import layout, renderer
from casework.comparison_sheets.comparison import Comparison
from casework.comparison_sheets.layout import Plan
from casework.errors import PhotographOutside, PhotographUnread
from casework.sandbox.file_types import PICTURES
from casework.working_copies.cards import Card, Cards
from casework.working_copies.source_file import SourceFile
from chain_of_custody.items.recipe import Read


@dataclass(frozen=True)
class SheetOrder:
    """A sheet to render. `photographs`: all those of the list, by evidence id. Raises `Refused`."""

    comparison: Comparison
    photographs: Mapping[str, SourceFile]

    @property
    def plan(self) -> Plan:
        """The layout. Raises `SheetTooLarge`."""
        return layout.plan_of(self.comparison)

    def arguments(self) -> list[str]:
        """The program's arguments: one for each photograph, one for the sheet. Raises `PhotographUnread` for
        a format that is not a picture's."""
        plan = self.plan
        each = [plan.photograph_argument(at, self._of(at).format) for at in range(len(plan.cells))]
        for evidence, one in self.photographs.items():
            if one.format not in PICTURES:
                unread = PhotographUnread("a photograph whose format nothing here decodes")
                unread.evidence = evidence
                raise unread
        return [*each, plan.sheet_argument()]

    def render(
        self,
        folder: Path,
        cards: Cards,
        progress: Callable[[int, int], None] = lambda done, total: None,
        stopped: threading.Event | None = None,
        room: Callable[[int], None] = lambda size: None,
    ) -> list[Read]:
        """Render it in `folder`, as `layout.OUTPUT`, and return what was read.

        `progress`: receives how many photographs are drawn, of how many; `room`: checks that there is room
        for so many bytes, and raises if not. Raises as `renderer`.
        """
        stopped = stopped or threading.Event()
        plan, arguments = self.plan, self.arguments()
        room(plan.size[0] * plan.size[1])
        drawn = _drawn(cards, plan.cards)
        read: list[Read] = []
        with ExitStack() as stack:
            pictures = []
            for at, cell in enumerate(plan.cells):
                progress(at, len(plan.cells) + 1)
                one, (_, _, wide, high) = self._of(at), cell.shown
                name = f"{cell.picture.evidence}/original.{one.format}"
                made = renderer.draw_photograph(arguments[at], name, one.contents(), wide * high, stopped)
                try:
                    points, source = stack.enter_context(made)
                except (PhotographOutside, PhotographUnread) as error:
                    error.evidence = cell.picture.evidence
                    raise
                pictures.append(points)
                read.append(source)
            progress(len(plan.cells), len(plan.cells) + 1)
            file = folder / layout.OUTPUT
            renderer.draw_sheet(arguments[-1], pictures, list(drawn.values()), stopped, file)
        return [*read, *(Read.of(name, content) for name, content in drawn.items())]

    def _of(self, at: int) -> SourceFile:
        return self.photographs[self.comparison.pictures[at].evidence]


def _drawn(cards: Cards, needed: list[Card]) -> dict[str, bytes]:
    drawn = cards(needed)
    return {one.name: drawn[one.name] for one in needed}  # without the font, which only films need
