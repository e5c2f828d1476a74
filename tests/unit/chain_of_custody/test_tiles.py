"""Tiles: one path for each, every hash proved before it is given out, and a log made by others read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_of_custody.encoding.signed_note import Note, VerifierKey, verify_ed25519
from chain_of_custody.errors import Altered, Malformed
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.tlog.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from chain_of_custody.tlog.tiles import (
    REMEMBERED,
    Tile,
    VerifiedTiles,
    border,
    entry_bundle,
    hash_tile,
    parse_bundle,
    parse_hash_tile,
    tile_at,
)

TESSERA = Path(__file__).resolve().parents[2] / "vectors" / "tessera-log"
TESSERA_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

places = st.builds(
    Tile,
    st.none() | st.integers(0, 63),
    st.integers(0, 2**55) | st.integers(0, 2000),
    st.integers(1, 256),
)


class Kept:
    """A ledger's subtrees and entries in memory; `fetch` serves tiles of it, and counts."""

    def __init__(self, size: int) -> None:
        self.entries = [b"entry %d" % number for number in range(size)]
        self.nodes: dict[tuple[int, int], bytes] = {}
        tree = Tree()
        for entry in self.entries:
            for level, index, digest in tree.append(leaf_hash(entry)):
                self.nodes[level, index] = digest
        self.root = tree.root()
        self.fetched: list[Tile] = []

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def fetch(self, tile: Tile) -> bytes:
        assert tile.within(len(self.entries))
        self.fetched.append(tile)
        if tile.level is None:
            return entry_bundle(self.entries[tile.start : tile.start + tile.width])
        return hash_tile(tile, self.node)


@pytest.fixture(scope="module")
def log() -> Kept:
    """Large enough for two levels of tiles above the leaves' own, each with a partial one."""
    return Kept(66_000)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(1, 999, 17), "tile/1/999.p/17"),
        (Tile(2, 1000), "tile/2/x001/000"),
        (Tile(None, 273, 112), "tile/entries/273.p/112"),
        (Tile(63, 0, 1), "tile/63/000.p/1"),
    ],
)
def test_a_tile_has_the_path_that_the_specification_gives_it(tile: Tile, path: str) -> None:
    assert tile.path() == path
    assert Tile.parse(path) == tile


@given(places)
def test_every_tile_is_found_again_from_its_path(tile: Tile) -> None:
    assert Tile.parse(tile.path()) == tile


