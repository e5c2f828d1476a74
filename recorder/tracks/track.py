"""The common part of video and audio tracks: from a stream's packets to a track.

A track outlives its streams: when the sender's encoder restarts, under another SSRC, with other
sequence numbers or timestamps, the track records it and continues with a new clock. Nothing here waits or
reads a clock of its own; every call passes the time (local µs), so hours can be tested in seconds.
"""

from __future__ import annotations

from recorder.clock import Timeline
from recorder.config import CaptureConfig
from recorder.rtp.source import Stream
from recorder.track_sink import TrackSink
from recorder.tracks.clock_stall import ClockStall
from recorder.tracks.fragmenter import Fragmenter
from recorder.tracks.loss_map import LossMap

_AHEAD = 2_000_000  # µs: a frame from so far in the future has another clock
_BACK = 1_000_000  # µs: so far back within one stream as well
_EXPECTED = 250_000  # µs a stream that has just begun may take to appear before it is called late


class Track:
    """One track of the recording, fed by one stream after another (`Video`, `Sound`)."""

    kind = ""

    def __init__(self, number: int, rate: int, wait: int, timeline: Timeline, config: CaptureConfig) -> None:
        """`number`: the track's; `rate`: ticks a second; `wait`: ms for a missing packet."""
        self.number = number
        self.timeline = timeline
        self.config = config
        self._rate = rate
        self._wait = wait * 1000
        self.stream: Stream | None = None
        self._newcomer: tuple[int, int, int, int, bytes] | None = None
        self._now = 0  # local µs of the packet or tick being handled
        self._sink: TrackSink | None = None
        self._recording = False
        self._running = False  # a frame has been recorded since begin or resume
        self._ever = False  # ... or since begin
        self._from = 0  # timeline µs of begin or resume
        self._last_time: int | None = None  # extended RTP time of the last recorded frame of this stream
        self._nominal = 0  # its length in ticks
        self._last_end = 0  # timeline µs at which the last recorded frame of an earlier stream ended
        self._recorded_at = 0  # local µs of the arrival of the last recorded frame
        self._newest: int | None = None  # extended RTP time of the last frame, recorded or not
        self._standstill = ClockStall()
        self.losses = LossMap(number, self._report)
        self.fragmenter = Fragmenter(number, rate, config.fragment_ms * 1000, timeline, self._fragment)
        self.frames = 0
        "Complete frames since connecting."
        self.octets = 0
        "Bytes of payload received since connecting."
        self.last_frame: int | None = None
        "Local µs of the arrival of the last complete frame."
        self.lost = 0
        self.late = 0
        self.refused = 0

    # Input from the network

    def packet(self, ssrc: int, number: int, timestamp: int, marker: int, payload: bytes, now: int) -> None:
        """Take an RTP packet of this track."""
        self._now = now
        stream = self.stream
        if stream is None or ssrc != stream.ssrc:
            self._unknown_ssrc(ssrc, number, timestamp, marker, payload)
            return
        self.octets += len(payload)
        stream.packet(number, timestamp, marker, payload, now)

    def retransmitted(self, number: int, timestamp: int, marker: int, payload: bytes, now: int) -> None:
        """Take a packet of the present stream that was sent again on its own source (RFC 4588)."""
        self._now = now
        if self.stream is not None:
            self.stream.retransmitted(number, timestamp, marker, payload, now)

    def _unknown_ssrc(self, ssrc: int, number: int, timestamp: int, marker: int, payload: bytes) -> None:
        """Accept a new source at its second packet (RFC 3550 §6.2.1), and then process both."""
        first = self._newcomer
        if self.stream is not None and (
            first is None or first[0] != ssrc or number != (first[1] + 1) & 0xFFFF
        ):
            if first is not None:
                self.refused += 1
            self._newcomer = (ssrc, number, timestamp, marker, payload)
            return
        self._newcomer = None
        former = self.stream
        if former is not None:
            former.buffer.drain()
        self.stream = stream = Stream(
            ssrc, self._rate, self.timeline, self._wait, self.config.reorder_grace_ms * 1000,
            self._deliver, self._lost, self._late, self._renumbered,
        )  # fmt: skip
        self._anew("source" if former is not None else None)
        packet = (ssrc, number, timestamp, marker, payload)
        for each in (first, packet) if first is not None and former is not None else (packet,):
            self.octets += len(each[4])
            stream.packet(*each[1:], self._now)

    def _anew(self, reason: str | None) -> None:
        """Start over: the stream, or its numbering or clock, is another from here on."""
        assert self.stream is not None
        if self._running:
            self._last_end, self._last_time = self._until(), None
        self.fragmenter.begin(self.stream.clock)
        if reason == "timestamps":
            self.stream.clock.forget()
        if reason != "numbering":
            self._newest = None
        self._restarted(reason)

    def _restarted(self, reason: str | None) -> None:
        if reason is not None and self._recording:
            self.losses.report("encoder.restarted", self._at_now(), reason=reason)

    def _deliver(self, timestamp: int, marker: int, payload: bytes) -> None:
        raise NotImplementedError

    def _lost(self, packets: int) -> None:
        self.lost += packets
        if self._running:
            self.losses.missing(self._until(), packets=packets)

    def _late(self) -> None:
        self.late += 1
        if self._running:
            self.losses.late(self._at_now())

    def _renumbered(self) -> None:
        self._anew("numbering")

    def _time(self, timestamp: int, length: int = 0) -> int:
        """Return the extended RTP time of a complete frame; detects that the sender's clock is another.

        `length`: ticks that must pass before it can be sent: a sound is sent when it is over.
        """
        assert self.stream is not None
        now = self._now
        newest = self._newest
        time = self.stream.clock.extend(timestamp)
        if newest is not None:
            age = now - self.stream.clock.local(time + length)
            if age < -_AHEAD or (newest - time) * 1_000_000 > _BACK * self._rate:
                self._anew("timestamps")
                time = self.stream.clock.extend(timestamp)
            elif self._standstill.frame(age, now - (self.last_frame or now), now):
                # The open fragment has frames from after the stall; they get their times when it is closed.
                self.stream.clock.forget()
                self._restarted("standstill")
        self._newest = time
        self.stream.clock.arrived(time + length, now)
        self.stream.reception.timed(timestamp, now)
        self.frames += 1
        self.last_frame = now
        return time

    # Calls by the recording

    def begin(self, sink: TrackSink, now: int) -> None:
        """Record from now on, on a timeline that begins now."""
        self._sink = sink
        self.fragmenter.reset()
        self._ever = False
        self.resume(now)

    def resume(self, now: int) -> None:
        """Record from `now` (local µs) on, at the beginning or after `pause`."""
        self._now = now
        self._recording = True
        self._running = False
        self._last_time = None
        self._from = self._at_now()

    def pause(self, now: int) -> None:
        """Pause the recording; what has arrived so far is handed over."""
        self._now = now
        if not self._recording:
            return
        if self.stream is not None:
            self.stream.buffer.drain()
        self.fragmenter.close()
        at, until = self._at_now(), self._reached()
        if not (self.losses.frozen or self.losses.open) and at - until > self.config.freeze_ms * 1000:
            # Frames kept arriving, each of them late: no freeze as long as others follow.
            self.losses.froze(until, at)
        self.losses.close(at)
        self._recording = self._running = False

    def end(self, now: int) -> None:
        """Stop recording at `now` (local µs) and release the sink; what has arrived is handed over first."""
        self.pause(now)
        self._sink = None

    def gone(self, reason: str, now: int) -> None:
        """Report the end of the track: the source sent a goodbye, or the connection is closed."""
        self._now = now
        if self._recording and self.stream is not None:
            self.stream.buffer.drain()
            self.fragmenter.close()
            self.losses.report("track.ended", self._at_now(), reason=reason)

    def expire(self, now: int) -> None:
        """Give up packets that have been missing for too long."""
        self._now = now
        if self.stream is not None and self.stream.buffer.missing:
            self.stream.buffer.expire(now)

    def tick(self, now: int) -> None:
        """Do the time-dependent work; call ten times a second."""
        self.expire(now)
        if not self._recording:
            return
        if self.fragmenter.overdue(now):
            self.fragmenter.close()
        at = self._at_now()
        self.losses.tick(at)
        if not self.losses.frozen:
            since = self._recorded_at - self.timeline.zero if self._running else self._from
            if at - since > self.config.freeze_ms * 1000:
                self.losses.froze(self._reached(), at)

    # Between network and recording

    def _at_now(self) -> int:
        return self._now - self.timeline.zero

    def _until(self) -> int:
        """Return the timeline µs at which the last recorded frame ends."""
        if self._last_time is None:
            return self._last_end
        return self.fragmenter.at(self._last_time + self._nominal)

    def _reached(self) -> int:
        """Return the timeline µs up to which something is recorded, or since which nothing has arrived."""
        return self._until() if self._running else self._from

    def _keep(self, time: int, content: bytes, key: bool, nominal: int) -> None:
        """Add a frame to the recording."""
        losses = self.losses
        if not self._running:
            self._first(time)
        if losses.open:
            at = self.fragmenter.at(time)
            missing = (at - losses.since) * self._rate / 1_000_000 / nominal
            losses.recovered(at, max(0, round(missing)), key)
        if losses.frozen and not self._standstill.suspected:
            losses.thawed(self.fragmenter.at(time))
        if losses.is_damaged:
            losses.recorded(self.fragmenter.at(time), key)
        self._last_time, self._nominal, self._recorded_at = time, nominal, self._now
        self.fragmenter.add(time, content, key, nominal, self._now)

    def _first(self, time: int) -> None:
        self._running = True
        at = self.fragmenter.at(time)
        if not self._ever and at - self._from > self.config.freeze_ms * 1000 + _EXPECTED:
            self.losses.report("track.late", at, ms=(at - self._from) // 1000)
        self._ever = True

    def _fragment(self, content: bytes, start: int, duration: int, key: bool) -> None:
        if self._sink is not None:
            self._sink.media(self.number, content, start, duration, key)

    def _report(self, type_: str, at: int, fields: dict[str, object]) -> None:
        if self._sink is not None:
            self._sink.event(type_, max(0, at), **fields)
