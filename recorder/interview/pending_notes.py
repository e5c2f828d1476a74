"""The desk of an interview: what people around it have put down, and what of it no part holds yet.

Whatever is noted becomes an event of the part that is being recorded, durable before it is acknowledged.
While no part is open (before the beginning, after an interruption) it waits on the disk of this machine
(`casework.recording.pending_notes`) and becomes an event at once when the next part begins, with the time at
which it was said. What has been acknowledged survives this process: the next child finds the desk as it was.

1. The desk's file is written first where nothing is recorded; where a part is open, its event first.
2. If the process dies between the two, the page asks again, and the worst is an event that stands twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from casework.errors import CaseworkError, RecordingFailed
from casework.recording.pending_notes import DeskFile
from recorder.errors import InterviewRefused
from recorder.interview.alerts import instant

Say = Callable[..., asyncio.Future[int] | None]
"""Makes an event of now; None where no part is open, or it takes nothing."""

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Note:
    """An event that no part holds yet."""

    type: str
    said: str
    """When, as RFC 3339 text."""
    fields: dict[str, Any]
    about: int | None = None
    """The number of the slip that is recorded by it (`questions`)."""
    waited: bool = field(default=False)


class PendingNotes:
    """`say` makes events; `over` tells whether nothing more can be recorded in this interview."""

    def __init__(self, file: DeskFile, say: Say, over: Callable[[], bool]) -> None:
        self._file, self._say, self._over = file, say, over
        self.kept = file.read()
        """What lay on it when this process began."""
        # Whatever another process left was said before now, even where it was not told to wait yet.
        self._waiting = [Note(**{**one, "waited": True}) for one in self.kept.get("waiting", ())]
        self._lists: dict[str, Callable[[], Any]] = {}
        self._turn, self._writing = asyncio.Lock(), asyncio.Lock()
        self._putting: asyncio.Task[None] | None = None
        self.recorded: Callable[[Note], None] = lambda _: None
        """Told of each note that a part holds from now on."""
        self.revision = 0
        """Grows whenever something on the desk changes."""

    def keeps(self, name: str, content: Callable[[], Any]) -> None:
        """From now on `content()` lies on the desk under this name, for the next child."""
        self._lists[name] = content

    @property
    def waiting(self) -> int:
        """Events that no part holds yet."""
        return len(self._waiting)

    async def note(
        self, type_: str, fields: dict[str, Any], about: int | None = None, said: str | None = None
    ) -> None:
        """On return it is in a part, or waits on the disk. Raises `InterviewRefused`.

        `said`: when, as RFC 3339 text; None: now.
        """
        if self._over():
            raise InterviewRefused("state.wrong", "the interview is over")
        note = Note(type_, said or now_text(), fields, about)
        self._waiting.append(note)
        try:
            await self.put_down()
            if note not in self._waiting:
                await self.keep()
                return
            note.waited = True
            await self._write()
        except RecordingFailed as failed:
            async with self._turn:  # a part that has begun meanwhile may just be taking it
                if note in self._waiting:
                    self._waiting.remove(note)
                    raise InterviewRefused("spool.failed", failed.reason) from failed

    async def put_down(self) -> None:
        """Make events of what waits, in its order; what cannot be kept now goes on waiting."""
        async with self._turn:
            while self._waiting:
                note = self._waiting[0]
                sent = {"sent": note.said} if note.waited else {}
                said = self._say(note.type, **note.fields, **sent)
                if said is None:
                    return
                try:
                    await asyncio.shield(said)
                except CaseworkError as error:
                    log.warning("an event of the desk waits: %s", error)
                    return
                self._waiting.remove(note)
                self.recorded(note)

    def look(self) -> None:
        """Several times a second: what waits goes into the part that is open now, if there is one."""
        if self._waiting and (self._putting is None or self._putting.done()) and not self._turn.locked():
            self._putting = asyncio.ensure_future(self._put_down_and_keep())

    async def keep(self) -> None:
        """For the lists on the pages: what is in a part already is safe without the file."""
        self.revision += 1
        try:
            await self._write()
        except RecordingFailed as failed:
            log.warning("the desk's file could not be written: %s", failed)

    def clear(self) -> None:
        """The interview is over; what is in no part now stands nowhere (`docs/limitations.md`)."""
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
        async with self._writing:  # as it is when its turn has come: what is newer must not be overwritten
            await asyncio.to_thread(self._file.write, self._content())

    def _content(self) -> dict[str, Any]:
        lists = {name: content() for name, content in self._lists.items()}
        return {**lists, "v": 1, "waiting": [asdict(note) for note in self._waiting]}


def now_text() -> str:
    """Now, as RFC 3339 text."""
    return instant(datetime.now(UTC))


def clean(text: str) -> str:
    """One line: no control characters, no line ends, nothing that turns the direction of its neighbours."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
