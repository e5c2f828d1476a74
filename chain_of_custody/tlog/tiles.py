"""Tiles: the ledger's tree and entries as a finite set of files that never change (C2SP tlog-tiles).

A *hash tile* is 256 consecutive hashes of one of every eight levels of the tree; an *entry bundle* is 256
consecutive entries, each after its length in two bytes. At the right border both may be *partial*, with 1
to 255. Anyone can compute any proof from tiles.

Pure mapping: paths, bytes, and the contents of each tile. The caller provides how tiles are fetched or
stored. Trusts nothing: `VerifiedTiles` returns only hashes and entries that lead to the root it was made
with.

Specifications: docs/spec/ledger.md section 6; https://c2sp.org/tlog-tiles.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chain_of_custody.errors import Altered, Malformed
from chain_of_custody.tlog.merkle import (
    EMPTY_ROOT,
    HASH_SIZE,
    MAX_SIZE,
    NodeReader,
    leaf_hash,
    node_hash,
    root_at,
)

HEIGHT = 8
"""Levels of the tree in one tile."""
WIDTH = 1 << HEIGHT
"""Hashes in a full hash tile, entries in a full bundle."""
MAX_ENTRY_SIZE = 65_535
"""Maximum bytes: a bundle gives an entry's length in two bytes."""
MAX_BUNDLE_SIZE = WIDTH * (2 + MAX_ENTRY_SIZE)
MAX_LEVEL = 63
REMEMBERED = 128
"""Verified hash tiles in the cache: one megabyte, regardless of the size of the tree."""

_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([0-9]{1,3}))?")
_STEP = "tiles"


@dataclass(frozen=True, slots=True)
class Tile:
    """The place of one tile: number `index` of its `level`, with `width` of its 256 hashes or entries.

    `level` counts tiles, not hashes: 0 has leaf hashes, 1 the roots of full tiles of level 0. None means a
    bundle of entries. Raises `ValueError` for a tile that no tree can have.
    """

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not 0 <= (self.level or 0) <= MAX_LEVEL or self.index < 0 or not 1 <= self.width <= WIDTH:
            raise ValueError("no tile of any tree")

    @property
    def start(self) -> int:
        """Return the number of its first hash within its level, or of its first entry."""
        return self.index << HEIGHT

    @property
    def partial(self) -> bool:
        """Return whether the tile has fewer than 256 hashes or entries."""
        return self.width < WIDTH

    def path(self) -> str:
        """Return `tile/<level>/<index>[.p/<width>]`, relative to the ledger's address."""
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        kind = "entries" if self.level is None else str(self.level)
        return f"tile/{kind}/{number}" + (f".p/{self.width}" if self.partial else "")

    @classmethod
    def parse(cls, path: str) -> Tile:
        """Parse its path. Raises `Malformed` for every spelling that `path` would not return."""
        match = _PATH.fullmatch(path)
        if match is None or not path.isascii():
            raise Malformed("not the path of a tile")
        kind, number, width = match.groups()
        index = int(number.replace("/", "").replace("x", ""))
        level = None if kind == "entries" else int(kind)
        try:
            tile = cls(level, index, WIDTH if width is None else int(width))
        except ValueError:
            raise Malformed("not the path of a tile of any tree") from None
        if tile.path() != path:
            raise Malformed("not the canonical path of a tile")
        return tile

    def within(self, size: int) -> bool:
        """Return whether a tree of `size` leaves has all of this tile's hashes or entries."""
        return self.start + self.width <= size >> (HEIGHT * (self.level or 0))


def tile_at(size: int, level: int | None, index: int) -> Tile:
    """Return tile `index` of `level` in a tree of `size` leaves: full, or partial at the right border.

    Raises `IndexError` if that tree has no such tile.
    """
    have = (size >> (HEIGHT * (level or 0))) - (index << HEIGHT)
    if index < 0 or have <= 0:
        raise IndexError(f"a tree of {size} has no tile {index} of level {level}")
    return Tile(level, index, min(have, WIDTH))


