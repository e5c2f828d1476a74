"""Small films for tests: H.264 and Opus made by ffmpeg, in the fragments that the recorder writes.

What ffmpeg makes is cached in `build/films`, by what it is made of, for all processes of all runs.
"""

from __future__ import annotations

import functools
import io
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import av

from recorder.tracks import cmaf

SECOND = 1_000_000
CACHE = Path(__file__).parents[3] / "build" / "films"
_SPS = bytes.fromhex("6742c01fda05067e7c0440000003004000000f03c60ca8")
_PPS = bytes.fromhex("68ce0fc8")
"""Parameter sets of a picture of 320 by 180 points."""
_SILENCE = b"\xf8\xff\xfe"
"""A frame of Opus."""


@dataclass(frozen=True)
class Fragment:
    content: bytes
    start: int
    """µs"""
    duration: int
    key: bool


@dataclass(frozen=True)
class MadeTrack:
    codec: str
    init: bytes
    fragments: tuple[Fragment, ...]


@functools.cache
def camera(
    seconds: int, size: str = "320x180", start: int = 0, source: str = "testsrc2", track: int = 1
) -> MadeTrack:
    """A camera picture at 30 a second; every other fragment begins with a keyframe. `track`: its number in
    the boxes, which matters where tracks are put into one file."""
    return _camera(f"-f lavfi -i {source}=size={size}:rate=30 -t {seconds}", start, track)


def filmed(frames: bytes, size: str, rate: int, track: int = 1) -> MadeTrack:
    """A camera's picture like `camera`, of these frames (RGB, one after the other)."""
    return _camera(
        f"-f rawvideo -pixel_format rgb24 -video_size {size} -framerate {rate} -i -", 0, track, frames
    )


def _camera(picture: str, start: int, track: int, frames: bytes | None = None) -> MadeTrack:
    coding = "-c:v libx264 -preset ultrafast -profile:v baseline -level 3.1 -g 60 -sc_threshold 0 -threads 1"
    samples, extra = _coded(f"{picture} -r 30 -pix_fmt yuv420p {coding}", frames)
    sps_length = int.from_bytes(extra[6:8], "big")
    sps, rest = extra[8 : 8 + sps_length], extra[8 + sps_length :]
    pps = rest[3 : 3 + int.from_bytes(rest[1:3], "big")]
    init = cmaf.video_header(track, [sps], [pps])
    return _cut(samples, init, track, cmaf.VIDEO_RATE, 30, start, 2)


@functools.cache
def microphone(seconds: int, start: int = 0, track: int = 1, volume: str = "0.05") -> MadeTrack:
    """A tone; `volume`: in FFmpeg's words, quiet if none is given."""
    tone = f"-f lavfi -i sine=frequency=220:sample_rate=48000 -t {seconds} -af volume={volume}"
    samples, _ = _coded(f"{tone} -c:a libopus -b:a 32k -frame_duration 20")
    return _cut(samples, cmaf.sound_header(track), track, cmaf.SOUND_RATE, 50, start, 1)


@functools.cache
def pretended_camera(seconds: int, track: int = 1) -> MadeTrack:
    """A track like a camera's, of pictures that nothing decodes; no program is started."""
    samples = [b"picture %d" % number * 20 for number in range(seconds * 30)]
    return _cut(samples, cmaf.video_header(track, [_SPS], [_PPS]), track, cmaf.VIDEO_RATE, 30, 0, 2)


@functools.cache
def pretended_microphone(seconds: int, track: int = 1) -> MadeTrack:
    """Silence; no program is started."""
    return _cut([_SILENCE] * 50 * seconds, cmaf.sound_header(track), track, cmaf.SOUND_RATE, 50, 0, 1)


def _coded(arguments: str, given: bytes | None = None) -> tuple[list[bytes], bytes]:
    """The samples as a film holds them, and the codec's own description. `given`: what is read.

    Matroska: from a fragmented MP4 of a hundred seconds of sound they were read out of place.
    """
    command = ["ffmpeg", "-loglevel", "error", *arguments.split(), "-f", "matroska", "-"]
    sys.audit(
        "subprocess.Popen", *command[:1], command, None, None
    )  # also a test that finds it cached `starts`
    cached = CACHE / sha256(arguments.encode() + b"\0" + (given or b"")).hexdigest()
    if not cached.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=CACHE, delete=False) as new:
            subprocess.run(command, check=True, stdout=new, stderr=subprocess.PIPE, input=given)
        Path(new.name).replace(cached)
    with av.open(io.BytesIO(cached.read_bytes())) as film:
        stream = film.streams[0]
        samples = [bytes(packet) for packet in film.demux(stream) if packet.size]
        return samples, stream.codec_context.extradata or b""


def _cut(
    samples: list[bytes], init: bytes, track: int, rate: int, a_second: int, start: int, keys_every: int
) -> MadeTrack:
    fragments = []
    for number in range(len(samples) // a_second):
        at = start + number * SECOND
        inside = samples[number * a_second : (number + 1) * a_second]
        key = number % keys_every == 0
        flags = cmaf.ALL_KEYS if keys_every == 1 else cmaf.KEY_FIRST if key else cmaf.NO_KEY
        durations = [rate // a_second] * a_second
        content = cmaf.fragment(track, number + 1, at * rate // SECOND, at, inside, durations, flags)
        fragments.append(Fragment(content, at, SECOND, key))
    return MadeTrack(_codec(init), init, tuple(fragments))


def _codec(init: bytes) -> str:
    """The RFC 6381 name of an init segment's codec: `avc1.42e01f` or `opus`."""
    at = init.find(b"avcC")
    return "opus" if at < 0 else f"avc1.{init[at + 5 : at + 8].hex()}"
