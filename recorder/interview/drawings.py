"""Drawings made in the interview room, on the tablet or on paper.

A drawing is sealed first, as a document of the case (`casework.photographs.uploads`). Then the tablet reports
which it was, how long ago the drawing was ended and how long it took. The report is an event in the record
(`pending_notes`) at the moment at which the drawing was ended; it names the document by its sealed manifest.

A drawing is entered once, although the tablet may report it to two recorders, one after the other.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from recorder.errors import InterviewRefused
from recorder.interview.exhibits import Exhibit
from recorder.interview.pending_notes import MOST_LATE, PendingNotes, earlier

DRAWING = "drawing.made"
TABLET, PAPER = "tablet", "paper"
"""By what means it was drawn; of one on paper a picture was taken."""


class Drawings:
    """The drawings that were entered in the record."""

    def __init__(self, notes: PendingNotes) -> None:
        self._notes = notes
        self._turn = asyncio.Lock()
        """Serialises reports: the same drawing is not entered while it is still being written."""
        self._entered: list[str] = list(notes.stored.get("drawings", ()))
        """Their ids as evidence."""
        notes.keeps("drawings", lambda: self._entered)

    async def report(self, drawing: Exhibit, means: str, ms: int, by: str, ago: int) -> dict[str, Any]:
        """Record that a drawing was ended `ago` ms before now; on the tablet it took `ms` milliseconds.

        `by`: id of the person who is signed in there. Raises `InterviewRefused`.
        """
        if means not in (TABLET, PAPER):
            raise InterviewRefused("body.malformed", "means: neither tablet nor paper")
        moment = earlier(ago)  # waiting for another report makes none later
        async with self._turn:
            if drawing.evidence not in self._entered:
                took = {"ms": min(ms, MOST_LATE)} if means == TABLET else {}
                fields = {**asdict(drawing), "means": means, **took, "by": by}
                self._entered.append(drawing.evidence)
                with self._notes.change(undo=lambda: self._entered.remove(drawing.evidence)):
                    await self._notes.note(DRAWING, fields, moment=moment)
            return {"evidence": drawing.evidence, "number": drawing.number}
