"""A center without processes for `test_spine_without_webrtc`, and a recorder child that waits to be killed.

The child is this file run as a program: spool folder, recorder key and ticket come as one JSON line, the
ledger is asked over its standard streams, and every acknowledged record is told as it happens.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.errors import LedgerAway
from casework.recording.recording_writer import RecordingLimits, RecordingTicket, RecordingWriter, Track
from chain_of_custody.statements.statement import Head
from chain_of_custody.tlog.ledger import Receipt
from recorder.tracks import cmaf
from tests.support.patience import PATIENCE

DEPLOYMENT = "d0" * 16
TRACKS = (
    Track(1, "wide", "video", "avc1.42e01f"),
    Track(2, "close", "video", "avc1.42e01f"),
    Track(3, "microphone", "audio", "opus"),
)
SIZES = {1: 60_000, 2: 60_000, 3: 8_000}
SECOND = 1_000_000


def fragment(track: int, second: int) -> bytes:
    """A second of a track; no two are alike."""
    return b"%d/%d;" % (track, second) + bytes((track * 31 + second + n) % 256 for n in range(256)) * (
        SIZES[track] // 256
    )


async def feed(writer: RecordingWriter, seconds: range) -> None:
    """Two pictures and a sound, a second at a time."""
    if seconds.start == 0:
        for track in SIZES:
            await writer.init(track, cmaf.sound_header(track), 0)
    for second in seconds:
        await asyncio.gather(
            *(writer.media(track, fragment(track, second), second * SECOND, SECOND, True) for track in SIZES)
        )


class PipedLedger:
    """The ledger at the other end of our standard streams."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def append(self, build: Callable[[Head | None], bytes]) -> Receipt:
        async with self._turn:
            while True:
                found = (await self._ask({"ask": "head"}))["head"]
                head = None if found is None else Head(found[0], bytes.fromhex(found[1]))
                leaf = base64.b64encode(build(head)).decode()
                answer = await self._ask({"ask": "append", "leaf": leaf})
                if "receipt" in answer:
                    index, leaf_hash, size = answer["receipt"]
                    return Receipt(index, bytes.fromhex(leaf_hash), size)

    async def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        tell(question)
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            raise LedgerAway("the other end is gone")
        answer: dict[str, Any] = json.loads(line)
        return answer


def tell(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


async def record_until_killed() -> None:
    told = json.loads(sys.stdin.readline())
    writer = await RecordingWriter.open(
        RecordingTicket.from_json(told["ticket"]),
        Path(told["spool"]),
        Ed25519PrivateKey.from_private_bytes(bytes.fromhex(told["key"])),
        PipedLedger(),
        TRACKS,
        limits=RecordingLimits(reserve=1 << 20, progress_seconds=0.1, seal_seconds=PATIENCE),
    )
    tell({"began": True})

    async def acknowledge(taken: asyncio.Future[int]) -> None:
        index = await taken
        tell({"durable": index, "leaf": writer.records(index)[0].leaf})

    for track in SIZES:
        await acknowledge(writer.queue("init", track, cmaf.sound_header(track), 0))
    for second in itertools.count():
        await asyncio.gather(
            *(
                acknowledge(writer.queue("media", track, fragment(track, second), second * SECOND, SECOND))
                for track in SIZES
            )
        )


if __name__ == "__main__":
    asyncio.run(record_until_killed())
