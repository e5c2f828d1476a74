"""Statistics of a camera: rates, picture size, audio level, losses."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_OVER = 20  # ticks that rates are taken over
_LOUD_FOR = 500_000  # µs for which an audio level counts


@dataclass(frozen=True, slots=True)
class CameraStats:
    """Current state and rates of a camera; cheap enough to read several times a second."""

    state: str
    "`new`, `connecting`, `connected`, `disconnected` (silent for 2 s), `failed` or `closed`."
    recording: bool
    "Whether fragments are being made (between `begin` and `end`, not paused)."
    width: int
    "Pixels; 0 until the first keyframe."
    height: int
    "Pixels; 0 until the first keyframe."
    fps: float
    "Complete pictures a second, averaged over two seconds."
    video_kbps: float
    "Kilobits a second of video payload, averaged over two seconds."
    audio_kbps: float
    "Kilobits a second of audio payload, averaged over two seconds."
    audio_level: int | None
    "Loudest of the last half second in dBov, -127 (silence) to 0 (RFC 6464); None if the browser sends none."
    last_video_ms: int | None
    "Milliseconds since the last complete picture arrived; None before the first."
    last_audio_ms: int | None
    "Milliseconds since the last audio packet arrived; None before the first or without microphone."
    packets_received: int
    packets_lost: int
    "Packets given up as lost, all tracks, since connecting."
    packets_retransmitted: int
    "Packets that arrived after a retransmission request."
    packets_refused: int
    "Packets that no specification allows; dropped."
    round_trip_ms: float | None
    "Measured on retransmissions; None before the first."


class Meter:
    """Rates of one camera, updated once a tick with running totals."""

    __slots__ = ("_levels", "_samples", "audio_kbps", "pictures", "video_kbps")

    def __init__(self) -> None:
        self._samples: deque[tuple[int, int, int, int]] = deque(maxlen=_OVER + 1)
        self._levels: deque[tuple[int, int]] = deque()  # falling: a sliding maximum
        self.pictures = 0.0
        "Pictures a second."
        self.video_kbps = 0.0
        self.audio_kbps = 0.0

    def tick(self, now: int, pictures: int, video_octets: int, audio_octets: int) -> None:
        """Take the totals since connecting, at local `now`."""
        self._samples.append((now, pictures, video_octets, audio_octets))
        first = self._samples[0]
        seconds = (now - first[0]) / 1_000_000
        if seconds > 0:
            self.pictures = round((pictures - first[1]) / seconds, 1)
            self.video_kbps = round((video_octets - first[2]) * 0.008 / seconds, 1)
            self.audio_kbps = round((audio_octets - first[3]) * 0.008 / seconds, 1)

    def level(self, dbov: int, now: int) -> None:
        """Note a packet's audio level (RFC 6464)."""
        levels = self._levels
        while levels and levels[-1][1] <= dbov:
            levels.pop()
        levels.append((now, dbov))
        while now - levels[0][0] > _LOUD_FOR:
            levels.popleft()

    def loudest(self, now: int) -> int:
        """Return the loudest level of the last half second; silence if there was none."""
        return max((dbov for at, dbov in self._levels if now - at <= _LOUD_FOR), default=-127)
