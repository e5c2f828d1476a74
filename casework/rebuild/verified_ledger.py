"""Reading the ledger back from the copies, trusting none of them.

A checkpoint counts with both of the ledger's signatures. Every entry counts once it leads to that
checkpoint's root, through tiles from any copy that has them right
(`chain_of_custody.tlog.tiles.VerifiedTiles`). Where two copies differ, each is tried, and the one that
verifies is used. A tile that neither copy has is computed from the entries below it.

Trusts: the ledger's keys, and nothing else. Specification: docs/spec/stores.md, sections 2 and 6.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from casework.rebuild import object_keys
from chain_of_custody.errors import Altered, CustodyError, Malformed
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys, open_checkpoint
from chain_of_custody.tlog.merkle import NodeReader, consistency_proof, leaf_hash, node_hash
from chain_of_custody.tlog.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    VerifiedTiles,
    border,
    parse_bundle,
    parse_hash_tile,
    tile_at,
)
from vault.errors import ObjectMissing, StoreUnavailable, VaultError
from vault.stores.base import Store

log = logging.getLogger(__name__)

Value = TypeVar("Value")


class Unproved(CustodyError):
    """No copy has an entry in a form that leads to the signed root. `position`: the first such entry."""

    def __init__(self, position: int) -> None:
        super().__init__(f"statement {position} is in no copy, or damaged in each")
        self.position = position


@dataclass
class Copies:
    """Both copies, read as one; records what was wrong in which."""

    stores: Mapping[str, Store]
    away: dict[str, str] = field(default_factory=dict)
    """Copies that do not answer, with the reason. They are not queried again."""
    wrong: dict[str, set[str]] = field(default_factory=dict)
    """Keys by copy that are missing or altered there, and were correct in another."""

    def each(self, key: str) -> Iterator[tuple[str, bytes]]:
        """Each copy's object under a key, in the order of the copies; copies without one are left out."""
        for name, store in self.stores.items():
            if name in self.away:
                continue
            try:
                yield name, store.get(key)
            except StoreUnavailable as error:
                self.is_away(name, error)
            except VaultError:
                self.was_wrong(name, key)

    def list(self, prefix: str) -> list[str]:
        """The keys in any copy, sorted."""
        names: set[str] = set()
        for name, store in self.stores.items():
            if name not in self.away:
                try:
                    names.update(store.list(prefix))
                except StoreUnavailable as error:
                    self.is_away(name, error)
        return sorted(names)

    def is_away(self, name: str, error: StoreUnavailable) -> None:
        """Exclude a copy from all further reads, with the reason in `away` and in the log."""
        log.warning("the %s is left out: %s", name, error)
        self.away[name] = str(error)

    def was_wrong(self, name: str, key: str) -> None:
        """Record in `wrong` that a copy has `key` missing or altered."""
        self.wrong.setdefault(name, set()).add(key)


