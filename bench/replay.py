"""A process that plays many cameras at once, from packets prepared beforehand.

    python -m bench.replay

reads requests from standard input, one JSON object a line, and answers each with one line:

    {"op": "offer", "camera": NAME, "sound": true}   → {"sdp": offer}
    {"op": "answer", "camera": NAME, "sdp": answer}  → {}, once connected
    {"op": "play", "cameras": [NAME, …]}             → {}; they play until stopped
    {"op": "late"}                                   → {"late": seconds}, maximum since the last request
    {"op": "stop", "cameras": [NAME, …]}             → {"sent": {NAME: [picture of the film, …]}}

and ends with its input. A receiver that requests a keyframe gets one, as from a browser: the film continues
at its next one. Lost packets are sent again on request. Pictures are paced as measured in Chromium: at most
two and a half times the rate, in bursts of 40 ms, so that a picture is one burst and a keyframe is several.
Each camera begins with a keyframe, and at a different time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import uvloop

from bench.connection import Connection
from bench.senders import FPS, Media, make_media

TICK = 0.005
"""Seconds between two checks for due packets."""
KEY_PAUSE = 10
"""Pictures after a keyframe during which a browser makes no other one."""
PACE = 2.5 * 3_000_000 / 8
"""Bytes a second of picture that a camera may send."""
BURST = int(0.040 * PACE)
"""Bytes it may send at once after a pause."""


@dataclass
class Player:
    """One camera that plays the film in a loop."""

    media: Media
    connection: Connection
    start: float = 0.0
    """Seconds, monotonic; picture n is captured n / 30 s later."""
    wall: float = 0.0
    sent: list[int] = field(default_factory=list)
    "Index in the film of each picture sent."
    sounds: int = 0
    reported: float = 0.0

    def __post_init__(self) -> None:
        self._next = 0
        self._last_key = 0
        self._ahead = 0.0  # bytes sent that its pace has not yet covered
        self._ticked = 0.0
        self._waiting: deque[tuple[int, bool, bytes]] = deque()
        self._video = self.connection.streams["video"]
        self._audio = self.connection.streams.get("audio")

    def begin(self, start: float) -> None:
        """Begin to play at `start`."""
        self.start = self.reported = start
        self.wall = time.time() + start - time.monotonic()

    def tick(self, now: float) -> float:
        """Send what is due; return how late that is, in seconds."""
        passed = now - self.start
        if passed < 0:
            return 0.0
        wall = self.wall + passed
        late = passed - len(self.sent) / FPS
        while len(self.sent) / FPS <= passed:
            self._take_picture()
        self._ahead = max(0.0, self._ahead - PACE * (now - self._ticked))
        self._ticked = now
        while self._waiting and self._ahead < BURST:
            timestamp, marker, payload = self._waiting.popleft()
            self.connection.send(self._video, timestamp, marker, payload, wall)
            self._ahead += len(payload)
        if self._audio is not None:
            while self.sounds / 50 <= passed:
                payload = self.media.sounds[self.sounds % len(self.media.sounds)]
                self.connection.send(self._audio, self.sounds * 960, False, payload, wall)
                self.sounds += 1
        if now >= self.reported:
            self.reported = now + 1
            for stream in self.connection.streams.values():
                self.connection.report(stream, wall, int(passed * stream.rate))
        return max(0.0, late)

    def _take_picture(self) -> None:
        media, number = self.media, len(self.sent)
        if self.connection.keyframe_requested and number - self._last_key > KEY_PAUSE:
            while not media.keys[self._next]:
                self._next = (self._next + 1) % len(media.keys)
        if media.keys[self._next]:
            self.connection.keyframe_requested = False
            self._last_key = number
        payloads = media.pictures[self._next]
        timestamp = number * 90_000 // FPS
        self._waiting.extend((timestamp, each is payloads[-1], each) for each in payloads)
        self.sent.append(self._next)
        self._next = (self._next + 1) % len(media.keys)

    def finish(self) -> None:
        """Send what is still queued, so that every picture is whole."""
        for timestamp, marker, payload in self._waiting:
            self.connection.send(self._video, timestamp, marker, payload, time.time())
        self._waiting.clear()


class Stage:
    """All cameras of this process."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._players: dict[str, Player] = {}
        self._playing: dict[str, Player] = {}
        self._late = 0.0

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out the request in one line of input."""
        op = request["op"]
        if op == "offer":
            player = Player(self._media, Connection(sound=request["sound"]))
            self._players[request["camera"]] = player
            return {"sdp": await player.connection.offer()}
        if op == "answer":
            await self._players[request["camera"]].connection.accept(request["sdp"])
            return {}
        if op == "late":
            late, self._late = self._late, 0.0
            return {"late": round(late, 3)}
        if op == "play":
            now = time.monotonic()
            for place, name in enumerate(request["cameras"]):
                self._players[name].begin(now + place % 7 / 7 / FPS)
                self._playing[name] = self._players[name]
            return {}
        sent = {}
        for name in request["cameras"]:
            player = self._playing.pop(name)
            player.finish()
            sent[name] = player.sent
        return {"sent": sent}

    async def play(self) -> None:
        """Send packets as they become due, until cancelled."""
        due = time.monotonic()
        while True:
            due = max(due + TICK, time.monotonic() - TICK)
            await asyncio.sleep(due - time.monotonic())
            now = time.monotonic()
            for player in self._playing.values():
                self._late = max(self._late, player.tick(now))

    async def close(self) -> None:
        for player in self._players.values():
            await player.connection.close()


async def main() -> None:
    """Play until standard input ends."""
    stage = Stage(make_media())
    clock = asyncio.create_task(stage.play())
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        print(json.dumps(await stage.answer(json.loads(line))), flush=True)
    clock.cancel()
    await stage.close()


if __name__ == "__main__":
    uvloop.run(main())
