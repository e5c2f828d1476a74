"""What the console is told: the recorder's own words, and what the recorder cannot say.

That it has died, that an interview was interrupted by it, and how far the copies have come. Silence is never
passed on as health: a recorder that says nothing for `QUIET` seconds is told as lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from casework.center import Center, RecorderChild
from casework.database.models import Interview, InterviewState
from casework.errors import DatabaseAway
from casework.recording.channel import ChannelError
from recorder.interview.alerts import instant

QUIET = 1.0
"""Seconds; a healthy recorder speaks four times as often."""
AGAIN = 0.5
"""Seconds between two attempts to reach a recorder."""
SETTING_UP = ("waiting", "connected", "checked")
OVER = (InterviewState.STOPPED, InterviewState.SEALED)

COPIES_EVERY = 1.0
"""Seconds between two looks at the copies."""
PATIENCE = 20.0
"""Seconds for which a copy may fail before it is worth a word: nothing is lost meanwhile."""

Told = Mapping[str, Any]


async def follow(center: Center, row: Interview) -> AsyncIterator[dict[str, Any]]:
    """The recorder's statuses, from now until the asker goes; its absence where there is none.

    A recorder that is gone from an interview which is not over is started anew.
    """
    lost_since: datetime | None = None
    while True:
        with contextlib.suppress(DatabaseAway):  # then it is as it was: its recorder tells the rest
            row = await asyncio.to_thread(_again, center, row)
        child = center.rooms.reach(row.id)
        if child is None and row.state in OVER:
            yield complete(row, gone(row))
            await asyncio.sleep(AGAIN)
            continue
        if child is None:
            lost_since = lost_since or datetime.now(UTC)
            yield complete(row, gone(row, lost_since))
            try:
                await asyncio.wait_for(asyncio.shield(center.rooms.start(row.id)), QUIET)
            except (ChannelError, TimeoutError):
                await asyncio.sleep(AGAIN)
            continue
        lost_since = None
        async for told in _of(child):
            yield complete(row, told if told is not None else gone(row, datetime.now(UTC)))


async def _of(child: RecorderChild) -> AsyncIterator[Told | None]:
    """Each status of a child until it ends; None for each `QUIET` in which it said nothing."""
    newest = child.status()
    if newest is not None:
        yield newest
    statuses = aiter(child.statuses())
    coming: asyncio.Future[Told] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(_next(statuses))
            done, _ = await asyncio.wait((coming,), timeout=QUIET)
            if not done:
                yield None
                continue
            try:
                told = coming.result()
            except StopAsyncIteration:
                return
            coming = None
            yield told
    finally:
        if coming is not None:
            coming.cancel()


async def _next(statuses: AsyncIterator[Told]) -> Told:
    return await anext(statuses)


def gone(row: Interview, since: datetime | None = None) -> dict[str, Any]:
    """A status in place of a recorder that is not there."""
    over = row.state in OVER
    # Nothing of a practice is left to seal: once stopped it is over.
    ended = "sealed" if row.practice else row.state.value
    last = row.parts[-1] if row.parts else None
    losses = [] if over or since is None or row.started_at is None else [_lost("recorder", since)]
    return {
        "at": instant(datetime.now(UTC)),
        "state": ended if over else "interrupted" if losses else "waiting",
        "part": 0 if last is None else last.number,
        "evidence": None if last is None else last.id,
        "epoch": None if last is None else instant(last.epoch),
        "elapsed": 0 if last is None or last.duration is None else last.duration,
        "safe": 0 if last is None or last.duration is None else last.duration,
        "cameras": {},
        "sound": {"connected": False, "flowing": False, "level": 0.0},
        "hours": 0.0,
        "lasts": None,
        "safety": "off",
        "losses": losses,
        "cautions": [],
        "journal": 0,
        "slips": 0,
    }


def complete(row: Interview, told: Told) -> dict[str, Any]:
    """A status with what only the case knows: practice, and that this interview was interrupted."""
    status = {key: value for key, value in told.items() if key not in ("event", "received")}
    status["interview"], status["practice"] = row.id, row.practice
    if row.started_at is not None and row.state not in OVER and _nothing_open(status):
        # A new recorder in an interview that has begun: the one before it is gone.
        status["state"] = "interrupted"
        if not status["losses"]:
            status["losses"] = [_lost("interrupted", datetime.now(UTC))]
    return status


class CopiesTold:
    """How far the copies of the part in a status have come; looked up at most once a second."""

    def __init__(self, center: Center) -> None:
        self._center = center
        self._known: dict[tuple[str, int], int] = {}
        self._looked_at = float("-inf")
        self._copies: list[dict[str, Any]] = []
        self._cautions: list[dict[str, Any]] = []

    async def add(self, told: dict[str, Any]) -> dict[str, Any]:
        """The status with `copies`, and a caution for each that has been failing for a while."""
        part = told["evidence"]
        if part is None or told["practice"]:
            return {**told, "copies": []}
        if time.monotonic() - self._looked_at > COPIES_EVERY:
            self._looked_at = time.monotonic()
            await self._look(part, told)
        return {**told, "copies": self._copies, "cautions": [*told["cautions"], *self._cautions]}

    async def _look(self, part: str, told: Told) -> None:
        statuses = await asyncio.to_thread(self._center.copies.status, part)
        self._copies, self._cautions = [], []
        for name in self._center.stores:
            status = statuses.get(name)
            # What is not in the spool any more is in every copy: that is the rule for leaving it.
            whole = told["state"] == "sealed" and (status is None or status.complete)
            until = 0 if status is None else await self._until(part, status.segments, told)
            away = None if status is None else status.failing_since
            since = None if away is None else datetime.fromtimestamp(away, UTC)
            self._copies.append(
                {
                    "name": name,
                    "until": until,
                    "whole": whole,
                    "waiting": 0 if status is None else status.waiting_bytes,
                    "away": None if since is None else instant(since),
                }
            )
            if since is not None and (datetime.now(UTC) - since).total_seconds() > PATIENCE:
                self._cautions.append({**_lost("copy", since), "name": name})

    async def _until(self, part: str, segments: int, told: Told) -> int:
        """µs that lie in the first so many segments; only the child knows, and is asked once for each."""
        if segments == 0:
            return 0
        if (part, segments) not in self._known:
            child = self._center.rooms.reach(told["interview"])
            try:
                answer = {} if child is None else await child.ask("safe_in", evidence=part, segments=segments)
            except ChannelError:
                answer = {}
            if "until" not in answer:
                return 0
            self._known[part, segments] = int(answer["until"])
        return self._known[part, segments]


def _nothing_open(status: Mapping[str, Any]) -> bool:
    return status["evidence"] is None and status["state"] in SETTING_UP


def _lost(code: str, since: datetime) -> dict[str, Any]:
    return {"code": code, "since": instant(since)}


def _again(center: Center, row: Interview) -> Interview:
    with center.database() as session:
        return session.get_one(Interview, row.id)
