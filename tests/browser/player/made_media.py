"""Small films for tests: H.264 and Opus in CMAF fragments of a second, made by ffmpeg and cut at their boxes."""

from __future__ import annotations

import functools
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECOND = 1_000_000


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
def camera(seconds: int, size: str = "320x180", start: int = 0, source: str = "testsrc2") -> MadeTrack:
    """A camera picture at 30 a second; every other fragment begins with a keyframe."""
    codec = (
        "-c:v libx264 -preset ultrafast -profile:v baseline -level 3.1 -pix_fmt yuv420p -g 60 -sc_threshold 0"
    )
    return _made(
        f"-f lavfi -i {source}=size={size}:rate=30 -t {seconds} {codec} -threads 1", seconds, start, 2
    )


@functools.cache
def microphone(seconds: int, start: int = 0) -> MadeTrack:
    """A quiet tone in Opus."""
    source = "-f lavfi -i sine=frequency=220:sample_rate=48000"
    return _made(f"{source} -t {seconds} -c:a libopus -b:a 32k -af volume=0.05", seconds, start, 1)


def _made(arguments: str, seconds: int, start: int, keys_every: int) -> MadeTrack:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "made.mp4"
        muxing = "-movflags cmaf+empty_moov+default_base_moof -frag_duration 1000000"
        command = f"ffmpeg -loglevel error {arguments} {muxing} {file}"
        subprocess.run(command.split(), check=True)
        boxes = list(_boxes(file.read_bytes()))
    init = b"".join(data for kind, data in boxes if kind in ("ftyp", "moov"))
    pairs = [(data, boxes[i + 1][1]) for i, (kind, data) in enumerate(boxes) if kind == "moof"]
    scale = _timescale(init)
    fragments = []
    for number, (moof, mdat) in enumerate(pairs[:seconds]):
        at = start + number * SECOND
        content = _moved(moof, start * scale // SECOND) + mdat
        fragments.append(Fragment(content, at, SECOND, number % keys_every == 0))
    return MadeTrack(_codec(init), init, tuple(fragments))


def _boxes(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8].decode(), data[at : at + size]
        at += size


def _moved(moof: bytes, ticks: int) -> bytes:
    """The fragment begins `ticks` later: baseMediaDecodeTime of its `tfdt` box, version 1."""
    at = moof.index(b"tfdt") + 8
    (time,) = struct.unpack_from(">Q", moof, at)
    return moof[:at] + struct.pack(">Q", time + ticks) + moof[at + 8 :]


def _timescale(init: bytes) -> int:
    at = init.index(b"mdhd") + 4
    (scale,) = struct.unpack_from(">I", init, at + (20 if init[at] == 1 else 12))
    return int(scale)


def _codec(init: bytes) -> str:
    if b"avcC" not in init:
        return "opus"
    at = init.index(b"avcC") + 5
    return f"avc1.{init[at : at + 3].hex()}"
