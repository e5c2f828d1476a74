"""Inputs with which a redacted film covers, mutes and bleeps exactly what its edit list names.

They are a mask for each picture of the film, and a gate and a tone for each sample of its sound. A mask is a
grey picture of cells: 255 where the picture is covered, 0 elsewhere; `HELD` pictures share one. A cell is
covered if any part of a region touches it, at any time from `OLDEST` before the first of these to `MARGIN`
after the last: a camera's picture may be so old when it is shown. A gate is a factor for each sample, 0 where
the sound is muted and 1 elsewhere; a tone replaces the muted sound.

The same edit list gives the same bytes; they do not depend on the film. Specification:
docs/spec/redaction.md, section 2.
"""

from __future__ import annotations

import array
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from casework.redaction.edits import WHOLE, Key, Region

OLDEST = 1_600_000
"""Maximum age in µs of a camera's picture when it is shown.

Within a fragment a picture may last that long, and nothing is missing in the index
(`recorder.tracks.fragmenter`).
"""
MARGIN = 200_000
"""µs that a region is covered before it begins: people place it by eye."""
HELD = 5
"""Pictures that share one mask, so that drawing costs little time."""
_STEP = 80_000
"""µs between the sampled times of a region; what it passes in between is covered (`_swept`)."""
SOUND_MARGIN = 100_000
"""µs more that are muted on both sides: a codec spreads a sound in time, and clocks vary."""
_TONE = 1000
"""Frequency in Hz."""
_LOUD = 0.125
_SECOND = 1_000_000

Box = tuple[int, int, int, int]
"""Left, top, width and height, in pixels."""
Corners = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels."""


@dataclass(frozen=True)
class Canvas:
    """The picture to cover.

    `size`: pixels across and down; `cell`: side of a cell in pixels; `places`: the position of each camera,
    by the name of its track.
    """

    size: tuple[int, int]
    cell: int
    places: dict[str, Box]

    @property
    def cells(self) -> tuple[int, int]:
        """Cells across and down."""
        return self.size[0] // self.cell, self.size[1] // self.cell


def masks(regions: Sequence[Region], canvas: Canvas, begin: int, pictures: int, rate: int) -> Iterator[bytes]:
    """A mask for each of the film's pictures, the first at `begin` (µs of the part), `rate` per second."""
    wide, high = canvas.cells
    nothing = bytes(wide * high)
    for first in range(0, pictures, HELD):
        last = min(first + HELD, pictures)
        since, until = (begin + at * _SECOND // rate for at in (first, last - 1))
        found = frozenset(_spans(regions, canvas, since - OLDEST, until + MARGIN))
        mask = _drawn(found, wide, high) if found else nothing
        for _ in range(first, last):
            yield mask


def gate(silent: Sequence[tuple[int, int]], samples: int, rate: int) -> Iterator[bytes]:
    """A factor for each sample, as 32-bit floats, a second at a time. `silent`: from and to, in samples."""
    return _samples(silent, samples, rate, array.array("f", [1.0]) * rate, array.array("f", [0.0]) * rate)


def tone(audible: Sequence[tuple[int, int]], samples: int, rate: int) -> Iterator[bytes]:
    """Return the tone where `audible`, and silence elsewhere; as `gate`."""
    period = rate // _TONE
    wave = [_LOUD * math.sin(2 * math.pi * at / period) for at in range(period)]
    whole = array.array("f", wave) * (rate // period)
    return _samples(audible, samples, rate, array.array("f", [0.0]) * rate, whole)


def in_samples(
    spans: Iterable[tuple[int, int]], begin: int, samples: int, rate: int
) -> list[tuple[int, int]]:
    """Convert spans in µs of a part, widened by `SOUND_MARGIN`, to samples of a film that begins at `begin`.

    The result is in order, and no span touches another.
    """
    ranges: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        first = max((start - SOUND_MARGIN - begin) * rate // _SECOND, 0)
        last = min(-(-(end + SOUND_MARGIN - begin) * rate // _SECOND), samples)
        if ranges and first <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], last))
        elif first < last:
            ranges.append((first, last))
    return ranges


# --- inside -------------------------------------------------------------------------------------------------


def _samples(
    spans: Sequence[tuple[int, int]],
    samples: int,
    rate: int,
    outside: array.array[float],
    inside: array.array[float],
) -> Iterator[bytes]:
    for second in range(0, samples, rate):
        length = min(rate, samples - second)
        piece = array.array("f", outside[:length])
        for first, last in spans:
            low, high = max(first - second, 0), min(last - second, length)
            if low < high:
                piece[low:high] = inside[low:high]
        if sys.byteorder == "big":
            piece.byteswap()
        yield piece.tobytes()


def _spans(
    regions: Sequence[Region], canvas: Canvas, since: int, until: int
) -> Iterator[tuple[int, int, int]]:
    """Row, first and last cell (exclusive) of everything covered between two times."""
    for region in regions:
        begin, end = max(since, region.path[0].at), min(until, region.path[-1].at)
        if begin > end:
            continue
        place = canvas.places[region.picture]
        turns = (key.at for key in region.path if begin < key.at < end)
        keys = [region.at(when) for when in sorted({*range(begin, end, _STEP), *turns, end})]
        boxes = [_points(key, place) for key in keys if key is not None]
        swept = {_swept(one, after) for one, after in pairwise(boxes)} if len(boxes) > 1 else set(boxes)
        for box in swept:
            yield from _cells(region.shape, box, canvas)


def _swept(before: Corners, after: Corners) -> Corners:
    """A box whose inscribed ellipse contains every ellipse on the way from `before` to `after`.

    It is wider on each side by twice the movement of its edges. (Once would do for a rectangle.)
    """
    across = 2 * max(abs(after[0] - before[0]), abs(after[2] - before[2]))
    down = 2 * max(abs(after[1] - before[1]), abs(after[3] - before[3]))
    return before[0] - across, before[1] - down, before[2] + across, before[3] + down


def _points(key: Key, place: Box) -> Corners:
    left, top, width, height = place
    return (
        left + key.x * width / WHOLE,
        top + key.y * height / WHOLE,
        left + (key.x + key.width) * width / WHOLE,
        top + (key.y + key.height) * height / WHOLE,
    )


def _cells(shape: str, box: Corners, canvas: Canvas) -> Iterator[tuple[int, int, int]]:
    left, top, right, bottom = box
    cell, (wide, high) = canvas.cell, canvas.cells
    for row in range(max(math.floor(top / cell), 0), min(math.ceil(bottom / cell), high)):
        half = 1.0 if shape == "rectangle" else _half_width(row * cell, (row + 1) * cell, top, bottom)
        middle, reach = (left + right) / 2, (right - left) / 2 * half
        first = max(math.floor((middle - reach) / cell), 0)
        last = min(math.ceil((middle + reach) / cell), wide)
        if first < last:
            yield row, first, last


def _half_width(upper: float, lower: float, top: float, bottom: float) -> float:
    """Relative width (of 1) of an ellipse at its widest between two heights."""
    middle, radius = (top + bottom) / 2, (bottom - top) / 2
    nearest = min(max(middle, upper), lower)
    return math.sqrt(max(1 - ((nearest - middle) / radius) ** 2, 0.0))


@lru_cache(maxsize=8)
def _drawn(spans: frozenset[tuple[int, int, int]], wide: int, high: int) -> bytes:
    mask = bytearray(wide * high)
    for row, first, last in spans:
        mask[row * wide + first : row * wide + last] = b"\xff" * (last - first)
    return bytes(mask)
