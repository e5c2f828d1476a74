"""The ledger's storage in the working database: entries, subtrees, the newest checkpoint.

Implements `chain_of_custody.tlog.ledger.Storage`. One commit is one transaction, which compares and swaps the
stored checkpoint: so of several processes on one database exactly one succeeds, and the others get
`StorageConflict`. A commit that returned is on the disk (SQLite: `synchronous=FULL`; PostgreSQL:
`synchronous_commit`, without which it is refused).

It enforces two more rules, in the same transaction:

- An entry must take the next free place in its own evidence chain, and is entered in the statement index
  there. So a chain cannot fork, whichever writer appends, and every statement in the ledger can be found.
- An entry must not be signed by a key that was revoked before it. An earlier check could not ensure that, and
  no verifier would ever accept its chain again.

The index contains nothing that the entries do not. Not trusted: the ledger checks everything it reads here
against signed checkpoints.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, insert, select, tuple_, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from casework.database import postgresql
from casework.database.engine import Sessions
from casework.database.models import Base
from casework.errors import DatabaseAway
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.errors import ChainConflict, StorageConflict, StorageFailed
from chain_of_custody.tlog.merkle import EMPTY_ROOT, Tree, leaf_hash, read_together, root_at

# Tables, not objects: these are the most frequent queries, and objects would take half of their time.
_CHECKPOINT = Base.metadata.tables["ledger_checkpoint"]
_ENTRIES = Base.metadata.tables["ledger_entries"]
_NODES = Base.metadata.tables["ledger_nodes"]
_STATEMENTS = Base.metadata.tables["statements"]

_ROW = 1
KEYS_PER_QUERY = 10_000
"""Rows read by their keys in one query. Two parameters each: SQLite takes 32,766 and PostgreSQL 65,535."""

_NOTE = select(_CHECKPOINT.c.note).where(_CHECKPOINT.c.id == _ROW)
_LEAVES = select(_ENTRIES.c.position, _ENTRIES.c.leaf).where(
    _ENTRIES.c.position.in_(bindparam("keys", expanding=True))
)
_RUN_OF_LEAVES = (
    select(_ENTRIES.c.leaf)
    .where(_ENTRIES.c.position >= bindparam("first"), _ENTRIES.c.position < bindparam("end"))
    .order_by(_ENTRIES.c.position)
)
"""The query for tiles: by their 256 keys it would take three times as long."""
_DIGESTS = select(_NODES.c.level, _NODES.c.position, _NODES.c.digest).where(
    tuple_(_NODES.c.level, _NODES.c.position).in_(bindparam("keys", expanding=True))
)
_PLACES = select(_STATEMENTS.c.chain, _STATEMENTS.c.number, _STATEMENTS.c.leaf_hash).where(
    tuple_(_STATEMENTS.c.chain, _STATEMENTS.c.number).in_(bindparam("keys", expanding=True))
)
_REVOKING = ("recorder.revoked", "credential.revoked")
_REVOCATIONS = (
    select(_ENTRIES.c.position, _ENTRIES.c.leaf)
    .join(_STATEMENTS, _STATEMENTS.c.position == _ENTRIES.c.position)
    .where(_STATEMENTS.c.type.in_(_REVOKING), _STATEMENTS.c.position > bindparam("seen"))
)
_SWAP = (
    update(_CHECKPOINT)
    .where(_CHECKPOINT.c.id == _ROW, _CHECKPOINT.c.note == bindparam("previous"))
    .values(note=bindparam("fresh"))
)


class SqlStorage:
    """The `Storage` of one ledger, in the database that `database` opens."""

    def __init__(self, database: Sessions) -> None:
        self._database = database
        self._revoked = _RevokedKeys()

    def checkpoint(self) -> bytes | None:
        """See `Storage.checkpoint`. Raises `StorageFailed`."""
        try:
            with self._database.engine.connect() as connection:
                note: bytes | None = connection.scalar(_NOTE)
                return note
        except (DBAPIError, DatabaseAway) as error:
            raise StorageFailed("the ledger's checkpoint cannot be read") from error

    def entries(self, indices: Sequence[int]) -> list[bytes]:
        """See `Storage.entries`. Also raises `StorageFailed` if the database does not answer."""
        first, end = (indices[0], indices[-1] + 1) if indices else (0, 0)
        try:
            with self._database.engine.connect() as connection:
                if end - first == len(indices) and list(indices) == list(range(first, end)):
                    run = connection.scalars(_RUN_OF_LEAVES, {"first": first, "end": end}).all()
                    if len(run) == len(indices):
                        return list(run)
                rows = _by_keys(connection, _LEAVES, indices)
        except (DBAPIError, DatabaseAway) as error:
            raise StorageFailed("the ledger's entries cannot be read") from error
        leaves: dict[int, bytes] = {row.position: row.leaf for row in rows}
        missing = next((index for index in indices if index not in leaves), None)
        if missing is not None:
            raise StorageFailed(f"the ledger's entry {missing} is missing")
        return [leaves[index] for index in indices]

    def nodes(self, places: Sequence[tuple[int, int]]) -> list[bytes]:
        """See `Storage.nodes`. Also raises `StorageFailed` if the database does not answer."""
        try:
            with self._database.engine.connect() as connection:
                return _nodes(connection, places)
        except (DBAPIError, DatabaseAway) as error:
            raise StorageFailed("the ledger's subtrees cannot be read") from error

    def root(self, connection: Connection, size: int) -> bytes:
        """Return the root of the first `size` entries, in this transaction. Raises `StorageFailed`."""
        if not size:
            return EMPTY_ROOT
        return read_together(functools.partial(_nodes, connection), lambda node: root_at(size, node))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Serve writers of all machines in order of arrival; see `postgresql.turn`.

        SQLite has one writing machine, whose threads commit as one group already.
        """
        engine = self._database.engine
        if engine.dialect.name != "postgresql":
            yield
            return
        with ExitStack() as held:
            try:
                connection = held.enter_context(engine.connect())
                postgresql.turn(connection)
            except (DBAPIError, DatabaseAway) as error:
                raise StorageFailed("the turn to write the ledger does not come") from error
            try:
                yield
            finally:
                # A suspended writer has lost its turn and its connection; commits are not affected by that.
                with suppress(DBAPIError, DatabaseAway):
                    held.close()

    def commit(
        self,
        previous: bytes | None,
        first_index: int,
        entries: Sequence[bytes],
        nodes: Sequence[tuple[int, int, bytes]],
        checkpoint: bytes,
    ) -> None:
        """Store everything or nothing; durable on return.

        1. Take the database's write lock and swap the checkpoint, if it is still the one built upon.
        2. Check that every entry takes the next place in its chain, and is signed by keys still in force.
        3. Store entries, subtrees and index; commit.

        A crash or an error before the end of 3 stores nothing. Raises `StorageConflict` (1), `ChainConflict`
        (2), `StorageFailed` if the database gave no clear answer (3).
        """
        try:
            with self._database.writing.begin() as connection:
                _swap(connection, previous, checkpoint)  # 1
                if entries:
                    self._add(connection, first_index, entries, nodes)  # 2, 3
        except (DBAPIError, DatabaseAway) as error:
            raise StorageFailed("the ledger's commit ended without a clear answer") from error

    def restore(self, connection: Connection, bundles: Iterable[Sequence[bytes]], checkpoint: bytes) -> bytes:
        """Put a whole ledger into an empty storage, in the writing transaction of `connection`.

        Returns the root of what it stored, for the caller to compare. The same rules apply as for `commit`:
        raises `ChainConflict`, and `StorageConflict` where a ledger exists.
        """
        _swap(connection, None, checkpoint)
        tree = Tree()
        for bundle in bundles:
            first = tree.size
            nodes = [node for leaf in bundle for node in tree.append(leaf_hash(leaf))]
            self._add(connection, first, bundle, nodes)
        return tree.root()

    def _add(
        self,
        connection: Connection,
        first_index: int,
        entries: Sequence[bytes],
        nodes: Sequence[tuple[int, int, bytes]],
    ) -> None:
        parsed = [json.loads(leaf) for leaf in entries]
        index = _index_rows(connection, first_index, entries, parsed)
        self._revoked.check(connection, parsed)
        connection.execute(
            insert(_ENTRIES),
            [{"position": first_index + n, "leaf": leaf} for n, leaf in enumerate(entries)],
        )
        connection.execute(
            insert(_NODES),
            [{"level": level, "position": n, "digest": digest} for level, n, digest in nodes],
        )
        connection.execute(insert(_STATEMENTS), index)


