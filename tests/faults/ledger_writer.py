"""A process that appends to a ledger's database and tells each receipt only once it has it.

    python -m tests.faults.ledger_writer URL CHAIN COUNT [STOP]

Appends COUNT statements of CHAIN, one a commit (0: for ever, in groups of one to nine). With STOP it stops
itself for real (SIGSTOP), once, in the middle of its third commit: at `signing` (its checkpoint is signed,
nothing is written), at `INSERT` (in the transaction, checkpoint swapped), or at `COMMIT` (everything written,
nothing durable).

It behaves as `casework.ledger.custody_log` does: where the database gave no clear answer, it looks as soon as
there is one whether its statements are kept, and appends them again only if they are not.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from sqlalchemy import event, select

from casework.database.engine import Sessions, connect
from casework.database.migrations import upgrade
from casework.database.models import StatementIndex
from casework.errors import DatabaseAway
from casework.ledger.sql_storage import SqlStorage
from chain_of_custody.errors import StorageConflict, StorageFailed
from chain_of_custody.statements.statement import Actor, Head, SignedStatement, follow, sign
from chain_of_custody.tlog.checkpoint import Checkpoint, LocalSigner
from chain_of_custody.tlog.ledger import Ledger

DEPLOYMENT = "d0" * 16
SIGNER = LocalSigner(
    Ed25519PrivateKey.from_private_bytes(b"e" * 32),
    MLDSA44PrivateKey.from_seed_bytes(b"m" * 32),
    f"amana/{DEPLOYMENT}",
)
CENTER = Ed25519PrivateKey.from_private_bytes(b"c" * 32)
STOPS_IN = 3


def leaf(head: Head | None, chain: str) -> bytes:
    return sign(
        follow(
            head,
            type="evidence.viewed",
            evidence=chain,
            case=None,
            actor=Actor(DEPLOYMENT, "system", "center"),
            at="2026-11-24T20:15:03.120Z",
            purpose="review",
            body={},
        ),
        CENTER,
    )


def opened(url: str) -> tuple[Ledger, Sessions]:
    """The ledger in this database, begun if it is empty."""
    engine = connect(url)
    upgrade(engine)
    database = Sessions(engine)
    return Ledger(SqlStorage(database), SIGNER, SIGNER.keys), database


class Stopping(LocalSigner):
    """Stops its process after it has signed, when it is time to."""

    def __init__(self, writer: Writer) -> None:
        self.keys = SIGNER.keys
        self._writer = writer

    def sign_checkpoint(
        self, checkpoint: Checkpoint, previous: Checkpoint | None = None, consistency: Sequence[bytes] = ()
    ) -> bytes:
        note = SIGNER.sign_checkpoint(checkpoint, previous, consistency)
        self._writer.at("signing")
        return note


class Writer:
    def __init__(self, url: str, chain: str, stop: str | None) -> None:
        self._chain = chain
        self._stop = stop
        self._commits = 0
        self._head: Head | None = None
        _, database = opened(url)
        self._database = database
        event.listen(database.engine, "before_cursor_execute", self._executing)
        event.listen(database.engine, "commit", lambda _: self.at("COMMIT"))
        self._ledger = Ledger(SqlStorage(database), Stopping(self), SIGNER.keys)

    def append(self, count: int) -> None:
        self._commits += 1
        leaves = []
        for _ in range(count):
            leaves.append(leaf(self._head, self._chain))
            self._head = SignedStatement.parse(leaves[-1]).head
        for index, leaf_hash in self._patiently(leaves):
            print(index, leaf_hash, flush=True)

    def _patiently(self, leaves: list[bytes]) -> list[tuple[int, str]]:
        while True:
            try:
                return [(one.index, one.leaf_hash.hex()) for one in self._ledger.append(leaves)]
            except StorageConflict:
                continue  # the others were faster each time, and nothing was kept
            except StorageFailed:
                if kept := self._kept(leaves):
                    return kept

    def _kept(self, leaves: list[bytes]) -> list[tuple[int, str]]:
        """Where these stand, all of them or none."""
        hashes = [SignedStatement.parse(made).leaf_hash.hex() for made in leaves]
        while True:
            try:
                with self._database.begin() as session:
                    rows = session.execute(
                        select(StatementIndex.position, StatementIndex.leaf_hash)
                        .where(StatementIndex.chain == self._chain, StatementIndex.leaf_hash.in_(hashes))
                        .order_by(StatementIndex.number)
                    ).all()
            except DatabaseAway:
                time.sleep(0.05)
                continue
            assert len(rows) in (0, len(leaves)), "a commit is all or nothing"
            return [(row.position, row.leaf_hash) for row in rows]

    def at(self, place: str) -> None:
        if self._stop == place and self._commits == STOPS_IN:
            self._stop = None
            os.kill(os.getpid(), signal.SIGSTOP)

    def _executing(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO ledger_entries"):
            self.at("INSERT")


def main(url: str, chain: str, count: str, stop: str | None = None) -> None:
    writer = Writer(url, chain, stop)
    print("ready", flush=True)
    if int(count):
        for _ in range(int(count)):
            writer.append(1)
        return
    while True:
        writer.append(random.randint(1, 9))


if __name__ == "__main__":
    main(*sys.argv[1:])
