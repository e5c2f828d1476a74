"""Distribution of one transport's packets to their tracks.

By payload type, which is unique within a connection with one video and one audio stream. So it
does not matter which SSRCs the offer names. Retransmissions are unwrapped (RFC 4588), header
extensions read, sender reports passed to the clocks. Unreadable packets are counted and dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from recorder.camera.feedback import Feedback
from recorder.camera.stats import Meter
from recorder.errors import Malformed
from recorder.rtp import rtcp
from recorder.rtp.packet import read_extensions, read_header
from recorder.tracks.track import Track
from recorder.webrtc import sdp_offer


class Demultiplexer:
    """The demultiplexer of one connection."""

    def __init__(
        self, tracks: Sequence[Track], feedback: Feedback, meter: Meter, stepped: Callable[[Track, int], None]
    ) -> None:
        """`stepped`: called when the sender's clock, as a track measures it, was set by so many µs."""
        self._tracks = tracks
        self._feedback = feedback
        self._meter = meter
        self._stepped = stepped
        self._by_type: dict[int, Track] = {}
        self._again: dict[int, tuple[Track, Mapping[int, int]]] = {}
        self._level_id = 0
        self._transport_wide_id = 0
        self.packets = 0
        self.refused = 0
        self.last_packet = 0
        "Local µs of the last packet of any kind."

    @property
    def reports_level(self) -> bool:
        """Whether the sender reports its audio level."""
        return self._level_id != 0

    def use(self, accepted: sdp_offer.Accepted, track: Track) -> None:
        """Assign packets of this kind to `track`."""
        self._by_type[accepted.payload_type] = track
        if accepted.retransmission_type is not None:
            self._again[accepted.retransmission_type] = (track, accepted.retransmission_of)
        self._level_id = accepted.extensions.get(sdp_offer.AUDIO_LEVEL, self._level_id)
        self._transport_wide_id = accepted.extensions.get(sdp_offer.TRANSPORT_WIDE, self._transport_wide_id)

    def rtp(self, packet: bytearray, length: int, now: int) -> None:
        """Handle an authentic RTP packet: the first `length` bytes of `packet`, at local `now`."""
        self.packets += 1
        self.last_packet = now
        try:
            kind, marker, number, timestamp, ssrc, extension, start, end = read_header(packet, length)
            if extension:
                self._extensions(packet, extension, now)
        except Malformed:
            self.refused += 1
            return
        track = self._by_type.get(kind)
        if track is not None:
            track.packet(ssrc, number, timestamp, marker, bytes(packet[start:end]), now)
        elif kind in self._again:
            track, originals = self._again[kind]
            if end - start <= 2:
                return  # an empty retransmission, sent to probe the bandwidth
            stream = track.stream
            if stream is None or originals.get(ssrc, stream.ssrc) != stream.ssrc:
                return
            number = packet[start] << 8 | packet[start + 1]
            track.retransmitted(number, timestamp, marker, bytes(packet[start + 2 : end]), now)
        else:
            self.refused += 1
            return
        if track.stream is not None and track.stream.buffer.missing:
            self._feedback.missing()

    def _extensions(self, packet: bytearray, at: int, now: int) -> None:
        for name, value in read_extensions(packet, at).items():
            if name == self._transport_wide_id and len(value) >= 2:
                self._feedback.arrived(value[0] << 8 | value[1], now)
            elif name == self._level_id and value:
                self._meter.level(-(value[0] & 0x7F), now)

    def rtcp(self, packet: bytearray, length: int, now: int) -> None:
        """Handle an authentic RTCP packet, as above."""
        self.last_packet = now
        try:
            messages = rtcp.read(bytes(packet[:length]))
        except Malformed:
            self.refused += 1
            return
        for each in messages:
            for track in self._tracks:
                stream = track.stream
                if stream is None:
                    continue
                if isinstance(each, rtcp.Goodbye):
                    if stream.ssrc in each.ssrcs:
                        track.gone("goodbye", now)
                elif each.ssrc == stream.ssrc:
                    step = stream.report(each, now)
                    if step:
                        self._stepped(track, step)
