"""The status sent to the console: the recorder's own, and what the recorder cannot report.

The latter are its end, an interruption of the interview, and the progress of the copies. A recorder that
sends nothing for `QUIET` seconds is reported as lost.
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
from chain_of_custody.encoding.canonical_json import instant_text

QUIET = 1.0
"""Seconds; a healthy recorder sends four times as often."""
AGAIN = 0.5
"""Seconds between two attempts to reach a recorder."""
SETTING_UP = ("waiting", "connected", "checked")
OVER = (InterviewState.STOPPED, InterviewState.SEALED)

COPIES_EVERY = 1.0
"""Seconds between two reads of the copies' progress."""
PATIENCE = 20.0
"""Seconds for which a copy may fail before a caution is shown: nothing is lost meanwhile."""

Status = Mapping[str, Any]


async def follow(center: Center, row: Interview) -> AsyncIterator[dict[str, Any]]:
    """Yield the recorder's statuses until the client disconnects, or that there is no recorder.

    A missing recorder of an interview that is not over is started anew.
    """
    lost_since: datetime | None = None
    while True:
        with contextlib.suppress(DatabaseAway):  # then the row is unchanged: its recorder reports the rest
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
        async for status in _of(child):
            yield complete(row, status if status is not None else gone(row, datetime.now(UTC)))


async def _of(child: RecorderChild) -> AsyncIterator[Status | None]:
    """Yield each status of a child until it ends; None for each `QUIET` without one."""
    newest = child.status()
    if newest is not None:
        yield newest
    statuses = aiter(child.statuses())
    coming: asyncio.Future[Status] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(_next(statuses))
            done, _ = await asyncio.wait((coming,), timeout=QUIET)
            if not done:
                yield None
                continue
            try:
                status = coming.result()
            except StopAsyncIteration:
                return
            coming = None
            yield status
    finally:
        if coming is not None:
            coming.cancel()


async def _next(statuses: AsyncIterator[Status]) -> Status:
    return await anext(statuses)


def gone(row: Interview, since: datetime | None = None) -> dict[str, Any]:
    """Return the status for a missing recorder."""
    over = row.state in OVER
    # A practice interview has nothing to seal: once stopped it is over.
    ended = "sealed" if row.practice else row.state.value
    last = row.parts[-1] if row.parts else None
    losses = [] if over or since is None or row.started_at is None else [_lost("recorder", since)]
    return {
        "at": instant_text(datetime.now(UTC)),
        "state": ended if over else "interrupted" if losses else "waiting",
        "part": 0 if last is None else last.number,
        "evidence": None if last is None else last.id,
        "epoch": None if last is None else instant_text(last.epoch),
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
        "attempts": [],
    }


def complete(row: Interview, reported: Status) -> dict[str, Any]:
    """Add the facts from the database to a status: practice, and whether this interview was interrupted."""
    status = {key: value for key, value in reported.items() if key not in ("event", "received")}
    status["interview"], status["practice"] = row.id, row.practice
    if row.started_at is not None and row.state not in OVER and _nothing_open(status):
        # A new recorder in an interview that has begun: the previous one has ended.
        status["state"] = "interrupted"
        if not status["losses"]:
            status["losses"] = [_lost("interrupted", datetime.now(UTC))]
    return status


class CopiesProgress:
    """Progress of the copies of the part in a status; read at most once a second."""

    def __init__(self, center: Center) -> None:
        self._center = center
        self._known: dict[tuple[str, int], int] = {}
        self._looked_at = float("-inf")
        self._copies: list[dict[str, Any]] = []
        self._cautions: list[dict[str, Any]] = []

    async def add(self, status: dict[str, Any]) -> dict[str, Any]:
        """Return the status with `copies`, and a caution for each that has been failing for a while."""
        part = status["evidence"]
        if part is None or status["practice"]:
            return {**status, "copies": []}
        if time.monotonic() - self._looked_at > COPIES_EVERY:
            self._looked_at = time.monotonic()
            await self._look(part, status)
        return {**status, "copies": self._copies, "cautions": [*status["cautions"], *self._cautions]}

    async def _look(self, part: str, reported: Status) -> None:
        statuses = await asyncio.to_thread(self._center.copies.status, part)
        self._copies, self._cautions = [], []
        for name in self._center.stores:
            status = statuses.get(name)
            # A part that is no longer in the spool is in every copy: that is the condition for its removal.
            whole = reported["state"] == "sealed" and (status is None or status.complete)
            until = 0 if status is None else await self._until(part, status.segments, reported)
            away = None if status is None else status.failing_since
            since = None if away is None else datetime.fromtimestamp(away, UTC)
            self._copies.append(
                {
                    "name": name,
                    "until": until,
                    "whole": whole,
                    "waiting": 0 if status is None else status.waiting_bytes,
                    "away": None if since is None else instant_text(since),
                }
            )
            if since is not None and (datetime.now(UTC) - since).total_seconds() > PATIENCE:
                self._cautions.append({**_lost("copy", since), "name": name})

    async def _until(self, part: str, segments: int, reported: Status) -> int:
        """Return the µs in the first so many segments; only the child knows, and gets one request each."""
        if segments == 0:
            return 0
        if (part, segments) not in self._known:
            child = self._center.rooms.reach(reported["interview"])
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
    return {"code": code, "since": instant_text(since)}


def _again(center: Center, row: Interview) -> Interview:
    with center.database() as session:
        return session.get_one(Interview, row.id)
