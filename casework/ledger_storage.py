"""The ledger's storage in the working database: entries, subtrees, the newest checkpoint.

Implements `chain_of_custody.ledger.Storage`. One commit is one transaction: the stored checkpoint is
compared and swapped in it, so of several processes on one database exactly one goes on, and the others
learn it (`StorageConflict`). A commit that returned is on the disk (`synchronous=FULL`).

It keeps one more rule, in the same transaction: an entry must take the next free place in its own evidence
chain, and is entered in the statement index there. So a chain cannot fork whoever writes to it, and a
statement is never in the ledger without being findable. The index says nothing that the entries do not.

Not trusted: the ledger checks whatever it reads here against signed checkpoints.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from casework.database import Sessions
from casework.models import Base
from chain_of_custody.canonical import moment
from chain_of_custody.errors import ChainConflict, StorageConflict, StorageFailed
from chain_of_custody.merkle import leaf_hash

# Tables, not objects: this is the one busy place of the database, and objects would take half of its time.
_CHECKPOINT = Base.metadata.tables["ledger_checkpoint"]
_ENTRIES = Base.metadata.tables["ledger_entries"]
_NODES = Base.metadata.tables["ledger_nodes"]
_STATEMENTS = Base.metadata.tables["statements"]

_ROW = 1

_NOTE = select(_CHECKPOINT.c.note).where(_CHECKPOINT.c.id == _ROW)
_ENTRY = select(_ENTRIES.c.leaf).where(_ENTRIES.c.position == bindparam("at"))
_NODE = select(_NODES.c.digest).where(
    _NODES.c.level == bindparam("at_level"), _NODES.c.position == bindparam("at")
)
_HEAD = (
    select(_STATEMENTS.c.number, _STATEMENTS.c.leaf_hash)
    .where(_STATEMENTS.c.chain == bindparam("about"))
    .order_by(_STATEMENTS.c.number.desc())
    .limit(1)
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

    def checkpoint(self) -> bytes | None:
        try:
            with self._database.engine.connect() as connection:
                note: bytes | None = connection.scalar(_NOTE)
                return note
        except DBAPIError as error:
            raise StorageFailed("the ledger's checkpoint cannot be read") from error

    def entry(self, index: int) -> bytes:
        return self._read(_ENTRY, {"at": index}, f"entry {index}")

    def node(self, level: int, index: int) -> bytes:
        return self._read(_NODE, {"at_level": level, "at": index}, f"subtree {level}/{index}")

    def commit(
        self,
        previous: bytes | None,
        first_index: int,
        entries: Sequence[bytes],
        nodes: Sequence[tuple[int, int, bytes]],
        checkpoint: bytes,
    ) -> None:
        """All of it or nothing; durable on return.

        1. Take the database's write lock and swap the checkpoint, if it is still the one built upon.
        2. See that every entry takes the next place in its chain.
        3. Keep entries, subtrees and index; commit.

        A crash or an error before the end of 3 keeps nothing. Raises `StorageConflict` (1), `ChainConflict`
        (2), `StorageFailed` if the database gave no clear answer (3).
        """
        try:
            with self._database.writing.begin() as connection:
                _swap(connection, previous, checkpoint)  # 1
                if not entries:
                    return
                index = _index_rows(connection, first_index, entries)  # 2
                connection.execute(  # 3
                    insert(_ENTRIES),
                    [{"position": first_index + n, "leaf": leaf} for n, leaf in enumerate(entries)],
                )
                connection.execute(
                    insert(_NODES),
                    [{"level": level, "position": n, "digest": digest} for level, n, digest in nodes],
                )
                connection.execute(insert(_STATEMENTS), index)
        except DBAPIError as error:
            raise StorageFailed("the ledger's commit ended without a clear answer") from error

    def _read(self, query: Any, values: Mapping[str, int], what: str) -> bytes:
        try:
            with self._database.engine.connect() as connection:
                found: bytes | None = connection.scalar(query, values)
        except DBAPIError as error:
            raise StorageFailed(f"the ledger's {what} cannot be read") from error
        if found is None:
            raise StorageFailed(f"the ledger's {what} is missing")
        return found


def _swap(connection: Connection, previous: bytes | None, checkpoint: bytes) -> None:
    if previous is None:
        try:
            connection.execute(insert(_CHECKPOINT), [{"id": _ROW, "note": checkpoint}])
        except IntegrityError:
            raise StorageConflict("the ledger has begun already") from None
        return
    # On PostgreSQL this update waits for a transaction that holds the row, then finds another note in it.
    swapped = connection.execute(_SWAP, {"previous": previous, "fresh": checkpoint})
    if swapped.rowcount != 1:
        raise StorageConflict("the stored checkpoint is not the one this commit was built on")


def _index_rows(connection: Connection, first_index: int, entries: Sequence[bytes]) -> list[dict[str, Any]]:
    heads: dict[str, tuple[int, str] | None] = {}
    rows = []
    for position, leaf in enumerate(entries, start=first_index):
        statement = json.loads(leaf)["statement"]
        chain, number, previous = statement["evidence"], statement["number"], statement["previous"]
        if chain not in heads:
            found = connection.execute(_HEAD, {"about": chain}).one_or_none()
            heads[chain] = None if found is None else (found.number, found.leaf_hash)
        head = heads[chain]
        if (number, previous) != ((0, None) if head is None else (head[0] + 1, head[1])):
            raise ChainConflict(f"place {number} in the chain of {chain} is not the next one")
        digest = leaf_hash(leaf).hex()
        heads[chain] = (number, digest)
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
            }
        )
    return rows
