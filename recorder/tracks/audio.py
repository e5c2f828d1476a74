"""A microphone's track: Opus (RFC 7587), one sample for each RTP packet, nothing decoded."""

from __future__ import annotations

from recorder.clock import Timeline
from recorder.config import CaptureConfig
from recorder.errors import Malformed
from recorder.rtp import opus
from recorder.track_sink import TrackSink
from recorder.tracks import cmaf
from recorder.tracks.track import Track


class Sound(Track):
    """Packets of a microphone. Losses remain gaps: nothing is concealed or filled in."""

    kind = "audio"

    def __init__(self, number: int, timeline: Timeline, config: CaptureConfig) -> None:
        super().__init__(number, cmaf.SOUND_RATE, config.audio_wait_ms, timeline, config)
        self._described = False

    def begin(self, sink: TrackSink, now: int) -> None:
        """See `Track.begin`. The sink receives the init segment again, before the first packet recorded."""
        self._described = False
        super().begin(sink, now)

    def _deliver(self, timestamp: int, marker: int, payload: bytes) -> None:
        if not payload:
            return  # only padding
        try:
            nominal = opus.duration(payload)
        except Malformed:
            self.refused += 1
            self._lost(1)
            return
        time = self._time(timestamp, nominal)
        if not self._recording:
            return
        if not self._running:
            if self.fragmenter.at(time) < self._from:
                return  # captured before the recording began
            if not self._described and self._sink is not None:
                self._described = True
                self._sink.init(self.number, cmaf.sound_header(self.number), self.fragmenter.position(time))
        self._keep(time, payload, True, nominal)
