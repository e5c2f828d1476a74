"""A room for tests: cameras that stand for the browser's side, a ledger in memory, tickets.

Everything between is real: the interview, the writer, the seal, the spool on a disk.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amana.demo.device_key import DeviceKey, fingerprint_of
from casework.errors import LedgerAway
from casework.recording.pending_notes_file import PendingNotesFile
from casework.recording.recording_writer import RecordingLimits, RecordingWriter, Track
from casework.recording.ticket import NotBefore, RecordingTicket
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import Event
from chain_of_custody.items.sender import CAMERA, Holder, Sender
from chain_of_custody.statements.keys import key_id
from chain_of_custody.statements.statement import Actor, Head, SignedStatement
from chain_of_custody.tlog.ledger import Receipt
from recorder.camera.stats import CameraStats
from recorder.clock import Timeline
from recorder.config import CaptureConfig
from recorder.errors import OfferRefused
from recorder.interview.interview import Interview, InterviewConfig
from recorder.track_sink import TrackSink
from vault.sealing.key_wrapping import WrappingKey, generate_seed
from vault.sealing.sealing import open_with_message_key

INTERVIEW = "aa" * 16
SECOND = 1_000_000

CONNECTED = CameraStats(
    state="connected",
    recording=False,
    width=1280,
    height=720,
    fps=30.0,
    video_kbps=2500.0,
    audio_kbps=0.0,
    audio_level=None,
    last_video_ms=20,
    last_audio_ms=None,
    packets_received=1000,
    packets_lost=0,
    packets_retransmitted=0,
    packets_refused=0,
    round_trip_ms=None,
)


class RoomCamera:
    """In the place of a `Camera`: what the browser would send is pushed by the test."""

    def __init__(
        self, name: str, tracks: Mapping[str, int], timeline: Timeline, config: CaptureConfig
    ) -> None:
        self.name, self.tracks, self.timeline = name, tracks, timeline
        self.now = replace(CONNECTED, state="connecting")
        if "audio" in tracks:
            self.now = replace(self.now, last_audio_ms=15, audio_level=-30, audio_kbps=60.0)
        self.sink: TrackSink | None = None
        self.paused = False
        self.calls: list[str] = []
        self._begun = False

    async def answer(self, offer_sdp: str, fingerprint: str) -> str:
        if not offer_sdp.startswith("v=0"):
            raise OfferRefused("sdp.malformed", "not an offer")
        assert fingerprint == fingerprint_of(offer_sdp)
        return f"answer to {self.name}"

    def stats(self) -> CameraStats:
        return self.now

    def preview(self) -> bytes:
        return b"preview of " + self.name.encode()

    def connect(self) -> None:
        self.now = replace(self.now, state="connected")

    def lose(self) -> None:
        """The network is gone: nothing has come for two seconds."""
        silent = None if self.now.last_audio_ms is None else 2100
        self.now = replace(self.now, state="disconnected", last_video_ms=2100, last_audio_ms=silent)

    def begin(self, sink: TrackSink) -> None:
        self.calls.append("begin")
        self.sink, self.paused, self._begun = sink, False, False

    def pause(self) -> None:
        self.calls.append("pause")
        if self._begun:  # a fragment is open
            self.push()
        self.paused = True

    def resume(self) -> None:
        self.calls.append("resume")
        self.paused = False

    def flush(self) -> None:
        self.push()

    def end(self) -> None:
        self.calls.append("end")
        self.push()
        self.sink = None

    async def close(self) -> None:
        self.calls.append("close")
        self.sink = None
        self.now = replace(self.now, state="closed")

    def push(self, size: int = 2000) -> None:
        """A fragment of half a second on each of this camera's tracks, ending now."""
        if self.sink is None or self.paused:
            return
        at = self.timeline.now()
        for track in self.tracks.values():
            if not self._begun:
                self.sink.init(track, b"init of track %d" % track, at)
            self.sink.media(track, os.urandom(size), at, SECOND // 2, True)
        self._begun = True


class MemoryLedger:
    """A `LedgerPort` that checks what a ledger checks: signature, chain, and nothing twice."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.leaves: list[bytes] = []
        self.away = False
        self._public = key.public_key()

    async def append(self, build: Callable[[Head | None], bytes]) -> Receipt:
        if self.away:
            raise LedgerAway("switched off")
        head = SignedStatement.parse(self.leaves[-1]).head if self.leaves else None
        leaf = build(head)
        if leaf not in self.leaves:
            signed = SignedStatement.parse(leaf)
            assert signed.statement.number == len(self.leaves)
            self.leaves.append(leaf)
        return Receipt(len(self.leaves), hashlib.sha256(leaf).digest(), len(self.leaves))

    @property
    def types(self) -> list[str]:
        return [SignedStatement.parse(leaf).statement.type for leaf in self.leaves]

    def body(self, type_: str) -> Mapping[str, Any]:
        statements = [SignedStatement.parse(leaf).statement for leaf in self.leaves]
        return next(one.body for one in statements if one.type == type_)


@dataclass(frozen=True)
class Device:
    """A browser with its key, in somebody's hands."""

    holder: Holder
    key: DeviceKey = field(default_factory=DeviceKey)

    def claim(
        self, camera: str, fingerprint: str, challenge: Mapping[str, Any], use: str = CAMERA
    ) -> dict[str, object]:
        """What page and web process say of it."""
        proof = self.key.prove(INTERVIEW, camera, fingerprint, challenge, use)
        return {
            "camera": camera,
            "holder": self.holder.to_json(),
            "network": "local",
            "proof": proof.to_json(),
        }


ROOM_DEVICE = Device(Holder("de" * 16, "room", "room-1"))
COLLEAGUE = Device(Holder("cc" * 16, "person", "Person C"))
LIMITS = RecordingLimits(reserve=1024 * 1024)


@dataclass
class Room:
    """An interview with its surroundings."""

    spool: Path
    limits: RecordingLimits = LIMITS
    open_spool: Any = None
    device: Device = ROOM_DEVICE
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __post_init__(self) -> None:
        self.spool.mkdir(exist_ok=True)
        self.vault = WrappingKey(generate_seed())
        self.ledger = MemoryLedger(self.key)
        self.cameras: list[RoomCamera] = []
        self.writers: list[RecordingWriter] = []
        self.interview = Interview(
            InterviewConfig(INTERVIEW, self.spool, 1024 * 1024), self._open, self.notes_file(), self._camera
        )

    def notes_file(self) -> PendingNotesFile:
        return PendingNotesFile(self.spool, INTERVIEW, self.key.private_bytes_raw())

    def _camera(self, *args: Any) -> Any:
        self.cameras.append(RoomCamera(*args))
        return self.cameras[-1]

    async def _open(
        self, ticket: RecordingTicket, tracks: Sequence[Track], senders: Sequence[Sender]
    ) -> RecordingWriter:
        more = {} if self.open_spool is None else {"make_spool": self.open_spool}
        writer = await RecordingWriter.open(
            ticket, self.spool, self.key, self.ledger, tracks, senders=senders, limits=self.limits, **more
        )
        self.writers.append(writer)
        return writer

    def ticket(self, part: int = 1, interview: str = INTERVIEW) -> RecordingTicket:
        recorder = key_id(self.key.public_key().public_bytes_raw())
        return RecordingTicket(
            deployment="dd" * 16,
            case="cc" * 16,
            interview=interview,
            evidence=f"{part:02x}" * 16,
            part=part,
            vault_public=self.vault.public,
            escrow_public=None,
            recorder=recorder,
            actor=Actor(recorder, "recorder", "one-stop-center"),
            purpose="testimony",
            epoch="2026-11-24T20:15:03.120Z",
            practice=False,
            not_before=NotBefore(1, "00" * 32),
        )

    async def offer(
        self, name: str, sdp: str = "v=0 an offer", page: str = "77" * 16, device: Device | None = None
    ) -> str:
        """A room page offers a camera, with its device's proof."""
        device = device or self.device
        sdp = f"{sdp}\na=fingerprint:sha-256 {':'.join(f'{byte:02X}' for byte in os.urandom(32))}"
        challenge = self.interview.challenge()
        return await self.interview.offer(sdp, page, device.claim(name, fingerprint_of(sdp), challenge))

    async def connect(self, name: str, page: str = "77" * 16, device: Device | None = None) -> RoomCamera:
        """The room page offers a camera, and it connects."""
        await self.offer(name, page=page, device=device)
        camera = self.cameras[-1]
        camera.connect()
        self.interview.tick()
        return camera

    async def begin(self, *cameras: str, part: int = 1) -> list[RoomCamera]:
        """Connect cameras and begin recording."""
        connected = [await self.connect(name) for name in cameras]
        await self.interview.begin(self.ticket(part))
        return connected

    async def film(self, *cameras: RoomCamera, times: int = 2) -> None:
        """Let these cameras send for a moment, and let it become durable."""
        for _ in range(times):
            for camera in cameras:
                camera.push()
            await asyncio.sleep(0.01)
        assert self.interview.part is not None
        await self.interview.part.settled()

    def records(self, part: int = 0) -> list[Record]:
        return self.writers[part].records()


def events(writer: RecordingWriter) -> list[dict[str, Any]]:
    """The events of an open part, opened with their message keys as a viewer would."""
    from vault.spool.reader import SpoolReader

    folder = writer._spool.folder
    records = writer.records()  # first: more become durable meanwhile
    frames = [frame for _, frame in SpoolReader(folder.parent, folder.name).frames()]
    found = []
    for record in records:
        if record.kind == "event":
            key = writer.message_keys([record.index])[0]
            content = open_with_message_key(key, frames[record.index].message)[16:]
            event = Event.parse(content)
            found.append({"type": event.type, "at": event.at, **event.fields})
    return found
