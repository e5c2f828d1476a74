"""A room without a browser, for an interview at a running center: a film is sent for its cameras.

What it sends arrives over real WebRTC and is recorded and sealed like everything else, for a tenth of the
processor time of a browser that draws and encodes. Tests of the room's page and of the console take those.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film, load_film
from tests.support.centers.running_center import RunningCenter
from tests.support.centers.service import Interviewing

T = TypeVar("T")


class FilmedRoom:
    """Both cameras of an interview, and what the console would do.

    It runs in a thread: Playwright keeps an event loop of its own in the tests' one, and the film has to be
    sent while a test does other things.
    """

    def __init__(self, center: RunningCenter, interview: str) -> None:
        self._center = center
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._prosecutor = self._run(Visitor.arrive(center.link_again()))
        case = center.case_of(interview)
        self._interviewing = Interviewing(self._prosecutor, case, interview, _film())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def begin(self) -> str:
        """Connect the cameras and record; the evidence id of the part."""
        self._run(self._interviewing.connect())
        self._run(self._interviewing.begin())
        return self._interviewing.evidence

    def records(self, seconds: float) -> None:
        """Wait until so much of the part is recorded and durable."""
        self._run(self._interviewing.safe(seconds))

    def stop(self) -> None:
        """End the part; returns when it is sealed."""
        self._run(self._interviewing.stop())

    def close(self) -> None:
        self._run(self._interviewing.leave())
        self._run(self._prosecutor.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def filmed_room(center: RunningCenter, interview: str) -> Iterator[FilmedRoom]:
    """A room for this interview; it leaves at the end."""
    room = FilmedRoom(center, interview)
    try:
        yield room
    finally:
        room.close()


def record(center: RunningCenter, interview: str, seconds: float) -> str:
    """At least so much of an interview, sealed; the recording's id."""
    with filmed_room(center, interview) as room:
        evidence = room.begin()
        room.records(seconds)
        room.stop()
    return evidence


@functools.cache
def _film() -> Film:
    return load_film(None, seconds=2.0, rate=10)