def _by_keys(connection: Connection, query: Executable, keys: Sequence[Any]) -> list[Row[Any]]:
    """Return the existing rows with these keys, in no particular order."""
    rows: list[Row[Any]] = []
    for at in range(0, len(keys), KEYS_PER_QUERY):
        rows += connection.execute(query, {"keys": keys[at : at + KEYS_PER_QUERY]})
    return rows


def _nodes(connection: Connection, places: Sequence[tuple[int, int]]) -> list[bytes]:
    rows = _by_keys(connection, _DIGESTS, places)
    digests: dict[tuple[int, int], bytes] = {(row.level, row.position): row.digest for row in rows}
    missing = next((place for place in places if place not in digests), None)
    if missing is not None:
        raise StorageFailed("the ledger's subtree {}/{} is missing".format(*missing))
    return [digests[place] for place in places]


def _swap(connection: Connection, previous: bytes | None, checkpoint: bytes) -> None:
    if previous is None:
        try:
            connection.execute(insert(_CHECKPOINT), [{"id": _ROW, "note": checkpoint}])
        except IntegrityError:
            raise StorageConflict("the ledger has begun already") from None
        return
    # This connection holds the write lock, so no other one swaps now. It compares all the same: the
    # checkpoint may have changed before the lock was taken, and a writer that bypasses the lock is refused
    # here.
    swapped = connection.execute(_SWAP, {"previous": previous, "fresh": checkpoint})
    if swapped.rowcount != 1:
        raise StorageConflict("the stored checkpoint is not the one this commit was built on")


