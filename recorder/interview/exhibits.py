"""The exhibit on the interviewer's tablet: a photograph or another picture of the case, shown in the room.

    chosen at the console → shown by the tablet → hidden
                          ⤷ failed: the tablet could not open it

The tablet opens what is chosen under the permission of the person who is signed in there, and reports when it
is on the screen and when it is not any more, each time with how long ago that was. Each report is an event in
the record (`pending_notes`) at that moment: the choice alone shows nothing to anybody. The event names the
picture by its sealed manifest.

A new part, after a failed recorder too, begins with what is still shown.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from recorder.errors import InterviewRefused
from recorder.interview.pending_notes import PendingNotes, earlier

SHOWN, HIDDEN, FAILED = "shown", "hidden", "failed"
"""What the tablet reports."""


@dataclass
class Exhibit:
    """A picture of the case."""

    evidence: str
    kind: str
    """A code: `photograph`, `document` or `derivative`."""
    number: int
    """Its number among those of its kind in the case."""
    manifest: str
    """SHA-256 of its sealed manifest, in hexadecimal."""


class Exhibits:
    """What is chosen to be shown, and what is shown."""

    def __init__(self, notes: PendingNotes) -> None:
        self._notes = notes
        self._turn = asyncio.Lock()
        """Serialises reports: what is shown is not reported while its event is still being written."""
        stored = notes.stored.get("exhibits", {})
        self._chosen, self._shown = _stored(stored.get("chosen")), _stored(stored.get("shown"))
        self._failed = False
        self._newest: int | None = None
        """Moment of the newest event, in µs on the recorder's monotonic clock: none is before it."""
        notes.keeps("exhibits", lambda: {"chosen": _listed(self._chosen), "shown": _listed(self._shown)})

    @property
    def listed(self) -> dict[str, Any]:
        """Return what is chosen and what is shown, and whether the tablet could not open it."""
        return {"chosen": _listed(self._chosen), "shown": _listed(self._shown), "failed": self._failed}

    @property
    def still_shown(self) -> dict[str, Any] | None:
        """Return what is shown, as the fields of its event, for a new part; None if that event follows."""
        return None if self._notes.waits(f"exhibit.{SHOWN}") else _listed(self._shown)

    async def choose(self, exhibit: Exhibit | None) -> dict[str, Any]:
        """Let the tablet show this exhibit; None: nothing."""
        async with self._turn:
            self._chosen, self._failed = exhibit, False
            await self._notes.keep()
            return self.listed

    async def report(self, state: str, evidence: str, by: str, ago: int) -> dict[str, Any]:
        """Record what the tablet did with an exhibit, `ago` ms before now.

        `by`: id of the person who is signed in there.

        Raises `InterviewRefused` for one that is not chosen.
        """
        moment = earlier(ago)  # waiting for another report makes none later
        async with self._turn:
            chosen, shown = self._chosen, self._shown
            named = chosen if chosen is not None and chosen.evidence == evidence else None
            if state == SHOWN and named is not None and shown != named:
                if shown is not None:
                    await self._record(HIDDEN, shown, by, moment)
                await self._record(SHOWN, named, by, moment)
            elif state == HIDDEN and shown is not None and shown.evidence == evidence:
                await self._record(HIDDEN, shown, by, moment)
            elif state == FAILED and named is not None:
                self._failed = True
                await self._notes.keep()
            elif state not in (SHOWN, HIDDEN, FAILED) or (state == SHOWN and named is None):
                raise InterviewRefused("exhibit.stale")
            return self.listed

    async def _record(self, state: str, exhibit: Exhibit, by: str, moment: int) -> None:
        if self._newest is not None:
            moment = max(self._newest, moment)
        self._newest = moment
        before, self._shown = self._shown, exhibit if state == SHOWN else None
        with self._notes.change(undo=lambda: setattr(self, "_shown", before)):
            await self._notes.note(f"exhibit.{state}", {**asdict(exhibit), "by": by}, moment=moment)


def _stored(fields: dict[str, Any] | None) -> Exhibit | None:
    return None if fields is None else Exhibit(**fields)


def _listed(exhibit: Exhibit | None) -> dict[str, Any] | None:
    return None if exhibit is None else asdict(exhibit)
