"""A real ledger in a database of its own, with keys in this process: nothing else of a center."""

from __future__ import annotations

import shutil
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from casework.database import migrations
from casework.database.engine import Sessions, connect
from casework.database.models import Alarm
from casework.ledger.sql_storage import SqlStorage
from casework.witnesses import trust_file
from casework.witnesses.cosignature_collector import CosignatureCollector
from casework.witnesses.witness_client import Ask
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.statements.statement import Actor, Head, SignedStatement, follow, sign
from chain_of_custody.tlog.checkpoint import Checkpoint, LocalSigner, open_checkpoint
from chain_of_custody.tlog.ledger import Ledger
from chain_of_custody.trust.named_parties import ThirdParties

DEPLOYMENT = "d0" * 16
CENTER = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
SIGNER = LocalSigner(
    Ed25519PrivateKey.from_private_bytes(b"\x06" * 32),
    MLDSA44PrivateKey.from_seed_bytes(b"\x06" * 32),
    f"amana/{DEPLOYMENT}",
)
KEYS = SIGNER.keys


class SmallLedger:
    """A ledger of statements about nothing; the same folder is the same ledger."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.engine = connect(f"sqlite:///{folder}/database.sqlite")
        migrations.upgrade(self.engine)
        self.database = Sessions(self.engine)
        self.ledger = Ledger(SqlStorage(self.database), SIGNER, KEYS)
        self.trust = folder / "trust.txt"

    def say(self, word: str = "0", count: int = 1) -> None:
        """So many more statements; another word is another history."""
        for _ in range(count):
            size = self.ledger.size
            before = None
            if size:
                last = SignedStatement.parse(self.ledger.entry(size - 1))
                before = Head(last.statement.number, last.leaf_hash)
            statement = follow(
                before,
                type="policy.changed",
                evidence=DEPLOYMENT,
                case=None,
                actor=Actor(DEPLOYMENT, "system", "center"),
                at="2026-11-24T20:15:03.120Z",
                purpose="administration",
                body={"policy": word * 64},
            )
            self.ledger.append([sign(statement, CENTER.sign, CENTER.public_key().public_bytes_raw())])

    def branch(self, folder: Path) -> SmallLedger:
        """The same history so far, in another folder: a backup, or the beginning of a fork."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        folder.mkdir()
        shutil.copy(self.folder / "database.sqlite", folder)
        return SmallLedger(folder)

    def asking(self, parties: ThirdParties, ask: Ask) -> CosignatureCollector:
        """What asks these witnesses about this ledger."""
        trust_file.write(self.trust, parties)
        return CosignatureCollector(self.database, self.ledger, KEYS, self.trust, ask)

    def alarms(self) -> list[Alarm]:
        with self.database() as session:
            return list(session.query(Alarm))


def opened(note: bytes | None) -> Checkpoint:
    assert note is not None
    return open_checkpoint(note, KEYS)


def size_of(note: bytes) -> int:
    return Checkpoint.parse(Note.parse(note).text).size