def border(size: int) -> list[Tile]:
    """Return the partial hash tiles of a tree of `size` leaves, lowest first: together they give its root."""
    tiles = []
    for level in range(MAX_SIZE.bit_length() // HEIGHT + 1):
        count = size >> (HEIGHT * level)
        if count % WIDTH:
            tiles.append(Tile(level, count // WIDTH, count % WIDTH))
    return tiles


def hash_tile(tile: Tile, node: NodeReader) -> bytes:
    """Return the bytes of a hash tile: its hashes one after the other, from complete subtrees."""
    if tile.level is None:
        raise ValueError("a bundle of entries is not a hash tile")
    level = tile.level * HEIGHT
    return b"".join(node(level, tile.start + place) for place in range(tile.width))


def parse_hash_tile(tile: Tile, data: bytes) -> list[bytes]:
    """Return the hashes in a hash tile of this width. Raises `Malformed` for any other number of hashes."""
    if len(data) != tile.width * HASH_SIZE:
        raise Malformed(f"{tile.path()} does not have {tile.width} hashes")
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def entry_bundle(entries: Sequence[bytes]) -> bytes:
    """Return the bytes of a bundle: each entry after its length, a 16-bit big-endian number.

    Raises `ValueError` for an entry over 65,535 bytes, no entries, or more than 256.
    """
    if not 1 <= len(entries) <= WIDTH or any(len(entry) > MAX_ENTRY_SIZE for entry in entries):
        raise ValueError("a bundle has 1 to 256 entries of at most 65,535 bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(tile: Tile, data: bytes) -> list[bytes]:
    """Return the entries in a bundle of this width. Raises `Malformed` unless they fill it exactly."""
    entries: list[bytes] = []
    at = 0
    for _ in range(tile.width):
        begins = at + 2
        at = begins + int.from_bytes(data[at:begins], "big")
        if begins > len(data) or at > len(data):
            raise Malformed(f"{tile.path()} ends before its entry {len(entries)} does")
        entries.append(data[begins:at])
    if at != len(data):
        raise Malformed(f"{tile.path()} goes on after its {tile.width} entries")
    return entries


class VerifiedTiles:
    """The tree of `size` leaves under `root`, read through tiles from untrusted sources.

    `fetch` returns the bytes of a tile; its exceptions pass through. A tile is trusted once its hashes
    lead to the root: the partial tiles together are the right border, from which the root is computed at
    once; a full tile hashes to one hash of the tile above it. Raises `Malformed` for a tile of another
    length, `Altered` for one of another tree.

    `size` and `root` are those of a checkpoint that the caller has opened.
    """

    def __init__(self, size: int, root: bytes, fetch: Callable[[Tile], bytes]) -> None:
        self.size = size
        self._fetch = fetch
        self._border = {(tile.level, tile.index): parse_hash_tile(tile, fetch(tile)) for tile in border(size)}
        self._verified: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()
        found = root_at(size, self.node) if size else EMPTY_ROOT
        if found != root:
            raise Altered(_STEP, f"the tiles of size {size} do not lead to the signed root")

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree `(level, index)`; a `NodeReader`.

        Raises `IndexError` if the tree has no such subtree.
        """
        if level < 0 or index < 0 or (index + 1) << level > self.size:
            raise IndexError(f"a tree of {self.size} has no complete subtree {level}/{index}")
        height = level % HEIGHT
        first = index << height
        hashes = self._tile(level // HEIGHT, first >> HEIGHT)
        place = first % WIDTH
        return _root(hashes[place : place + (1 << height)])

    def entries(self, index: int) -> list[bytes]:
        """Return the entries of bundle `index`, each verified by its hash in the tree."""
        bundle = tile_at(self.size, None, index)
        entries = parse_bundle(bundle, self._fetch(bundle))
        hashes = self._tile(0, index)
        for place, entry in enumerate(entries):
            if leaf_hash(entry) != hashes[place]:
                raise Altered(
                    _STEP, "the entry is not the one in the signed tree", f"entry {bundle.start + place}"
                )
        return entries

    def _tile(self, level: int, index: int) -> list[bytes]:
        place = (level, index)
        if place in self._border:
            # Verified with the root, which the constructor computes only from these tiles.
            return self._border[place]
        if place in self._verified:
            self._verified.move_to_end(place)
            return self._verified[place]
        tile = Tile(level, index)
        hashes = parse_hash_tile(tile, self._fetch(tile))
        # A full tile has its hash in a tile above, which is verified first; the topmost is always partial.
        if _root(hashes) != self._tile(level + 1, index >> HEIGHT)[index % WIDTH]:
            raise Altered(_STEP, f"{tile.path()} is not in the signed tree")
        self._verified[place] = hashes
        if len(self._verified) > REMEMBERED:
            self._verified.popitem(last=False)
        return hashes


def _root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]
