"""What the console is told: the recorder's own words, and what the recorder cannot say.

That it has died, that an interview was interrupted by it, and how far the copies have come. Silence is never
passed on as health: a recorder that says nothing for `QUIET` seconds is told as lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from casework.center import Center, RecorderChild
from casework.channel import ChannelError
from casework.models import Interview, InterviewState
from recorder.watch import instant

QUIET = 1.0
"""Seconds; a healthy recorder speaks four times as often."""
AGAIN = 0.5
"""Seconds between two attempts to reach a recorder."""
SETTING_UP = ("waiting", "connected", "checked")
OVER = (InterviewState.STOPPED, InterviewState.SEALED)

Told = Mapping[str, Any]


async def follow(center: Center, row: Interview) -> AsyncIterator[dict[str, Any]]:
    """The recorder's statuses, from now until the asker goes; its absence where there is none.

    A recorder that is gone from an interview which is not over is started anew.
    """
    lost_since: datetime | None = None
    while True:
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
    last = row.parts[-1] if row.parts else None
    losses = [] if over or since is None or row.started_at is None else [_lost("recorder", since)]
    return {
        "at": instant(datetime.now(UTC)),
        "state": row.state.value if over else "waiting",
        "part": 0 if last is None else last.number,
        "evidence": None if last is None else last.id,
        "epoch": None if last is None else instant(last.epoch),
        "elapsed": 0 if last is None or last.duration is None else last.duration,
        "safe": 0 if last is None or last.duration is None else last.duration,
        "cameras": {},
        "sound": {"connected": False, "flowing": False, "level": 0.0},
        "hours": 0.0,
        "losses": losses,
        "cautions": [],
        "journal": 0,
    }


def complete(row: Interview, told: Told) -> dict[str, Any]:
    """A status with what only the case knows: practice, and that this interview was interrupted."""
    status = {key: value for key, value in told.items() if key not in ("event", "received")}
    status["practice"] = row.practice
    if row.started_at is not None and row.state not in OVER and _nothing_open(status):
        # A new recorder in an interview that has begun: the one before it is gone.
        status["state"] = "interrupted"
        if not status["losses"]:
            status["losses"] = [_lost("interrupted", datetime.now(UTC))]
    return status


def copies(center: Center, told: Told) -> dict[str, Any]:
    """How far each copy has come, in µs on the part's timeline."""
    return {"copies": []}


def _nothing_open(status: Mapping[str, Any]) -> bool:
    return status["evidence"] is None and status["state"] in SETTING_UP


def _lost(code: str, since: datetime) -> dict[str, Any]:
    return {"code": code, "since": instant(since)}


def _again(center: Center, row: Interview) -> Interview:
    with center.database() as session:
        return session.get_one(Interview, row.id)
