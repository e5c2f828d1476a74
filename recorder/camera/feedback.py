"""Feedback to the sender: what to send again, when to send a keyframe, how its packets arrive.

The outgoing RTCP of one connection. Requests for lost packets and keyframes are sent at once,
reports and bandwidth feedback from the camera's tick (RFC 3550 §6, RFC 4585, RFC 5506).
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable, Sequence

from recorder.clock import Timeline
from recorder.config import CaptureConfig
from recorder.rtp import rtcp
from recorder.rtp.transport_cc import Arrivals
from recorder.tracks.track import Track
from recorder.webrtc.sdp_offer import TRANSPORT_WIDE, Accepted

_REPAIR = 0.010  # s between two checks for missing packets
_REPORT = 10  # ticks between receiver reports, give or take half (RFC 3550 §6.2)
_KEYFRAME_PAUSE = 400_000  # µs between two requests for a keyframe: one needs time to arrive


class Feedback:
    """The feedback of one connection and its tracks."""

    def __init__(
        self,
        tracks: Sequence[Track],
        timeline: Timeline,
        config: CaptureConfig,
        send: Callable[[bytes], None],
    ) -> None:
        """`send` takes RTCP packets to be encrypted and sent, and drops them while there is no connection."""
        self._tracks = tracks
        self._timeline = timeline
        self._config = config
        self._send = send
        self._ssrc = secrets.randbits(32)
        self._name = secrets.token_hex(8)  # a CNAME that identifies no one (RFC 7022)
        self._nacks: set[Track] = set()
        self._transport_wide = False
        self._remb = False
        self._arrivals = Arrivals()
        self._timer: asyncio.TimerHandle | None = None
        self._ticks_to_report = _REPORT // 2
        self._keyframe_requested_at = 0

    def use(self, accepted: Accepted, track: Track) -> None:
        """Set up the feedback for `track` that the offer permits."""
        if "nack" in accepted.feedback:
            self._nacks.add(track)
        self._remb = self._remb or "goog-remb" in accepted.feedback
        self._transport_wide = self._transport_wide or TRANSPORT_WIDE in accepted.extensions

    def arrived(self, number: int, now: int) -> None:
        """Note the arrival of a packet with 16-bit transport-wide sequence `number`."""
        self._arrivals.note(number, now)

    def missing(self) -> None:
        """Start the repair of missing packets, until none is missing."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_REPAIR, self._repair)

    def _repair(self) -> None:
        """Request missing packets again; give up those missing for too long."""
        self._timer = None
        now = self._timeline.monotonic()
        for track in self._tracks:
            stream = track.stream
            if stream is None or not stream.buffer.missing:
                continue
            track.expire(now)
            if track in self._nacks:
                numbers = stream.requests.due(stream.buffer.missing, now)
                if numbers:
                    self._send(rtcp.nack(self._ssrc, stream.ssrc, numbers))
            if stream.buffer.missing:
                self.missing()

    def keyframe(self, track: Track, *, at_once: bool = False) -> None:
        """Request a keyframe, unless that was done a moment ago; `at_once`: even then."""
        now = self._timeline.monotonic()
        if track.stream is None or (now - self._keyframe_requested_at < _KEYFRAME_PAUSE and not at_once):
            return
        self._keyframe_requested_at = now
        self._send(rtcp.picture_loss(self._ssrc, track.stream.ssrc))

    def tick(self, now: int) -> None:
        """Send what is due; called ten times a second."""
        streams = [track.stream for track in self._tracks if track.stream is not None]
        if not streams:
            return
        if self._transport_wide:
            message = self._arrivals.feedback(self._ssrc, streams[0].ssrc)
            if message is not None:
                self._send(message)
        self._ticks_to_report -= 1
        if self._ticks_to_report > 0:
            return
        self._ticks_to_report = random.randint(_REPORT // 2, _REPORT * 3 // 2)  # noqa: S311 (spreads load)
        blocks = [block for stream in streams if (block := stream.block(now)) is not None]
        if blocks:
            self._send(rtcp.receiver_report(self._ssrc, blocks, self._name))
        if self._remb:
            most = (self._config.max_kbps + 2 * self._config.audio_kbps) * 1000
            self._send(rtcp.maximum_bitrate(self._ssrc, [stream.ssrc for stream in streams], most))

    def close(self) -> None:
        """Cancel the scheduled check for lost packets."""
        if self._timer is not None:
            self._timer.cancel()
