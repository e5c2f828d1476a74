"""A room without cameras: a film sent as two cameras and a microphone, over real WebRTC.

For the demonstration and for trying out an installation. The film is encoded once, as a room's browser would
(H.264 constrained baseline at 1280 × 720, 30 pictures a second; Opus at 48 kHz), and then sent packet by
packet in real time by an ordinary aiortc peer. What the recorder receives is what a camera would send; only
its pictures come from a file.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcrtpsender import RTCRtpSender

WIDTH, HEIGHT, RATE = 1280, 720, 30
KEYFRAME_EVERY = 1  # seconds: a sender of encoded packets cannot make a keyframe on request
VIDEO_BITRATE = 2_500_000  # bit/s, of RATE pictures a second
AUDIO_BITRATE = 64_000  # bit/s
SAMPLE_RATE, SAMPLES = 48_000, 960  # Hz; samples in one Opus packet of 20 ms

Signalling = Callable[[str], Awaitable[str]]
"""Takes an SDP offer, returns the recorder's answer."""


@dataclass(frozen=True)
class Film:
    """A film ready to be sent: encoded frames, played in a loop."""

    wide: Sequence[bytes]
    """Annex B access units of the whole picture, ``1 / rate`` s each."""
    close: Sequence[bytes]
    """The same of its middle, enlarged: a second camera on the same scene."""
    sound: Sequence[bytes]
    """Opus packets, 20 ms each."""
    rate: int = RATE
    """Pictures a second."""


def load_film(path: Path | None, seconds: float = 5.0, rate: int = RATE) -> Film:
    """Encode ``seconds`` of the film at ``path``, or of a test picture with a beeping tone if it is None.

    ``rate`` is in pictures a second, a multiple of ten. The checks before recording warn of fewer than 20.

    Raises ``av.FFmpegError`` if the file is no film with picture and sound.
    """
    picture = f"testsrc2=size={WIDTH}x{HEIGHT}:rate={rate}"
    tone = f"sine=frequency=330:beep_factor=3:sample_rate={SAMPLE_RATE}"
    if path is not None:
        picture, tone = f"movie=filename={_escaped(path)}", f"amovie=filename={_escaped(path)}"
    size = f"scale={WIDTH}:{HEIGHT}:flags=bicubic"
    wide = _encode_pictures(f"{picture},{size}", seconds, rate)
    close = _encode_pictures(f"{picture},crop=iw/2:ih/2,{size}", seconds, rate)
    sound = _encode_sound(tone, int(seconds * SAMPLE_RATE / SAMPLES))
    # Every loop lasts equally long for picture and sound: a tenth of a second has 5 packets of sound.
    pictures = rate // 10
    tenths = min(len(wide) // pictures, len(sound) // 5)
    return Film(wide[: tenths * pictures], close[: tenths * pictures], sound[: tenths * 5], rate)


def _escaped(path: Path) -> str:
    """Return a path as an option in a filter graph, which two parsers of FFmpeg read."""
    return re.sub(r"[\\'\[\],;\s]", r"\\\g<0>", re.sub(r"[\\':\s]", r"\\\g<0>", str(path)))


def _frames(graph: str, count: int) -> Iterator[av.VideoFrame | av.AudioFrame]:
    """Yield the first `count` frames of a filter graph that has one output."""
    with av.open(graph, format="lavfi") as container:
        for frame in islice(container.decode(container.streams[0]), count):
            assert isinstance(frame, av.VideoFrame | av.AudioFrame)
            yield frame


def _encode_pictures(source: str, seconds: float, rate: int) -> list[bytes]:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(rate), Fraction(1, rate)
    encoder.bit_rate = VIDEO_BITRATE * rate // RATE
    encoder.gop_size, encoder.profile = KEYFRAME_EVERY * rate, "Baseline"
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "level": "31", "sc_threshold": "0"}
    packets: list[bytes] = []
    for number, frame in enumerate(_frames(f"{source},fps={rate},format=yuv420p", int(seconds * rate))):
        assert isinstance(frame, av.VideoFrame)
        frame.pts, frame.time_base = number, encoder.time_base
        frame.pict_type = av.video.frame.PictureType.NONE
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets + [bytes(packet) for packet in encoder.encode(None)]


def _encode_sound(source: str, count: int) -> list[bytes]:
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.format, encoder.layout = SAMPLE_RATE, "s16", "stereo"
    encoder.bit_rate, encoder.time_base = AUDIO_BITRATE, Fraction(1, SAMPLE_RATE)
    layout = f"aformat=sample_fmts=s16:channel_layouts=stereo,asetnsamples={SAMPLES}:p=0"
    packets: list[bytes] = []
    for frame in _frames(f"{source},aresample={SAMPLE_RATE},{layout}", count):
        assert isinstance(frame, av.AudioFrame)
        if frame.samples == SAMPLES:
            packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


class FilmTrack(MediaStreamTrack):
    """One camera or microphone: encoded frames in real time, in a loop.

    ``frames`` are sent every ``1 / rate`` seconds, counted from the shared instant ``begins`` (seconds of
    ``time.monotonic``), so that several tracks of one film stay together.
    """

    def __init__(self, kind: str, frames: Sequence[bytes], rate: Fraction, begins: float) -> None:
        super().__init__()
        self.kind = kind
        self._frames = chain.from_iterable(repeat(frames))
        self._rate = rate
        self._begins = begins
        self._sent = 0

    async def recv(self) -> av.Packet[Any]:
        """Wait until the next frame is due and return it as a packet; its `pts` counts frames from zero."""
        await asyncio.sleep(self._begins + self._sent / self._rate - time.monotonic())
        packet = av.Packet(next(self._frames))
        packet.pts = packet.dts = self._sent
        packet.time_base = 1 / self._rate
        self._sent += 1
        return packet


@dataclass(frozen=True)
class RehearsalRoom:
    """Two connected cameras, the wide one with the microphone. `leave` closes their connections."""

    connections: Sequence[RTCPeerConnection]

    @classmethod
    async def enter(cls, film: Film, wide: Signalling, close: Signalling) -> RehearsalRoom:
        """Connect both cameras of ``film`` through the recorder's signalling.

        Raises what the signalling raises; then nothing stays connected.
        """
        begins = time.monotonic()
        picture, sound = Fraction(film.rate), Fraction(SAMPLE_RATE, SAMPLES)
        room = cls(
            [
                await _connection(
                    FilmTrack("video", film.wide, picture, begins),
                    FilmTrack("audio", film.sound, sound, begins),
                ),
                await _connection(FilmTrack("video", film.close, picture, begins)),
            ]
        )
        try:
            for connection, signalling in zip(room.connections, (wide, close), strict=True):
                answer = await signalling(connection.localDescription.sdp)
                await connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        except BaseException:
            await room.leave()
            raise
        return room

    async def leave(self) -> None:
        """Close both connections, as a browser does when its page is closed."""
        for connection in self.connections:
            await connection.close()


async def _connection(*tracks: FilmTrack) -> RTCPeerConnection:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for track in tracks:
        transceiver = connection.addTransceiver(track, direction="sendonly")
        mime_type = "video/H264" if track.kind == "video" else "audio/opus"
        codecs = RTCRtpSender.getCapabilities(track.kind).codecs
        transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType == mime_type])
    await connection.setLocalDescription(await connection.createOffer())
    return connection
