"""Pending notes of an interview: questions, requests for a break and ticks that are in no part yet.

Each note becomes an event of the part that is being recorded, durable before it is acknowledged.
While no part is open (before the beginning, after an interruption) it waits in a file on the disk of this
machine (`casework.recording.pending_notes_file`) and becomes an event as soon as the next part begins, with
its original time. Acknowledged notes survive this process: the next child loads them unchanged.

1. If nothing is recorded, the file is written first; if a part is open, its event.
2. If the process dies between the two, the page repeats the request; at worst an event is recorded twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from casework.errors import CaseworkError, RecordingFailed
from casework.recording.pending_notes_file import PendingNotesFile
from chain_of_custody.encoding.canonical_json import instant_text
from recorder.clock import monotonic_us
from recorder.errors import InterviewRefused

Say = Callable[..., asyncio.Future[int] | None]
"""Records an event of now, or of `moment`; None if no part is open, or it accepts no events."""

MOST_LATE = 12 * 3600 * 1000
"""Milliseconds by which a report may be later than what it reports: a longer delay counts as this one."""

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Note:
    """An event that is in no part yet."""

    type: str
    said: str
    """Time, as RFC 3339 text."""
    fields: dict[str, Any]
    about: int | None = None
    """The number of the message that this event records (`questions`)."""
    waited: bool = field(default=False)
    moment: int | None = field(default=None)
    """Time on the recorder's monotonic clock, in µs, where the event gets this time and not that of its
    recording; None for a note that waits, as another process has another clock."""


class PendingNotes:
    """`say` makes events; `over` returns whether nothing more can be recorded in this interview."""

    def __init__(self, file: PendingNotesFile, say: Say, over: Callable[[], bool]) -> None:
        self._file, self._say, self._over = file, say, over
        self.stored = file.read()
        """The contents of its file when this process began."""
        # Notes of an earlier process were made before now, even those not yet marked as waiting.
        self._waiting = [
            Note(**{**one, "waited": True, "moment": None}) for one in self.stored.get("waiting", ())
        ]
        self._lists: dict[str, Callable[[], Any]] = {}
        self._turn, self._writing = asyncio.Lock(), asyncio.Lock()
        self._putting: asyncio.Task[None] | None = None
        self.recorded: Callable[[Note], None] = lambda _: None
        """Called for each note that is now recorded in a part."""
        self.revision = 0
        """Increases whenever a note or a list changes."""

    def keeps(self, name: str, content: Callable[[], Any]) -> None:
        """Store `content()` in the file under this name from now on, for the next child."""
        self._lists[name] = content

    @property
    def waiting(self) -> int:
        """Events that are in no part yet."""
        return len(self._waiting)

    def waits(self, type_: str) -> bool:
        """Whether an event of this type is in no part yet."""
        return any(note.type == type_ for note in self._waiting)

    @contextmanager
    def change(self, undo: Callable[[], object]) -> Iterator[None]:
        """Count a change of the pending notes' lists; call `undo` if it could not be stored."""
        try:
            yield
        except BaseException:
            undo()
            raise
        finally:
            self.revision += 1

    async def note(
        self,
        type_: str,
        fields: dict[str, Any],
        about: int | None = None,
        said: str | None = None,
        moment: int | None = None,
    ) -> None:
        """Store a note: on return it is in a part, or waits on the disk. Raises `InterviewRefused`.

        `said`: its time, as RFC 3339 text; None: now. `moment`: the same by `earlier`, for an event that is
        recorded at this time.
        """
        if self._over():
            raise InterviewRefused("state.wrong", "the interview is over")
        note = Note(type_, said or _text_of(moment), fields, about, moment=moment)
        self._waiting.append(note)
        try:
            await self.put_down()
            if note not in self._waiting:
                await self.keep()
                return
            note.waited, note.moment = True, None
            await self._write()
        except RecordingFailed as failed:
            async with self._turn:  # a part that has begun meanwhile may be recording it now
                if note in self._waiting:
                    self._waiting.remove(note)
                    raise InterviewRefused("spool.failed", failed.reason) from failed

    async def put_down(self) -> None:
        """Record the waiting notes as events, in order; those that cannot be stored now stay pending."""
        async with self._turn:
            while self._waiting:
                note = self._waiting[0]
                time: dict[str, Any] = {"sent": note.said} if note.waited else {}
                if note.moment is not None:
                    time = {"moment": note.moment}
                recorded = self._say(note.type, **note.fields, **time)
                if recorded is None:
                    return
                try:
                    await asyncio.shield(recorded)
                except CaseworkError as error:
                    log.warning("a pending note waits: %s", error)
                    return
                self._waiting.remove(note)
                self.recorded(note)

    def look(self) -> None:
        """Record waiting notes in the open part, if there is one; called several times a second."""
        if self._waiting and (self._putting is None or self._putting.done()) and not self._turn.locked():
            self._putting = asyncio.ensure_future(self._put_down_and_keep())

    async def keep(self) -> None:
        """Write the file, for the lists on the pages; notes in a part are safe without it."""
        self.revision += 1
        try:
            await self._write()
        except RecordingFailed as failed:
            log.warning("the file of pending notes could not be written: %s", failed)

    def clear(self) -> None:
        """Drop all notes at the end of the interview; those in no part are lost (`docs/limitations.md`)."""
        if self._waiting:
            log.warning("%d notes were in no part when the interview ended", len(self._waiting))
        self._waiting.clear()
        self._file.remove()

    async def _put_down_and_keep(self) -> None:
        before = len(self._waiting)
        await self.put_down()
        if len(self._waiting) != before:
            await self.keep()

    async def _write(self) -> None:
        async with self._writing:  # read inside the lock: newer contents must not be overwritten
            await asyncio.to_thread(self._file.write, self._content())

    def _content(self) -> dict[str, Any]:
        lists = {name: content() for name, content in self._lists.items()}
        return {**lists, "v": 1, "waiting": [asdict(note) for note in self._waiting]}


def now_text() -> str:
    """Return the current time, as RFC 3339 text."""
    return instant_text(datetime.now(UTC))


def earlier(ago: int) -> int:
    """Return the moment `ago` ms before now, in µs on the recorder's monotonic clock; at most `MOST_LATE`."""
    return monotonic_us() - 1000 * min(ago, MOST_LATE)


def _text_of(moment: int | None) -> str:
    since = 0 if moment is None else monotonic_us() - moment
    return instant_text(datetime.now(UTC) - timedelta(microseconds=since))


def clean(text: str) -> str:
    """Reduce to one line: no control characters, no line ends, no marks that change text direction."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
