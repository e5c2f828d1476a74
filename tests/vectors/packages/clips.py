"""Four small films, kept as files so that the corpus does not depend on whose encoder made them.

Two sizes of one camera, another camera, and a tone: H.264 and Opus, in the boxes that a recorder writes, a
fragment a second. `make_clips` made them.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from tests.vectors.packages import HERE

WIDE, WIDE_SMALLER, CLOSE, MICROPHONE = "wide", "wide-2", "close", "microphone"
FROM = {WIDE: 0, WIDE_SMALLER: 2, CLOSE: 0, MICROPHONE: 0}
"""The second at which each begins."""
SECONDS = 6


class Clip(NamedTuple):
    """An init segment, and a fragment for each second."""

    init: bytes
    fragments: tuple[bytes, ...]


@cache
def clip(name: str) -> Clip:
    data = (HERE / "clips" / f"{name}.mp4").read_bytes()
    pieces: list[bytes] = []
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] in (b"ftyp", b"prft"):  # what each piece begins with
            pieces.append(b"")
        pieces[-1] += data[at : at + size]
        at += size
    return Clip(pieces[0], tuple(pieces[1:]))
