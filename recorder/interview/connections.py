"""The cameras of one interview: connected, connecting, lost and returned.

After a reload of the room page or a network failure there is a new offer. The old connection stays open until
the new one is established, so that a failed offer has no effect. Then the new one continues in the same part,
on the same tracks. The loss of a camera and its return are events of the recording.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chain_of_custody.items.sender import Sender
from recorder.camera.camera import Camera
from recorder.camera.stats import CameraStats
from recorder.clock import Timeline
from recorder.config import CaptureConfig
from recorder.errors import InterviewRefused, OfferRefused
from recorder.interview.alerts import picture_flows
from recorder.interview.part import Part
from recorder.interview.senders import Senders

CAMERAS: Final = ("wide", "close")
TRACKS: Final[Mapping[str, Mapping[str, int]]] = {
    "wide": {"video": 1, "audio": 2},
    "close": {"video": 3},
}
"""Track numbers by camera and kind: the microphone travels with the wide camera."""

MakeCamera = Callable[[str, Mapping[str, int], Timeline, CaptureConfig], Camera]


@dataclass
class Connection:
    """A camera, and the room page and device that send it."""

    camera: Camera
    page: str
    sender: Sender
    lost_at: int | None = None
    """µs: since when its loss has been stated; None while it is connected."""


class Connections:
    """All cameras of an interview. They record into `part`, between `begin` and `end`."""

    def __init__(
        self, timeline: Timeline, config: CaptureConfig, senders: Senders, make_camera: MakeCamera = Camera
    ) -> None:
        self.connected: dict[str, Connection] = {}
        self.stats: dict[str, CameraStats] = {}
        self.expected: set[str] = set()
        """Cameras that have belonged to this part: one that delivers nothing is lost."""
        self._timeline = timeline
        self._config = config
        self._senders = senders
        self._make_camera = make_camera
        self._coming: dict[str, Connection] = {}
        self._part: Part | None = None
        self._paused = False
        self._closing: set[asyncio.Future[None]] = set()

    @property
    def senders(self) -> Mapping[str, Sender]:
        """Camera → who sends it."""
        return {name: one.sender for name, one in self.connected.items()}

    async def offer(self, sdp: str, page: str, sender: Sender) -> str:
        """Answer the offer of a device that proved itself. Raises `InterviewRefused`, and changes nothing."""
        name, proof = sender.camera, sender.proof
        if name not in CAMERAS or proof is None:
            raise InterviewRefused("camera.unknown")
        camera = self._make_camera(name, TRACKS[name], self._timeline, self._config)
        try:
            answer = await camera.answer(sdp, proof.fingerprint)
        except OfferRefused as refused:
            self._close(camera)
            raise InterviewRefused(refused.code, refused.sentence) from refused
        except BaseException:
            self._close(camera)
            raise
        overtaken = self._coming.pop(name, None)
        if overtaken is not None:
            self._close(overtaken.camera)
        self._coming[name] = Connection(camera, page, sender)
        return answer

    def look(self) -> None:
        """Process state changes; called several times a second."""
        for name, coming in list(self._coming.items()):
            state = coming.camera.stats().state
            if state in ("failed", "closed"):
                del self._coming[name]
                self._close(coming.camera)
            elif state == "connected":
                del self._coming[name]
                self._take_place(name, coming)
        self.stats = {name: one.camera.stats() for name, one in self.connected.items()}
        if self._part is not None:
            for name, one in self.connected.items():
                self._note(self._part, name, one, self.stats[name])

    def preview(self, name: str) -> bytes:
        """Return a camera's picture before a recording (`Camera.preview`); empty if none arrives now."""
        one = self.connected.get(name)
        return one.camera.preview() if one is not None and picture_flows(self.stats.get(name)) else b""

    def begin(self, part: Part) -> None:
        """Record all connected cameras; the others join when they connect."""
        self._part, self._paused = part, False
        self.expected = set(self.connected)
        for one in self.connected.values():
            one.lost_at = None
            one.camera.begin(part)

    def pause(self) -> None:
        """Close the open fragments and make none; the cameras stay connected."""
        self._paused = True
        for one in self.connected.values():
            one.camera.pause()

    def resume(self) -> None:
        """Resume recording from all cameras after `pause`."""
        self._paused = False
        for one in self.connected.values():
            one.camera.resume()

    def end(self) -> None:
        """Close the open fragments and stop recording; the connections stay for another part."""
        if self._part is not None:
            for one in self.connected.values():
                one.camera.end()
        self._part = None
        self.expected = set()

    async def close(self) -> None:
        """Close every connection: cameras send nothing beyond the interview."""
        self.end()
        for one in (*self.connected.values(), *self._coming.values()):
            self._close(one.camera)
        self.connected, self._coming, self.stats = {}, {}, {}
        if self._closing:
            await asyncio.wait(list(self._closing), timeout=5)

    def _take_place(self, name: str, coming: Connection) -> None:
        if not self._senders.may_take(coming.sender):
            self._close(coming.camera)
            return
        before = self.connected.get(name)
        self.connected[name] = coming
        if before is not None:
            coming.lost_at = before.lost_at
            if self._part is not None:
                if before.lost_at is None:
                    self._state_loss(self._part, name, coming, before.camera.stats())
                before.camera.end()
            self._close(before.camera)
        self._senders.took(coming.sender, None if before is None else before.sender)
        if self._part is not None:
            self.expected.add(name)
            coming.camera.begin(self._part)
            if self._paused:
                coming.camera.pause()

    def _note(self, part: Part, name: str, connection: Connection, stats: CameraStats) -> None:
        """Record each loss and each return once."""
        if connection.lost_at is None and stats.state != "connected":
            self._state_loss(part, name, connection, stats)
        elif connection.lost_at is not None and stats.state == "connected" and picture_flows(stats):
            now = self._timeline.now()
            part.say("reconnected", now, camera=name, gap=now - connection.lost_at)
            connection.lost_at = None

    def _state_loss(self, part: Part, name: str, connection: Connection, stats: CameraStats) -> None:
        """Record the loss at the time of its last picture, not of its detection."""
        silent = 0 if stats.last_video_ms is None else stats.last_video_ms * 1000
        connection.lost_at = max(0, self._timeline.now() - silent)
        part.say("disconnected", connection.lost_at, camera=name)

    def _close(self, camera: Camera) -> None:
        closing = asyncio.ensure_future(camera.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
