"""The phases of an interview by the center's protocol: introduction, rapport, free recall and so on.

A person enters a phase when it begins; it lasts until the next one is entered, and an interview may return to
an earlier one. Each entry is an event in the record (`pending_notes`), with the words of the phase as they
were shown and the version of its protocol. The center defines the phases (`casework.interviews.checklists`).
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from recorder.interview.pending_notes import PendingNotes, now_text

PHASE = "phase"


@dataclass
class EnteredPhase:
    """The phase that was entered last."""

    protocol: str
    version: str
    phase: str
    """Its code in the protocol."""
    text: str
    by: str
    at: str
    """Time, as RFC 3339 text."""


class Phases:
    """The phase of an interview now."""

    def __init__(self, notes: PendingNotes) -> None:
        self._notes = notes
        self._turn = asyncio.Lock()
        """Serialises entries: a phase is not reported while it is still being written."""
        stored = notes.stored.get("phase")
        self._now = None if stored is None else EnteredPhase(**stored)
        notes.keeps("phase", lambda: self.now)

    @property
    def now(self) -> dict[str, Any] | None:
        """The phase that was entered last; None before the first."""
        return None if self._now is None else asdict(self._now)

    async def enter(self, protocol: str, version: str, phase: str, text: str, by: str) -> dict[str, Any]:
        """Record that a phase begins; the one that was entered last is not entered again.

        Raises `InterviewRefused`.
        """
        entered = EnteredPhase(protocol, version, phase, text, by, now_text())
        async with self._turn:
            before = self._now
            if before is not None and (before.protocol, before.phase) == (protocol, phase):
                return asdict(before)
            self._now = entered
            fields = asdict(entered)
            del fields["at"]
            with self._notes.change(undo=lambda: setattr(self, "_now", before)):
                await self._notes.note(PHASE, fields, said=entered.at)
            return asdict(entered)
