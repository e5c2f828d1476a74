"""Fingerprints of what copies show, by which near-identical files are recognised (`similar`).

A fingerprint is a set of parts of 128 bits, each as 32 hexadecimal digits:

- picture: one difference hash. The picture is reduced to 9 × 9 grey points. For each of the first 8 × 8 one
  bit says whether it is darker than its right neighbour, another whether it is darker than the one below.
  Encoding, size and brightness change few of these bits.
- film: the difference hashes of two pictures of each second of its first five minutes;
- pages: a digest of each page as it is drawn, without pages of one colour;
- text: digests of its lines without the spaces around and between words, the smallest ones of a long text.

It is no proof of anything: who chooses a picture can give it any difference hash.

The children that make copies load this module; it trusts nothing that one of them reports beyond its form.
Sources: N. Krawetz, "Kind of Like That" (2013), for the difference hash; A. Broder, "On the resemblance and
containment of documents" (1997), for the smallest digests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from typing import Any

from casework.received_copies.kinds import FILM, PAGES, PICTURE, TEXT

SIDE = 9
"""Grey points to which a picture is reduced, across and down."""
BITS = 2 * (SIDE - 1) ** 2
LEAST_CONTRAST = 16
"""Minimum difference of the lightest and the darkest of these points, of 255: below it noise decides."""
RATE, MOST_PICTURES = 2, 600
"""Pictures of a film: for each second, and at most."""
MOST_COMPARED = 60
"""Maximum pictures of the shorter of two films that are looked for in the longer one."""
MOST_LINES = 256
MOST_PARTS = MOST_PICTURES
"""Maximum parts of any fingerprint."""
MOST_DIFFERENT = 16
"""Maximum bits by which the hashes of similar pictures differ (docs/decisions/0081)."""
LEAST_SHARE = {FILM: 0.5, PAGES: 0.75, TEXT: 0.75}
"""Minimum share of equal parts of similar files, by kind of copy."""
PART = 16
"""Bytes of a part."""
_PART = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Agreement:
    """How far two fingerprints agree: `same` of `parts`; of a picture, the bits of its hash."""

    same: int
    parts: int


def of_points(points: bytes) -> str | None:
    """Return the difference hash of a picture, given as its grey points row by row (81 bytes); None if it has
    too little contrast for one."""
    if max(points) - min(points) < LEAST_CONTRAST:
        return None
    bits = 0
    for row, column in product(range(SIDE - 1), repeat=2):
        at = row * SIDE + column
        bits = bits << 2 | (points[at] < points[at + 1]) << 1 | (points[at] < points[at + SIDE])
    return f"{bits:032x}"


def of_picture(image: Any) -> list[str]:
    """Return the fingerprint of a picture, as Pillow has it: one hash, or none."""
    from PIL import Image

    reduced = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    return _each([of_points(reduced.tobytes())])


def of_film(points: bytes) -> list[str]:
    """Return the fingerprint of a film. `points`: those of its pictures, one after the other."""
    size = SIDE * SIDE
    starts = range(0, len(points) - size + 1, size)
    return _each(of_points(points[at : at + size]) for at in starts)[:MOST_PICTURES]


def of_page(image: Any) -> str | None:
    """Return the digest of a page, as Pillow has it; None if all of it has one colour."""
    drawn = image.convert("RGB")
    if all(low == high for low, high in drawn.getextrema()):
        return None
    return _digest(b"%d %d " % drawn.size + drawn.tobytes())


def of_text(text: str) -> list[str]:
    """Return the fingerprint of a text."""
    lines = {" ".join(line.split()) for line in text.split("\n")} - {""}
    return sorted(_digest(line.encode()) for line in lines)[:MOST_LINES]


def parsed(value: object) -> list[str]:
    """Return a fingerprint as a child reports it; an empty one if it does not have that form."""
    if not isinstance(value, list) or len(value) > MOST_PARTS:
        return []
    parts = [part for part in value if isinstance(part, str) and _PART.fullmatch(part)]
    return parts if len(parts) == len(value) else []


def agreement(kind: str, one: Sequence[str], other: Sequence[str]) -> Agreement | None:
    """Return how far the fingerprints of two copies of this kind agree; None if they are not similar, or one
    of them is empty."""
    if not one or not other:
        return None
    if kind == PICTURE:
        different = (int(one[0], 16) ^ int(other[0], 16)).bit_count()
        return None if different > MOST_DIFFERENT else Agreement(BITS - different, BITS)
    found = {FILM: _moments, PAGES: _pages, TEXT: _lines}[kind](one, other)
    return found if found.same >= LEAST_SHARE[kind] * found.parts else None


def _moments(one: Sequence[str], other: Sequence[str]) -> Agreement:
    """How many pictures of the shorter film are in the longer one: one may be a part of the other."""
    shorter, longer = sorted((one, other), key=lambda parts: (len(parts), parts))
    chosen = shorter[:: -(-len(shorter) // MOST_COMPARED)]
    known = [int(part, 16) for part in longer]
    found = sum(any((int(part, 16) ^ it).bit_count() <= MOST_DIFFERENT for it in known) for part in chosen)
    return Agreement(found, len(chosen))


def _pages(one: Sequence[str], other: Sequence[str]) -> Agreement:
    """How many pages of the shorter document are in the longer one."""
    shorter, longer = sorted((set(one), set(other)), key=len)
    return Agreement(len(shorter & longer), len(shorter))


def _lines(one: Sequence[str], other: Sequence[str]) -> Agreement:
    """How many lines of both texts together are in each; of many, of those with the smallest digests."""
    together = sorted({*one, *other})[:MOST_LINES]
    return Agreement(len({*one} & {*other} & {*together}), len(together))


def _each(parts: Iterable[str | None]) -> list[str]:
    """Return the parts that there are, each once, in their order."""
    return list(dict.fromkeys(part for part in parts if part is not None))


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]
