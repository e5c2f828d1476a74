"""The four receivers of one camera, with one interface to start, measure and count."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import av

from bench.center import Center
from bench.interviews import InterviewChild
from bench.pictures import Arrived, Film
from bench.processes import LineProcess

SYSTEM_PYTHON = "/usr/bin/python3"
"""The Python that has `python3-gi`, which the GStreamer peer needs."""
HELD_BACK = 1
"""Pictures that aiortc's jitter buffer holds until the next one begins: the last one is no loss."""
PEERS = Path(__file__).parent / "peers"


class Receiver(Protocol):
    """Receives one camera with its microphone."""

    async def answer(self, offer: str) -> str:
        """Start the receiver; return its answer to the offer."""

    async def flowing(self) -> None:
        """Wait for the steady state."""

    @property
    def cpu(self) -> float:
        """Return the CPU seconds of the receiving process so far."""

    async def finish(self, sent: Sequence[int]) -> Arrived | None:
        """Stop, and close the recording; return which of the pictures sent have arrived. None: it failed."""

    async def end(self) -> None:
        """End every process. May be called at any time."""


@dataclass
class Place:
    """Folders and media of the receivers."""

    folder: Path
    log: Path
    film: Film


class Amana:
    """The recorder child, sealing to disk as in production."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._center = Center(place.folder / "amana")
        self._child = InterviewChild(self._center)

    async def answer(self, offer: str) -> str:
        await self._child.start(self._place.log)
        return await self._child.offer("wide", offer)

    async def flowing(self) -> None:
        await self._child.begin(1)

    @property
    def cpu(self) -> float:
        return self._child.cpu

    async def finish(self, sent: Sequence[int]) -> Arrived:
        await self._child.seal()
        films = self._center.films(self._child.evidence)
        picture, sound = self._place.film.count(films[1], sent), self._place.film.count(films[2])
        picture.sounds, picture.lost_sounds = sound.sounds, sound.lost_sounds
        return picture

    async def end(self) -> None:
        await self._child.end()


class Peer:
    """A peer that speaks `bench.peers.line`."""

    command: tuple[str, ...] = ()

    def __init__(self, place: Place) -> None:
        self._place = place
        self._file = place.folder / "peer.mp4"
        self._process: LineProcess | None = None

    async def answer(self, offer: str) -> str:
        self._process = await LineProcess.start(*self.command, folder=self._place.folder, log=self._place.log)
        answer = await self._process.ask(offer=offer, file=str(self._file))
        return str(answer["answer"])

    async def flowing(self) -> None:
        """Return at once: it receives from the first packet on."""

    @property
    def cpu(self) -> float:
        assert self._process is not None
        return self._process.cpu

    async def finish(self, sent: Sequence[int]) -> Arrived | None:
        assert self._process is not None
        if await self._process.end() != 0:
            return None
        return await asyncio.to_thread(self.count, sent)

    def count(self, sent: Sequence[int]) -> Arrived:
        """Count which of the pictures sent have arrived."""
        return self._place.film.count(self._file, sent)

    async def end(self) -> None:
        if self._process is not None:
            await self._process.end(0)


class GStreamer(Peer):
    """`webrtcbin` into fragmented MP4, without transcoding."""

    command = (SYSTEM_PYTHON, str(PEERS / "gstreamer.py"))


class Receiving(Peer):
    """Stock aiortc, only receiving."""

    command = (sys.executable, "-m", "bench.peers.aiortc_stock", "receive")

    async def finish(self, sent: Sequence[int]) -> Arrived | None:
        assert self._process is not None and self._process.process.stdin is not None
        self._process.process.stdin.close()
        counted = await self._process.receive()
        return Arrived(counted["video"], len(sent) - HELD_BACK - counted["video"], counted["audio"])


class MediaRecorder(Peer):
    """aiortc's own recorder: decodes and encodes every picture again, so pictures can only be counted."""

    command = (sys.executable, "-m", "bench.peers.aiortc_stock", "record")

    def count(self, sent: Sequence[int]) -> Arrived:
        arrived = Arrived()
        with av.open(str(self._file)) as container:
            assert isinstance(container, av.container.InputContainer)
            for packet in container.demux():
                if packet.size and packet.stream.type == "video":
                    arrived.pictures += 1
                elif packet.size:
                    arrived.sounds += 1
        arrived.lost = len(sent) - HELD_BACK - arrived.pictures
        return arrived


def has_gstreamer() -> bool:
    """Return whether the GStreamer peer can run on this machine."""
    import subprocess

    try_it = "import gi; gi.require_version('GstWebRTC', '1.0'); from gi.repository import GstWebRTC"
    with contextlib.suppress(OSError):
        return subprocess.run([SYSTEM_PYTHON, "-c", try_it], capture_output=True).returncode == 0
    return False
