"""One camera of the interview room: a peer connection in, fragments and events out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recorder.clock import Timeline
from recorder.configuration import CaptureConfig
from recorder.errors import NotRecording, OfferRefused
from recorder.fragments import codec_string
from recorder.sink import TrackSink

__all__ = [
    "Camera",
    "CameraStats",
    "CaptureConfig",
    "NotRecording",
    "OfferRefused",
    "Timeline",
    "TrackSink",
    "codec_string",
]


@dataclass(frozen=True, slots=True)
class CameraStats:
    """How a camera is doing at this moment; cheap enough to ask for several times a second."""

    state: str
    "`new`, `connecting`, `connected`, `disconnected` (silent for 2 s), `failed` or `closed`."
    recording: bool
    "Whether fragments are being made (between `begin` and `end`, not paused)."
    width: int
    "Pixels; 0 until the first keyframe."
    height: int
    "Pixels; 0 until the first keyframe."
    fps: float
    "Complete pictures a second, over the last seconds."
    video_kbps: float
    "Kilobits a second of video payload."
    audio_kbps: float
    "Kilobits a second of sound payload."
    audio_level: int | None
    "Loudest of the last half second in dBov, -127 (silence) to 0 (RFC 6464); None if the browser tells none."
    last_video_ms: int | None
    "Milliseconds since the last complete picture arrived; None before the first."
    last_audio_ms: int | None
    "Milliseconds since the last sound packet arrived; None before the first or without microphone."
    packets_received: int
    packets_lost: int
    "Packets given up as lost, all tracks, since connecting."
    packets_late: int
    "Packets that came after they had been given up."
    packets_retransmitted: int
    "Packets that came because they were asked for again."
    packets_refused: int
    "Packets no specification allows, dropped."
    round_trip_ms: float | None
    "Measured on retransmissions; None while nothing has been asked for again."


class Camera:
    """One peer connection; the wide camera carries the microphone."""

    def __init__(
        self, name: str, tracks: Mapping[str, int], timeline: Timeline, config: CaptureConfig
    ) -> None:
        """`name`: "wide" or "close"; `tracks`: kind ("video", "audio") to track number."""
        raise NotImplementedError

    async def answer(self, offer_sdp: str) -> str:
        """Accept the room's offer: returns the SDP answer, complete with candidates.

        Raises `OfferRefused`; the camera can then be offered something else.
        """
        raise NotImplementedError

    def stats(self) -> CameraStats:
        raise NotImplementedError

    def begin(self, sink: TrackSink) -> None:
        """Make fragments from now on, video from the next keyframe, which is asked for."""
        raise NotImplementedError

    def pause(self) -> None:
        """Close the open fragments and make none until `resume`; the timeline runs on."""
        raise NotImplementedError

    def resume(self) -> None:
        raise NotImplementedError

    def flush(self) -> None:
        """Hand over what is in the open fragments now; recording goes on."""
        raise NotImplementedError

    def end(self) -> None:
        """Close the open fragments and stop making any; the connection stays for the next part."""
        raise NotImplementedError

    async def close(self) -> None:
        """End, and take the connection down."""
        raise NotImplementedError