class ProvenLedger:
    """One ledger as the copies have it. `keys`: its public keys under its origin."""

    def __init__(self, copies: Copies, keys: LogKeys) -> None:
        self._copies, self._keys = copies, keys

    def checkpoints(self) -> Iterator[tuple[Checkpoint, bytes]]:
        """Each size signed with both keys, and its note, the largest first."""
        prefix = f"{object_keys.ledger_prefix(self._keys.origin)}checkpoint/"
        places = (object_keys.parse_checkpoint_key(key) for key in self._copies.list(prefix))
        for size in sorted(
            {place[0] for place in places if place and place[1] == object_keys.OWN}, reverse=True
        ):
            key = object_keys.checkpoint_key(self._keys.origin, size)
            for name, note in self._copies.each(key):
                try:
                    checkpoint = open_checkpoint(note, self._keys)
                except CustodyError:
                    self._copies.was_wrong(name, key)
                    continue
                if checkpoint.size == size:
                    yield checkpoint, note
                    break

    def bundles(self, checkpoint: Checkpoint) -> Iterator[list[bytes]]:
        """All entries, 256 at a time, each proved to be in the tree of this checkpoint. Raises `Unproved`."""
        if not checkpoint.size:
            return
        choices = _Choices(self._copies, checkpoint)
        tiles = choices.tiles()
        for index in range(-(-checkpoint.size // WIDTH)):
            yield choices.entries(tiles, index)

    def consistency(self, checkpoint: Checkpoint, size1: int, size2: int) -> list[bytes]:
        """The proof that the first `size2` of these entries begin with the first `size1`. Raises
        `Unproved`."""
        return consistency_proof(_Choices(self._copies, checkpoint).reader(), size1, size2)


class _Choices:
    """The tiles of one tree, with several candidates for each.

    At first the first copy's tile is used. Only if that does not verify, all candidates are tried.
    """

    def __init__(self, copies: Copies, checkpoint: Checkpoint) -> None:
        self._copies, self._checkpoint = copies, checkpoint
        self._border = border(checkpoint.size)
        self._options: dict[Tile, list[bytes]] = {}
        self._picked: dict[Tile, int] = {}

    def tiles(self) -> VerifiedTiles:
        """The tree, by a border that leads to its root. Raises `Unproved`."""
        size, root = self._checkpoint.size, self._checkpoint.root
        return self._first_right(
            lambda: VerifiedTiles(size, root, self._fetch), self._border, (size - 1) // WIDTH
        )

    def reader(self) -> NodeReader:
        """Read hashes of complete subtrees, from any copy that has them right."""
        tiles = self.tiles()

        def node(level: int, index: int) -> bytes:
            start = (index << level) >> HEIGHT
            first, path = level // HEIGHT, []
            edge = {(tile.level, tile.index) for tile in self._border}
            place = start >> (HEIGHT * first)
            while (first, place) not in edge:
                path.append(Tile(first, place))
                first, place = first + 1, place >> HEIGHT
            return self._first_right(lambda: tiles.node(level, index), path, start)

        return node

    def entries(self, tiles: VerifiedTiles, index: int) -> list[bytes]:
        """Bundle `index`. Raises `Unproved`."""
        edge = {(tile.level, tile.index) for tile in self._border}
        path = [tile_at(self._checkpoint.size, None, index)]
        level, place = 0, index
        while (level, place) not in edge:
            path.append(Tile(level, place))
            level, place = level + 1, place >> HEIGHT
        return self._first_right(lambda: tiles.entries(index), path, index)

    def _first_right(self, read: Callable[[], Value], tiles: Sequence[Tile], index: int) -> Value:
        try:
            return self._tried(read)
        except (Altered, Malformed, ObjectMissing):
            pass
        counts = [range(len(self._all(tile))) for tile in tiles]
        for numbers in itertools.product(*counts):
            self._picked = dict(zip(tiles, numbers, strict=True))
            try:
                candidate = self._tried(read, keep=True)
            except (Altered, Malformed, ObjectMissing):
                continue
            self._note_wrong(tiles)
            self._options, self._picked = {}, {}
            return candidate
        raise Unproved(index * WIDTH)

    def _tried(self, read: Callable[[], Value], *, keep: bool = False) -> Value:
        try:
            return read()
        finally:
            if not keep:
                self._options = {}

    def _note_wrong(self, tiles: Sequence[Tile]) -> None:
        for tile in tiles:
            right = self._options[tile][self._picked[tile]]
            key = object_keys.tile_key(self._checkpoint.origin, tile)
            for name, data in self._copies.each(key):
                if data != right:
                    self._copies.was_wrong(name, key)

    def _fetch(self, tile: Tile) -> bytes:
        number = self._picked.get(tile, 0)
        options = self._options.get(tile)
        if options is not None:
            if number < len(options):
                return options[number]
        else:
            for _, data in self._copies.each(object_keys.tile_key(self._checkpoint.origin, tile)):
                return data
        raise ObjectMissing(tile.path())

    def _all(self, tile: Tile) -> list[bytes]:
        """All candidates for a tile: from each copy, and computed from the level below it."""
        if tile not in self._options:
            key = object_keys.tile_key(self._checkpoint.origin, tile)
            found = [data for _, data in self._copies.each(key)]
            if tile.level is not None and (made := self._computed(tile)) is not None:
                found.append(made)
            self._options[tile] = list(dict.fromkeys(found))
        return self._options[tile]

    def _computed(self, tile: Tile) -> bytes | None:
        """A hash tile computed from the level below it; None if that is missing or damaged in each copy."""
        try:
            if tile.level == 0:
                bundle = tile_at(self._checkpoint.size, None, tile.index)
                for data in self._all(bundle):
                    with contextlib.suppress(Malformed):
                        return b"".join(leaf_hash(entry) for entry in parse_bundle(bundle, data))
                return None
            below = [
                Tile((tile.level or 0) - 1, index) for index in range(tile.start, tile.start + tile.width)
            ]
            return b"".join(_root(parse_hash_tile(one, self._all(one)[0])) for one in below)
        except (IndexError, Malformed):
            return None


def _root(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]
