"""One part being recorded: the interface between cameras, which must not wait, and the writer, which may.

Implements `TrackSink`: every call returns at once. Nothing that the writer refuses is dropped silently:

- too much data waits for the disk (`SpoolBehind`): the fragment is lost, and a `loss` event gives the track
  and the time range, as soon as there is room again;
- a record that cannot follow the previous ones (`Refused`): likewise;
- the disk has failed (`RecordingFailed`): the writer reports it once, and the interview ends the part.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from casework.errors import RecordingFailed, Refused, SpoolBehind, WrongState
from casework.recording.recording_writer import RecordingWriter
from chain_of_custody.items.record import Kind

log = logging.getLogger(__name__)

Entry = dict[str, Any]
"""An event as the console lists it: `at` in µs, `type`, and its own fields."""

LISTED = frozenset(
    (
        *("mark", "mark.corrected", "break", "break.explained", "resume"),
        *("phase", "exhibit.shown", "exhibit.hidden", "drawing.made"),
        *("person", "disconnected", "reconnected", "sender"),
    )
)
"""Events that people caused or must know of; the rest of the loss map is for the court page."""
MAX_LISTED = 2000


class Part:
    """A `TrackSink` over a `RecordingWriter`."""

    def __init__(self, writer: RecordingWriter, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.writer = writer
        self.evidence = writer.ticket.evidence
        self.number = writer.ticket.part
        self.journal: list[Entry] = []
        self._monotonic = monotonic
        self._waiting: dict[asyncio.Future[int], float] = {}
        self._missed: dict[int, tuple[int, int]] = {}

    # --- TrackSink: from the cameras ---------------------------------------------------------------------

    def init(self, track: int, content: bytes, at: int) -> None:
        """See `TrackSink.init`. If the writer is behind or refuses the header, a `loss` event reports it."""
        self._take("init", track, content, at)

    def media(self, track: int, content: bytes, start: int, duration: int, key: bool) -> None:
        """See `TrackSink.media`. If the writer is behind or refuses it, a `loss` event reports the gap."""
        self._take("media", track, content, start, duration, key)

    def event(self, type: str, at: int, **fields: object) -> None:  # noqa: A002 (the record's own name)
        """See `TrackSink.event`. Drops `disconnected` and `reconnected`, which `Connections` reports."""
        # `Connections` reports whether a camera is lost: a camera does not know that another connection
        # has taken its place, and one loss must not be recorded twice.
        if type not in ("disconnected", "reconnected"):
            self.say(type, at, **fields)

    # --- from the interview ------------------------------------------------------------------------------

    def say(self, type: str, at: int, **fields: object) -> asyncio.Future[int] | None:  # noqa: A002
        """Record an event; the future is done once it is durable. None if the part accepts no more events."""
        if type in LISTED:
            self.journal = [*self.journal, {"at": at, "type": type, **fields}][-MAX_LISTED:]
        try:
            future = self.writer.queue_event(type, at, **fields)
        except (RecordingFailed, WrongState):
            return None
        except SpoolBehind:
            # Events are small and few: this one is only logged, and the next one that fits is recorded.
            log.warning("event %s of part %s could not be queued", type, self.evidence)
            return None
        self._follow(future, None)
        return future

    @property
    def behind(self) -> float:
        """Seconds for which the oldest record has been waiting to become durable."""
        return self._monotonic() - min(self._waiting.values()) if self._waiting else 0.0

    async def settled(self) -> None:
        """Wait until everything accepted so far is durable or has failed."""
        while self._waiting:
            await asyncio.wait(list(self._waiting))

    # --- inside ------------------------------------------------------------------------------------------

    def _take(
        self, kind: Kind, track: int, content: bytes, start: int, duration: int = 0, key: bool = True
    ) -> None:
        try:
            future = self.writer.queue(kind, track, content, start, duration, key)
        except SpoolBehind:
            self._miss(track, start, duration)
        except (RecordingFailed, WrongState):
            pass  # the part is ending, and records where it ends
        else:
            self._follow(future, (track, start, duration))
            self._report_loss()

    def _follow(self, future: asyncio.Future[int], place: tuple[int, int, int] | None) -> None:
        self._waiting[future] = self._monotonic()

        def done(future: asyncio.Future[int]) -> None:
            self._waiting.pop(future, None)
            if isinstance(future.exception(), Refused):
                log.error("part %s: a record was not taken: %s", self.evidence, future.exception())
                if place is not None:
                    self._miss(*place)

        future.add_done_callback(done)

    def _miss(self, track: int, start: int, duration: int) -> None:
        first, last = self._missed.get(track, (start, start))
        self._missed[track] = (min(first, start), max(last, start + duration))

    def _report_loss(self) -> None:
        """Report missed fragments, now that a record could be queued again."""
        for track, (start, end) in list(self._missed.items()):
            try:
                future = self.writer.queue_event("loss", start, track=track, **{"from": start, "to": end})
            except (SpoolBehind, RecordingFailed, WrongState):
                return
            del self._missed[track]
            self._follow(future, None)
