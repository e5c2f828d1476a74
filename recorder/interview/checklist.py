"""The checklist of an interview's protocol: the items done before and during the interview.

Each tick, set or removed, is an event in the record (`pending_notes`), with the item's words as they were
shown, and the version of their protocol. The center defines the items (`casework.interviews.checklists`); the
web side looks them up, and this process stores what it receives.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from recorder.errors import InterviewRefused
from recorder.interview.pending_notes import PendingNotes, clean, now_text

CHECKLIST = "checklist"
MAX_WORDS = 500
"""Characters of an item's words, and of the note beside it."""
MOST = 400
"""Items that can be ticked in one interview; protocols have some twenty."""


@dataclass
class ChecklistMark:
    """State of one item."""

    protocol: str
    version: str
    item: str
    text: str
    done: bool
    note: str
    by: str
    at: str
    """Time, as RFC 3339 text."""


class Checklist:
    """The items ticked so far."""

    def __init__(self, notes: PendingNotes) -> None:
        self._notes = notes
        self._turn = asyncio.Lock()
        """Serialises ticks: a tick is not reported while it is still being written."""
        self._ticks = {
            (one["protocol"], one["item"]): ChecklistMark(**one) for one in notes.stored.get("ticks", ())
        }
        notes.keeps("ticks", lambda: [asdict(tick) for tick in self._ticks.values()])

    @property
    def listed(self) -> list[dict[str, Any]]:
        """Return all of them, in the order in which they were first ticked."""
        return [asdict(tick) for tick in self._ticks.values()]

    async def tick(
        self, protocol: str, version: str, item: str, text: str, *, done: bool, note: str, by: str
    ) -> dict[str, Any]:
        """Record that an item is done, or not done after all. Raises `InterviewRefused`."""
        note = clean(note)
        if len(note) > MAX_WORDS:
            raise InterviewRefused("slip.long", str(MAX_WORDS))
        tick = ChecklistMark(protocol, version, item, clean(text)[:MAX_WORDS], done, note, by, now_text())
        async with self._turn:
            key, ticks = (protocol, item), self._ticks
            before = ticks.get(key)
            if before is not None and _answer(before) == _answer(tick):
                return asdict(before)
            if before is None and len(ticks) >= MOST:
                raise InterviewRefused("slip.many")
            self._ticks = {**ticks, key: tick}
            fields = asdict(tick)
            del fields["at"]
            if not tick.note:
                del fields["note"]
            with self._notes.change(undo=lambda: setattr(self, "_ticks", ticks)):
                await self._notes.note(CHECKLIST, fields)
            return asdict(tick)


def _answer(tick: ChecklistMark) -> tuple[bool, str, str]:
    return tick.done, tick.note, tick.version
