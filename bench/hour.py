"""One hour of an interview, recorded in seconds: real records, tree, statements and spool; random pictures.

Two cameras and a microphone, a fragment a second, 11,000 records in 1.3 GB, written by the real
`RecordingWriter` as fast as the disk accepts them.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.center import Center, LocalPort
from casework.recording.recording_writer import HEADER_TRACKS, RecordingLimits, RecordingWriter
from recorder.tracks.cmaf import sound_header

SECOND = 1_000_000
HOUR = 3600
SIZES = {1: 180_000, 2: 8_000, 3: 180_000}
"""Bytes in a fragment, by track."""
EVENTS = 200
"""Events, such as marks and losses."""
TOGETHER = 60
"""Records queued together; those of the last seconds are still queued when recording stops."""


@dataclass(frozen=True)
class Hour:
    """One sealed hour."""

    interview: str
    evidence: str
    records: int
    stop_to_sealed: float
    "Seconds from the request to stop until `recording.sealed` was in the ledger."


Beginning = tuple[bytes, Sequence[bytes]]
"""A track's init segment, and its first fragments, of a second each: pictures that can be shown."""


async def record_hour(
    center: Center, seconds: int = HOUR, beginnings: Mapping[int, Beginning] | None = None
) -> Hour:
    """Record and seal an hour. Fragments of a second are queued together, as when a disk is slow.

    `beginnings`: by track, what is recorded first; random bytes follow.
    """
    beginnings = beginnings or {}
    interview = center.open_interview()
    ticket = center.ticket(interview)
    limits = RecordingLimits(reserve=8 * 1024 * 1024, progress_seconds=1.0)
    writer = await RecordingWriter.open(
        ticket, center.spool, center.recorder_key, LocalPort(center, ticket.evidence), HEADER_TRACKS,
        limits=limits,
    )  # fmt: skip
    for track in SIZES:
        # Boxes must be valid, though the pictures are random: a viewing copy's header is made of them.
        await writer.init(track, beginnings[track][0] if track in beginnings else sound_header(track), 0)
    # Each fragment differs, but making it takes almost none of the measured time.
    noise = os.urandom(max(SIZES.values()))
    waiting = []
    for second in range(seconds):
        start = second * SECOND
        for track, size in SIZES.items():
            begun = beginnings[track][1] if track in beginnings else ()
            content = begun[second] if second < len(begun) else secrets.token_bytes(16) + noise[: size - 16]
            waiting.append(writer.queue("media", track, content, start, SECOND, True))
        if second % (HOUR // EVENTS) == 0:
            waiting.append(writer.queue_event("mark", start, text=f"after {second} seconds"))
        if len(waiting) > TOGETHER:
            await asyncio.gather(*waiting)
            waiting.clear()
    before = time.monotonic()
    manifest = await writer.seal()
    passed = time.monotonic() - before
    if center.last_type(ticket.evidence) != "recording.sealed":
        raise RuntimeError("the seal is not in the ledger")
    return Hour(interview, ticket.evidence, manifest.records, passed)