@pytest.mark.parametrize(
    "path",
    [
        "", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1000", "/tile/0/000",
        "tile/00/000", "tile/01/000", "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/0/000/",
        "tile/0/x000/000", "tile/0/x000/x001/000", "tile/0/001/000", "tile/0/x001", "tile/0/X001/000",
        "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/01", "tile/0/000.p/256",
        "tile/0/000.p/1/", "tile/0/000.p/1000", "tile/0/000.P/1", "tile/Entries/000", "tile/entries/1",
        "tile/0/000\n", "tile/0/٠٠٠", "tile/٠/000", "tile/0/000.p/١", "tile/0/../000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ],
)  # fmt: skip
def test_any_other_spelling_of_a_path_is_refused(path: str) -> None:
    with pytest.raises(Malformed, match="path of a tile"):
        Tile.parse(path)


@given(st.text(max_size=30) | st.from_regex(r"tile/[0-9e]{1,3}/[x0-9/]{1,12}(\.p/[0-9]{1,3})?"))
def test_what_is_read_from_a_path_is_written_as_it_was(path: str) -> None:
    try:
        tile = Tile.parse(path)
    except Malformed:
        return
    assert tile.path() == path


@pytest.mark.parametrize("place", [(64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_there_is_no_tile_that_is_in_no_tree(place: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no tile"):
        Tile(*place)


def test_the_tiles_of_a_tree_are_those_of_the_specifications_example() -> None:
    assert [tile.path() for tile in border(70_000)] == [
        "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1",
    ]  # fmt: skip
    assert [tile.path() for tile in border(256)] == ["tile/1/000.p/1"]
    assert border(0) == []
    assert tile_at(70_000, 0, 272) == Tile(0, 272)
    assert tile_at(70_000, None, 273) == Tile(None, 273, 112)
    assert tile_at(70_000, 1, 1) == Tile(1, 1, 17)
    for size, level, index in ((70_000, 0, 274), (256, 0, 1), (255, 1, 0), (0, None, 0), (5, 0, -1)):
        with pytest.raises(IndexError):
            tile_at(size, level, index)
    assert Tile(0, 272).within(70_000)
    assert Tile(0, 273, 112).within(70_000)
    assert not Tile(0, 273, 113).within(70_000)
    assert not Tile(0, 273).within(70_000)


@given(st.integers(1, 2**53 - 1))
def test_the_border_of_any_tree_is_partial_and_within_it(size: int) -> None:
    tiles = border(size)
    assert all(tile.partial and tile.within(size) for tile in tiles)
    assert sum(tile.width << (8 * (tile.level or 0)) for tile in tiles) == size


# Bytes of tiles.


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    tile = Tile(None, 0, len(entries))
    data = entry_bundle(entries)
    assert parse_bundle(tile, data) == entries
    for wrong in (data[:-1], data + b"\x00", b""):
        with pytest.raises(Malformed, match="entries/000"):
            parse_bundle(tile, wrong)


@given(st.binary(max_size=2000), st.integers(1, 256))
def test_whatever_is_in_a_bundle_only_the_one_spelling_is_taken(data: bytes, width: int) -> None:
    try:
        entries = parse_bundle(Tile(None, 0, width), data)
    except Malformed:
        return
    assert len(entries) == width
    assert entry_bundle(entries) == data


def test_entries_that_no_bundle_can_hold_make_none() -> None:
    entry_bundle([bytes(65_535)])
    for entries in ([bytes(65_536)], [], [b""] * 257):
        with pytest.raises(ValueError, match="bundle"):
            entry_bundle(entries)


def test_a_hash_tile_has_exactly_its_hashes() -> None:
    tile = Tile(0, 0, 3)
    data = b"".join(bytes([n]) * 32 for n in range(3))
    assert parse_hash_tile(tile, data) == [bytes([n]) * 32 for n in range(3)]
    for wrong in (data[:-1], data + b"\x00", data + bytes(32), b""):
        with pytest.raises(Malformed, match="3 hashes"):
            parse_hash_tile(tile, wrong)
    with pytest.raises(ValueError, match="not a hash tile"):
        hash_tile(Tile(None, 0), lambda level, index: bytes(32))


# Reading through tiles.


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 65_535, 65_536, 65_537, 65_793, 66_000])
def test_every_proof_is_made_from_tiles_alone(log: Kept, size: int) -> None:
    tree = Tree.resume(size, log.node)
    tiles = VerifiedTiles(size, tree.root(), log.fetch)
    for index in {0, 1, 254, 255, 256, size // 2, size - 2, size - 1} & set(range(size)):
        proof = inclusion_proof(tiles.node, index, size)
        verify_inclusion(leaf_hash(log.entries[index]), index, size, proof, tree.root())
        assert tiles.entries(index >> 8)[index & 255] == log.entries[index]
    for smaller in {1, 2, 255, 256, 257, size // 3, size - 1, size} & set(range(1, size + 1)):
        root = Tree.resume(smaller, log.node).root()
        verify_consistency(smaller, root, size, tree.root(), consistency_proof(tiles.node, smaller, size))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 66_000), st.integers(0, 2**62), st.integers(0, 16))
def test_every_subtree_read_through_tiles_is_the_stored_one(
    log: Kept, size: int, index: int, level: int
) -> None:
    tiles = VerifiedTiles(size, Tree.resume(size, log.node).root(), log.fetch)
    complete = size >> level
    if complete:
        assert tiles.node(level, index % complete) == log.node(level, index % complete)
    for beyond in (complete, -1):
        with pytest.raises(IndexError):
            tiles.node(level, beyond)


def test_the_empty_tree_needs_no_tiles() -> None:
    tiles = VerifiedTiles(0, EMPTY_ROOT, Kept(0).fetch)
    with pytest.raises(IndexError):
        tiles.node(0, 0)
    with pytest.raises(Altered):
        VerifiedTiles(0, bytes(32), Kept(0).fetch)


def test_a_tile_is_fetched_once_and_few_are_kept_whatever_the_size(log: Kept) -> None:
    tiles = VerifiedTiles(len(log.entries), log.root, log.fetch)
    log.fetched.clear()
    for index in range(len(log.entries)):
        tiles.node(0, index)
    # All full leaf tiles once, and the full tile above them; the partial ones are there already.
    assert len(log.fetched) == len(set(log.fetched)) == 257 + 1
    assert len(tiles._verified) == REMEMBERED


def altering(log: Kept, wanted: Tile, change: Callable[[bytes], bytes]) -> Callable[[Tile], bytes]:
    return lambda tile: change(log.fetch(tile)) if tile == wanted else log.fetch(tile)


def test_one_bit_in_any_tile_is_found_before_anything_of_it_is_given_out(log: Kept) -> None:
    size = len(log.entries)

    def flip(data: bytes) -> bytes:
        return bytes([data[0] ^ 1]) + data[1:]

    for tile in border(size):
        with pytest.raises(Altered, match="signed root"):
            VerifiedTiles(size, log.root, altering(log, tile, flip))
    for wanted in (Tile(0, 0), Tile(0, 256), Tile(1, 0)):
        tiles = VerifiedTiles(size, log.root, altering(log, wanted, flip))
        # The altered hash itself, and its honest neighbours alike.
        for place in (0, 1, 255):
            with pytest.raises(Altered, match="not in the signed tree"):
                tiles.node(8 * (wanted.level or 0), wanted.start + place)


def test_a_tile_of_another_place_is_not_taken(log: Kept) -> None:
    size = len(log.entries)
    tiles = VerifiedTiles(size, log.root, lambda tile: log.fetch(Tile(0, 6) if tile == Tile(0, 5) else tile))
    tiles.node(0, 6 << 8)
    with pytest.raises(Altered, match=r"tile/0/005"):
        tiles.node(0, 5 << 8)


@pytest.mark.parametrize("change", [lambda data: data[:-32], lambda data: data + bytes(32), lambda data: b""])
def test_a_tile_of_another_width_is_refused(log: Kept, change: Callable[[bytes], bytes]) -> None:
    tiles = VerifiedTiles(len(log.entries), log.root, altering(log, Tile(0, 3), change))
    with pytest.raises(Malformed, match="256 hashes"):
        tiles.node(0, 3 << 8)


def test_an_altered_entry_is_named(log: Kept) -> None:
    bundle = Tile(None, 4)
    tiles = VerifiedTiles(
        len(log.entries), log.root, altering(log, bundle, lambda data: data.replace(b"1030", b"1031"))
    )
    with pytest.raises(Altered, match="entry 1030"):
        tiles.entries(4)
    with pytest.raises(IndexError):
        tiles.entries(258)


def test_what_fetching_raises_passes_through(log: Kept) -> None:
    def away(tile: Tile) -> bytes:
        raise ConnectionError("away")

    with pytest.raises(ConnectionError):
        VerifiedTiles(3, bytes(32), away)


# A log made by others.


def tessera(tile: Tile) -> bytes:
    return (TESSERA / tile.path()).read_bytes()


@pytest.mark.parametrize("size", range(16))
def test_the_log_made_by_others_is_read_and_proved(size: int) -> None:
    note = Note.parse((TESSERA / f"checkpoint.{size}").read_bytes())
    verify_ed25519(note, VerifierKey.parse(TESSERA_KEY))
    checkpoint = Checkpoint.parse(note.text)
    assert checkpoint.size == size
    tiles = VerifiedTiles(checkpoint.size, checkpoint.root, tessera)
    entries = tiles.entries(0) if size else []
    assert entries[:3] == [b"one", b"two", b"three"][:size]
    for index, entry in enumerate(entries):
        path = inclusion_proof(tiles.node, index, size)
        verify_inclusion(leaf_hash(entry), index, size, path, checkpoint.root)
        # What we would serve of it is what they serve.
        assert hash_tile(Tile(0, 0, index + 1), tiles.node) == tessera(Tile(0, 0, index + 1))
        assert entry_bundle(entries[: index + 1]) == tessera(Tile(None, 0, index + 1))
