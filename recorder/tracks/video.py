"""A camera's track: H.264 (RFC 6184), picture by picture, nothing decoded.

A recording starts with a keyframe whose parameter sets are known, and so does its continuation after a
pause or a restart of the encoder; one is requested until it arrives. Whenever the parameter sets change, a
new init segment precedes the keyframe that contained them.
"""

from __future__ import annotations

from collections.abc import Callable

from recorder.clock import Timeline
from recorder.config import CaptureConfig
from recorder.errors import Malformed
from recorder.rtp.h264_depacketizer import Assembler, Picture
from recorder.rtp.h264_sps import SequenceParameters
from recorder.track_sink import TrackSink
from recorder.tracks import cmaf
from recorder.tracks.track import Track

_LONGEST = (
    cmaf.VIDEO_RATE // 2
)  # ticks: a longer pause between pictures is no measure of their usual interval
_FORESIGHT = 300_000  # µs before a keyframe is requested at which a cut begins to wait for it


class Video(Track):
    """Packets of a camera."""

    kind = "video"

    def __init__(
        self, number: int, timeline: Timeline, config: CaptureConfig, ask_keyframe: Callable[[], None]
    ) -> None:
        """`ask_keyframe`: called whenever one is needed, as often as needed."""
        super().__init__(number, cmaf.VIDEO_RATE, config.video_wait_ms, timeline, config)
        self._ask_keyframe = ask_keyframe
        self._assembler = Assembler(config.max_frame_bytes, self._picture, self._broken)
        self._parameters: tuple[tuple[bytes, ...], tuple[bytes, ...]] = ((), ())
        self._header = b""  # the init segment for _parameters
        self._described = b""  # the one the sink has
        self._described_size = (0, 0)
        self._interval = cmaf.VIDEO_RATE // 30  # ticks between pictures lately
        self._last_key = 0  # local µs
        self._needs_key = True
        self.width = 0
        "Pixels, of the last keyframe; 0 before the first."
        self.height = 0
        self.preview = b""
        "The newest keyframe as a film of one picture; empty from `begin` to `end`, also in a break."

    def begin(self, sink: TrackSink, now: int) -> None:
        """See `Track.begin`. The sink receives the init segment again, before the first keyframe recorded."""
        self.preview = b""
        self._described = b""
        self._described_size = (0, 0)
        super().begin(sink, now)

    def resume(self, now: int) -> None:
        """See `Track.resume`. Recording continues with a keyframe, which is requested."""
        super().resume(now)
        self._needs_key = True
        self._request_keyframe()

    def tick(self, now: int) -> None:
        """See `Track.tick`. Requests a keyframe when one is due or needed, or while no picture size is known;
        shortly before one is due, lets the next fragment wait for it."""
        super().tick(now)
        due = self._last_key + self.config.keyframe_interval_ms * 1000
        if (self._recording and (now >= due or self._needs_key)) or not self.width:
            self._request_keyframe()
        elif now >= due - _FORESIGHT:
            self.fragmenter.key_awaited = True

    def _request_keyframe(self) -> None:
        self.fragmenter.key_awaited = True
        self._ask_keyframe()

    def _deliver(self, timestamp: int, marker: int, payload: bytes) -> None:
        self._assembler.push(timestamp, marker, payload)

    def _lost(self, packets: int) -> None:
        super()._lost(packets)
        self._assembler.gap()
        self._request_keyframe()

    def _anew(self, reason: str | None) -> None:
        super()._anew(reason)
        if reason != "timestamps":  # another encoder: its reference pictures are not known
            self._assembler.abandon()
            self._needs_key = True
        self._request_keyframe()

    def _broken(self, timestamp: int) -> None:
        """Handle a picture that arrived only partly, or in a form that cannot be read."""
        self.refused += self._assembler.refused
        self._assembler.refused = 0
        self._unrecorded()

    def _unrecorded(self) -> None:
        """Handle a picture that arrived but is not recorded."""
        if self._running:
            self.losses.missing(self._until(), frames=1)
        self._request_keyframe()

    def _picture(self, picture: Picture) -> None:
        before = self._newest
        time = self._time(picture.timestamp)
        if before is not None and 0 < time - before < _LONGEST and not self.losses.open:
            self._interval += (time - before - self._interval) // 4
        readable = not picture.key or self._read_parameters(picture)
        if self._sink is None and picture.key and readable:
            self.preview = self._header + cmaf.fragment(
                self.number, 1, 0, 0, [picture.content], [cmaf.VIDEO_RATE], cmaf.KEY_FIRST
            )
        if not self._recording:
            return
        if self._needs_key or not self._running or not readable:
            if not picture.key or not readable or self.fragmenter.at(time) < self._from:
                self._needs_key = True
                self._unrecorded()
                return
            self._needs_key = False
        if picture.key and self._described != self._header:
            self._describe(time)
        self._keep(time, picture.content, picture.key, self._interval)

    def _read_parameters(self, picture: Picture) -> bool:
        """Note a keyframe and its parameter sets; return whether a decoder could be given them."""
        self._last_key = self._now
        known = self._parameters
        parameters = (picture.sps or known[0], picture.pps or known[1])
        if parameters != known:
            try:
                parsed = SequenceParameters(parameters[0][0]) if parameters[0] else None
                self._header = cmaf.video_header(self.number, *parameters)
            except Malformed:
                self.refused += 1
                return False
            assert parsed is not None  # video_header refuses none
            self._parameters = parameters
            self.width, self.height = parsed.width, parsed.height
        return bool(self._header)

    def _describe(self, time: int) -> None:
        """Send a new init segment: the pictures from here on need another one than the sink has."""
        self.fragmenter.close(time if self._running else None)
        at = self.fragmenter.position(time)
        self._described = self._header
        if self._sink is None:
            return
        self._sink.init(self.number, self._header, at)
        size = (self.width, self.height)
        if size != self._described_size:
            self._described_size = size
            self.losses.report("size", at, width=size[0], height=size[1])
