"""One camera of the interview room: a peer connection in, fragments and events out.

Puts the parts together: the offer is read and answered, the transport connects, its packets go by
payload type to the picture's and the sound's track, and ten times a second everything that depends on
time is seen to: feedback to the sender, keyframes, freezes, fragments that nothing closes.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from recorder import answers, offers, rtcp
from recorder.bandwidth import Arrivals
from recorder.clock import Timeline
from recorder.configuration import CaptureConfig
from recorder.errors import Malformed, NotRecording, OfferRefused
from recorder.fragments import codec_string
from recorder.meter import Meter
from recorder.passthrough import Transport
from recorder.rtp import read_extensions, read_header
from recorder.sink import TrackSink
from recorder.sound import Sound
from recorder.tracks import Track
from recorder.video import Video

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

_log = logging.getLogger(__name__)

_TICK = 0.1  # s
_REPAIR = 0.010  # s between two looks at missing packets
_REPORT = 10  # ticks between receiver reports, give or take half (RFC 3550 §6.2)
_KEYFRAME_PAUSE = 400_000  # µs between two requests for a keyframe: one must have time to come
_SILENT = 2_000_000  # µs without any packet that count as disconnected


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
    "Complete pictures a second, over the last two."
    video_kbps: float
    "Kilobits a second of video payload, over the last two."
    audio_kbps: float
    "Kilobits a second of sound payload, over the last two."
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
    """One peer connection; the wide camera carries the microphone.

    Order of calls: `answer`, then `begin`, any number of `pause` and `resume`, `end`, perhaps `begin`
    again for a further part, `close`. All of them on one event loop.
    """

    def __init__(
        self, name: str, tracks: Mapping[str, int], timeline: Timeline, config: CaptureConfig
    ) -> None:
        """`name`: "wide" or "close"; `tracks`: kind ("video", "audio") to track number."""
        self.name = name
        self._timeline = timeline
        self._config = config
        self._video: Video | None = None
        self._sound: Sound | None = None
        if "video" in tracks:
            self._video = Video(tracks["video"], timeline, config, self._ask_keyframe)
        if "audio" in tracks:
            self._sound = Sound(tracks["audio"], timeline, config)
        self._tracks: tuple[Track, ...] = tuple(
            each for each in (self._video, self._sound) if each is not None
        )
        self._transport: Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._ssrc = secrets.randbits(32)
        self._cname = secrets.token_hex(8)
        self._by_type: dict[int, Track] = {}
        self._again: dict[int, tuple[Track, Mapping[int, int]]] = {}
        self._nacks: set[Track] = set()
        self._level_id = 0
        self._transport_wide_id = 0
        self._remb = False
        self._arrivals = Arrivals()
        self._sink: TrackSink | None = None
        self._recording = False
        self._timer: asyncio.TimerHandle | None = None
        self._repair_timer: asyncio.TimerHandle | None = None
        self._ticks_to_report = _REPORT // 2
        self._keyframe_asked = 0
        self._last_packet = 0
        self._silent = False
        self._packets = 0
        self._refused = 0
        self._meter = Meter()

    # Connecting

    async def answer(self, offer_sdp: str) -> str:
        """Accept the room's offer: returns the SDP answer, complete with candidates.

        Raises `OfferRefused`; the camera can then be offered something else. Raises `NotRecording` if
        it has accepted an offer before: a reloaded page gets a new `Camera`.
        """
        if self._transport is not None:
            raise NotRecording("this camera has been connected before")
        offer = offers.read(offer_sdp, frozenset(track.kind for track in self._tracks))
        config = self._config
        transport = Transport(config.addresses, self._on_rtp, self._on_rtcp, self._on_state)
        self._transport = transport
        self._use(offer)
        user, password, candidates, fingerprints = await transport.gather()
        self._connecting = asyncio.create_task(self._connect(offer))
        self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick)
        return answers.write(offer, config, user, password, candidates, fingerprints, secrets.randbits(62))

    def _use(self, offer: offers.Offer) -> None:
        for accepted in offer.accepted:
            track = next(each for each in self._tracks if each.kind == accepted.kind)
            self._by_type[accepted.payload_type] = track
            if accepted.retransmission_type is not None:
                self._again[accepted.retransmission_type] = (track, accepted.retransmission_of)
            if "nack" in accepted.feedback:
                self._nacks.add(track)
            self._remb = self._remb or "goog-remb" in accepted.feedback
            self._level_id = accepted.extensions.get(offers.AUDIO_LEVEL, self._level_id)
            self._transport_wide_id = accepted.extensions.get(offers.TRANSPORT_WIDE, self._transport_wide_id)

    async def _connect(self, offer: offers.Offer) -> None:
        assert self._transport is not None
        try:
            async with asyncio.timeout(self._config.connect_timeout_ms / 1000):
                await self._transport.connect(
                    offer.ice_user, offer.ice_password, offer.candidates, offer.fingerprints, offer.active
                )
        except TimeoutError:
            _log.warning("camera %s: no connection within the time allowed", self.name)
            await self._transport.close()
            self._transport.state = "failed"

    def _on_state(self, state: str) -> None:
        _log.info("camera %s: %s", self.name, state)
        now = self._timeline.monotonic()
        if state == "connected":
            self._last_packet = now
            self._ask_keyframe()
        elif self._recording:
            for track in self._tracks:
                track.gone("closed", now)
            if not self._silent:
                self._silent = True
                self._event("disconnected", camera=self.name)

    # Receiving

    def _on_rtp(self, packet: bytearray, length: int, now: int) -> None:
        self._packets += 1
        self._last_packet = now
        try:
            kind, marker, number, timestamp, ssrc, extension, start, end = read_header(packet, length)
            if extension:
                self._extensions(packet, extension, now)
        except Malformed:
            self._refused += 1
            return
        track = self._by_type.get(kind)
        if track is not None:
            track.packet(ssrc, number, timestamp, marker, bytes(packet[start:end]), now)
        elif kind in self._again:
            track = self._again[kind][0]
            if end - start <= 2:
                return  # probing: a retransmission of nothing
            stream = track.stream
            if stream is None or self._again[kind][1].get(ssrc, stream.ssrc) != stream.ssrc:
                return
            number = packet[start] << 8 | packet[start + 1]
            track.retransmitted(number, timestamp, marker, bytes(packet[start + 2 : end]), now)
        else:
            self._refused += 1
            return
        if track.stream is not None and track.stream.buffer.missing and self._repair_timer is None:
            loop = asyncio.get_running_loop()
            self._repair_timer = loop.call_later(_REPAIR, self._repair)

    def _extensions(self, packet: bytearray, at: int, now: int) -> None:
        for name, value in read_extensions(packet, at).items():
            if name == self._transport_wide_id and len(value) >= 2:
                self._arrivals.note(value[0] << 8 | value[1], now)
            elif name == self._level_id and value:
                self._meter.level(-(value[0] & 0x7F), now)

    def _on_rtcp(self, packet: bytearray, length: int, now: int) -> None:
        try:
            found = rtcp.read(bytes(packet[:length]))
        except Malformed:
            self._refused += 1
            return
        for each in found:
            for track in self._tracks:
                stream = track.stream
                if stream is None:
                    continue
                if isinstance(each, rtcp.SenderReport):
                    if each.ssrc == stream.ssrc:
                        step = stream.report(each, now)
                        if step and self._recording:
                            self._event("clock.step", clock="sender", track=track.number, ms=step // 1000)
                elif stream.ssrc in each.ssrcs:
                    track.gone("goodbye", now)

    # Feedback

    def _repair(self) -> None:
        """Ask again for what is missing, give up what has been missing too long."""
        self._repair_timer = None
        now = self._timeline.monotonic()
        waiting = False
        for track in self._tracks:
            stream = track.stream
            if stream is None or not stream.buffer.missing:
                continue
            track.expire(now)
            if track in self._nacks and self._transport is not None:
                numbers = stream.requests.due(stream.buffer.missing, now)
                if numbers:
                    self._transport.send_rtcp(rtcp.nack(self._ssrc, stream.ssrc, numbers))
            waiting = waiting or bool(stream.buffer.missing)
        if waiting:
            self._repair_timer = asyncio.get_running_loop().call_later(_REPAIR, self._repair)

    def _ask_keyframe(self) -> None:
        now = self._timeline.monotonic()
        stream = self._video.stream if self._video is not None else None
        if self._transport is None or stream is None or now - self._keyframe_asked < _KEYFRAME_PAUSE:
            return
        self._keyframe_asked = now
        self._transport.send_rtcp(rtcp.picture_loss(self._ssrc, stream.ssrc))

    def _report(self, now: int) -> None:
        assert self._transport is not None
        streams = [track.stream for track in self._tracks if track.stream is not None]
        blocks = [block for stream in streams if (block := stream.block(now)) is not None]
        if not blocks:
            return
        self._transport.send_rtcp(rtcp.receiver_report(self._ssrc, blocks, self._cname))
        if self._remb:
            most = (self._config.max_kbps + 2 * self._config.audio_kbps) * 1000
            ssrcs = [stream.ssrc for stream in streams]
            self._transport.send_rtcp(rtcp.maximum_bitrate(self._ssrc, ssrcs, most))

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick)
        now = self._timeline.monotonic()
        for track in self._tracks:
            track.tick(now)
        self._meter.tick(
            now,
            self._video.frames if self._video else 0,
            self._video.octets if self._video else 0,
            self._sound.octets if self._sound else 0,
        )
        if self._transport is None or self._transport.state != "connected":
            return
        self._notice_silence(now)
        stream = self._tracks[0].stream
        if self._transport_wide_id and stream is not None:
            message = self._arrivals.feedback(self._ssrc, stream.ssrc)
            if message is not None:
                self._transport.send_rtcp(message)
        self._ticks_to_report -= 1
        if self._ticks_to_report <= 0:
            self._ticks_to_report = random.randint(_REPORT // 2, _REPORT * 3 // 2)  # noqa: S311 (spreads load)
            self._report(now)

    def _notice_silence(self, now: int) -> None:
        silent = now - self._last_packet > _SILENT
        if silent != self._silent:
            self._silent = silent
            if self._recording:
                self._event("disconnected" if silent else "reconnected", camera=self.name)

    def _event(self, type_: str, **fields: object) -> None:
        if self._sink is not None:
            self._sink.event(type_, max(0, self._timeline.now()), **fields)

    # Recording

    def begin(self, sink: TrackSink) -> None:
        """Make fragments from now on, video from the next keyframe, which is asked for.

        `Timeline.begin` comes first, once for all cameras of the part. Raises `NotRecording` if the camera
        is recording already.
        """
        if self._sink is not None:
            raise NotRecording("this camera is recording already")
        self._sink = sink
        self._recording = True
        now = self._timeline.monotonic()
        self._keyframe_asked = 0
        for track in self._tracks:
            track.begin(sink, now)

    def pause(self) -> None:
        """Close the open fragments and make none until `resume`; the timeline runs on."""
        self._require_sink()
        self._recording = False
        now = self._timeline.monotonic()
        for track in self._tracks:
            track.pause(now)

    def resume(self) -> None:
        """Go on after `pause`, video from the next keyframe, which is asked for."""
        self._require_sink()
        if self._recording:
            return
        self._recording = True
        now = self._timeline.monotonic()
        self._keyframe_asked = 0
        for track in self._tracks:
            track.resume(now)

    def flush(self) -> None:
        """Hand over what is in the open fragments now; recording goes on."""
        self._require_sink()
        for track in self._tracks:
            track.fragmenter.close()

    def end(self) -> None:
        """Close the open fragments and stop making any; the connection stays for the next part."""
        if self._sink is None:
            return
        now = self._timeline.monotonic()
        for track in self._tracks:
            track.end(now)
        self._sink = None
        self._recording = False

    async def close(self) -> None:
        """End, and take the connection down."""
        self.end()
        for timer in (self._timer, self._repair_timer):
            if timer is not None:
                timer.cancel()
        if self._connecting is not None:
            self._connecting.cancel()
        if self._transport is not None:
            await self._transport.close()

    def _require_sink(self) -> None:
        if self._sink is None:
            raise NotRecording("this camera is not recording")

    def stats(self) -> CameraStats:
        """How the camera is doing now."""
        now = self._timeline.monotonic()
        state = self._transport.state if self._transport is not None else "new"
        if state == "new" and self._connecting is not None:
            state = "connecting"
        elif state == "connected" and self._silent:
            state = "disconnected"
        video, sound = self._video, self._sound
        streams = [track.stream for track in self._tracks if track.stream is not None]
        trips = [each.requests.round_trip for each in streams if each.requests.round_trip is not None]

        def ago(at: int | None) -> int | None:
            return None if at is None else (now - at) // 1000

        return CameraStats(
            state=state,
            recording=self._recording,
            width=video.width if video else 0,
            height=video.height if video else 0,
            fps=self._meter.pictures,
            video_kbps=self._meter.video_kbps,
            audio_kbps=self._meter.audio_kbps,
            audio_level=self._meter.loudest(now) if self._level_id else None,
            last_video_ms=ago(video.last_frame) if video else None,
            last_audio_ms=ago(sound.last_frame) if sound else None,
            packets_received=self._packets,
            packets_lost=sum(track.lost for track in self._tracks),
            packets_late=sum(track.late for track in self._tracks),
            packets_retransmitted=sum(each.requests.answered for each in streams),
            packets_refused=self._refused + sum(track.refused for track in self._tracks),
            round_trip_ms=max(trips) / 1000 if trips else None,
        )
