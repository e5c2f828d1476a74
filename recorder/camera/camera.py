"""One camera of the interview room: a peer connection in, fragments and events out.

Connects the components: the offer is parsed and answered, the transport connects, its packets go to the video
and the audio track, and ten times a second everything that depends on time is handled: feedback to the
sender, keyframes, freezes, fragments that no sample closes.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Mapping

from recorder.camera.demultiplexer import Demultiplexer
from recorder.camera.feedback import Feedback
from recorder.camera.stats import CameraStats, Meter
from recorder.clock import Timeline
from recorder.config import CaptureConfig
from recorder.errors import NotRecording, OfferRefused
from recorder.track_sink import TrackSink
from recorder.tracks.audio import Sound
from recorder.tracks.track import Track
from recorder.tracks.video import Video
from recorder.webrtc import sdp_answer, sdp_offer
from recorder.webrtc.dtls_srtp_transport import Transport

_log = logging.getLogger(__name__)

_TICK = 0.1  # s
_SILENT = 2_000_000  # µs without any packet that count as disconnected


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
        self._meter = Meter()
        self._feedback = Feedback(self._tracks, timeline, config, self._send)
        self._demultiplexer = Demultiplexer(self._tracks, self._feedback, self._meter, self._stepped)
        self._sink: TrackSink | None = None
        self._recording = False
        self._timer: asyncio.TimerHandle | None = None
        self._silent = False

    # Connecting

    async def answer(self, offer_sdp: str, fingerprint: str) -> str:
        """Accept the room's offer: returns the SDP answer, complete with candidates.

        `fingerprint`: SHA-256, in hexadecimal, of the one certificate with which the room's side may connect.
        Raises `OfferRefused`; the camera can then be offered something else. Raises `NotRecording` if
        it has accepted an offer before: a reloaded page gets a new `Camera`.
        """
        if self._transport is not None:
            raise NotRecording("this camera has been connected before")
        offer = sdp_offer.read(offer_sdp, frozenset(track.kind for track in self._tracks))
        offer = offer.pinned(fingerprint)
        config = self._config
        packets = self._demultiplexer
        transport = Transport(config.addresses, packets.rtp, packets.rtcp, self._on_state)
        self._transport = transport
        for accepted in offer.accepted:
            track = next(each for each in self._tracks if each.kind == accepted.kind)
            packets.use(accepted, track)
            self._feedback.use(accepted, track)
        user, password, candidates, fingerprints = await transport.gather()
        if not candidates:
            raise OfferRefused("sdp.unacceptable", "The recorder has no network address it could offer.")
        self._connecting = asyncio.create_task(self._connect(offer))
        self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick)
        return sdp_answer.write(offer, config, user, password, candidates, fingerprints, secrets.randbits(62))

    async def _connect(self, offer: sdp_offer.Offer) -> None:
        assert self._transport is not None
        try:
            async with asyncio.timeout(self._config.connect_timeout_ms / 1000):
                await self._transport.connect(offer)
        except (TimeoutError, ConnectionError) as error:
            _log.warning("camera %s: not connected (%s)", self.name, type(error).__name__)
            await self._transport.close("failed")

    def _on_state(self, state: str) -> None:
        _log.info("camera %s: %s", self.name, state)
        now = self._timeline.monotonic()
        if state == "connected":
            self._demultiplexer.last_packet = now
            self._ask_keyframe()
        elif self._recording:
            for track in self._tracks:
                track.gone("closed", now)
            if not self._silent:
                self._silent = True
                self._event("disconnected", camera=self.name)

    # Time-dependent work

    def _send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.send_rtcp(data)

    def _ask_keyframe(self, at_once: bool = False) -> None:
        if self._video is not None:
            self._feedback.keyframe(self._video, at_once=at_once)

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
        if self._recording and (step := self._timeline.wall_step()):
            self._event("clock.step", clock="recorder", ms=round(step / 1000))
        if self._transport is None or self._transport.state != "connected":
            return
        self._notice_silence(now)
        self._feedback.tick(now)

    def _notice_silence(self, now: int) -> None:
        silent = now - self._demultiplexer.last_packet > _SILENT
        if silent != self._silent:
            self._silent = silent
            if self._recording:
                self._event("disconnected" if silent else "reconnected", camera=self.name)

    def _stepped(self, track: Track, step: int) -> None:
        if self._recording:
            self._event("clock.step", clock="sender", track=track.number, ms=round(step / 1000))

    def _event(self, type_: str, **fields: object) -> None:
        if self._sink is not None:
            self._sink.event(type_, max(0, self._timeline.now()), **fields)

    # Recording

    def begin(self, sink: TrackSink) -> None:
        """Make fragments from now on, video from the next keyframe, which is requested.

        `Timeline.begin` comes first, once for all cameras of the part. Raises `NotRecording` if the camera
        is recording already.
        """
        if self._sink is not None:
            raise NotRecording("this camera is recording already")
        self._sink = sink
        self._recording = True
        now = self._timeline.monotonic()
        for track in self._tracks:
            track.begin(sink, now)
        self._ask_keyframe(at_once=True)

    def pause(self) -> None:
        """Close the open fragments and make none until `resume`; the timeline continues."""
        self._require_sink()
        self._recording = False
        now = self._timeline.monotonic()
        for track in self._tracks:
            track.pause(now)

    def resume(self) -> None:
        """Continue after `pause`, video from the next keyframe, which is requested."""
        self._require_sink()
        if self._recording:
            return
        self._recording = True
        now = self._timeline.monotonic()
        for track in self._tracks:
            track.resume(now)
        self._ask_keyframe(at_once=True)

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
        """End, and close the connection."""
        self.end()
        self._feedback.close()
        if self._timer is not None:
            self._timer.cancel()
        if self._connecting is not None:
            self._connecting.cancel()
        if self._transport is not None:
            await self._transport.close()

    def _require_sink(self) -> None:
        if self._sink is None:
            raise NotRecording("this camera is not recording")

    def preview(self) -> bytes:
        """Return its newest picture before a recording, as a film of one picture, and request the next one.

        Empty from `begin` until `end`: what is not recorded in a part is not shown.
        """
        if self._video is None or self._sink is not None:
            return b""
        self._ask_keyframe()
        return self._video.preview

    def stats(self) -> CameraStats:
        """Return the camera's current state and rates."""
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
            audio_level=self._meter.loudest(now) if self._demultiplexer.reports_level else None,
            last_video_ms=ago(video.last_frame) if video else None,
            last_audio_ms=ago(sound.last_frame) if sound else None,
            packets_received=self._demultiplexer.packets,
            packets_lost=sum(track.lost for track in self._tracks),
            packets_retransmitted=sum(each.requests.answered for each in streams),
            packets_refused=self._demultiplexer.refused + sum(track.refused for track in self._tracks),
            round_trip_ms=max(trips) / 1000 if trips else None,
        )