def _index_rows(
    connection: Connection, first_index: int, entries: Sequence[bytes], parsed: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the index of these entries, `parsed` already.

    A place is free if no row has it; it is the next if the row before it is the statement that this one
    names. So two rows are read for each chain, however long it is. Raises `ChainConflict` unless each takes
    the next place in its chain.
    """
    begins: dict[str, int] = {}
    for statement in (one["statement"] for one in parsed):
        begins.setdefault(statement["evidence"], statement["number"])
    around = [(chain, number + step) for chain, number in begins.items() for step in (-1, 0)]
    taken: dict[tuple[str, int], str] = {
        (row.chain, row.number): row.leaf_hash for row in _by_keys(connection, _PLACES, around)
    }
    rows = []
    for position, (leaf, signed) in enumerate(zip(entries, parsed, strict=True), start=first_index):
        statement = signed["statement"]
        chain, number, previous = statement["evidence"], statement["number"], statement["previous"]
        if (
            (chain, number) in taken
            or taken.get((chain, number - 1)) != previous
            or (number == 0) != (previous is None)
        ):
            raise ChainConflict(f"place {number} in the chain of {chain} is not the next one")
        digest = taken[chain, number] = leaf_hash(leaf).hex()
        rows.append(
            {
                "position": position,
                "chain": chain,
                "number": number,
                "leaf_hash": digest,
                "type": statement["type"],
                "case_id": statement["case"],
                "actor": statement["actor"]["id"],
                "at": moment(statement["at"]),
                "details": statement["details"],
                "credential": next(
                    (one["key"] for one in signed["signatures"] if one["kind"] == "webauthn"), None
                ),
            }
        )
    return rows


class _RevokedKeys:
    """The keys that the ledger has revoked, read incrementally.

    Only committed revocations are remembered, and only in the transaction that holds the write lock.
    """

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._read_up_to = -1

    def check(self, connection: Connection, leaves: Sequence[dict[str, Any]]) -> None:
        """Raises `ChainConflict` if one of these leaves is signed by a key that is revoked by then: the
        registry has moved on since it was signed."""
        for row in connection.execute(_REVOCATIONS, {"seen": self._read_up_to}):
            self._keys.add(json.loads(row.leaf)["statement"]["body"]["key"])
            self._read_up_to = max(self._read_up_to, row.position)
        revoked = self._keys
        for leaf in leaves:
            statement = leaf["statement"]
            if statement["type"] in _REVOKING:
                revoked = revoked | {statement["body"]["key"]}
            for signature in leaf["signatures"]:
                if signature["key"] in revoked:
                    raise ChainConflict(f"key {signature['key']} was revoked meanwhile")
