"""The state of a witness: its keys, the logs it signs for, what it cosigned last, and contradictions.

    DIR/witness.json      name and private keys (`amana.cosigner_keys`)
    DIR/witness.sqlite    everything else

The database must never be lost: a witness without it can be led to cosign a second history. So a commit is on
the disk when it returns (`synchronous=EXTRA`: the folder too, once the journal is removed from it). A missing
database is never recreated for existing keys, and an older copy must never be restored (docs/witnesses.md).

Trusts this machine, as its operators do. No key leaves it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from amana import cosigner_keys
from amana.errors import Unusable
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.trust.cosignatures import Cosigner
from chain_of_custody.trust.witness import Contradiction, KnownLog
from vault import disk

MAX_CONTRADICTIONS = 100
"""Stored contradictions of one kind for one log: the first half, and the newest. Anyone can send a wrong
proof: those must not fill the disk, nor displace a real one that comes later."""
BUSY = 15.0
"""Seconds to wait for another process's commit."""

_SCHEMA = """
CREATE TABLE witness (name TEXT NOT NULL, vkeys TEXT NOT NULL);
CREATE TABLE logs (origin TEXT PRIMARY KEY, origin_hash TEXT NOT NULL UNIQUE, vkeys TEXT NOT NULL, note BLOB);
CREATE TABLE contradictions (
    id INTEGER PRIMARY KEY, origin TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL,
    cosigned_text TEXT NOT NULL, offered_text TEXT NOT NULL, cosigned BLOB NOT NULL, offered BLOB NOT NULL,
    UNIQUE (origin, kind, cosigned_text, offered_text)
);
"""


class NoWitness(Unusable):
    """The folder has no witness, or it cannot be used; the message says why."""


@dataclass(frozen=True)
class WatchedLog:
    """A log and what was cosigned last for it."""

    log: KnownLog
    latest: Checkpoint | None
    contradictions: int


@dataclass(frozen=True)
class StoredContradiction:
    """Two notes of one log that contradict each other. `at`: seconds since 1970-01-01 UTC."""

    id: int
    origin: str
    kind: str
    at: int
    cosigned: bytes
    offered: bytes


def create(folder: Path, name: str) -> Cosigner:
    """Make a new witness with new keys.

    Raises `NoWitness` if the folder has one, `Malformed` for an invalid name, `vault.errors.WriteFailed`,
    `OSError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys, database = folder / "witness.json", folder / "witness.sqlite"
    if keys.exists():
        raise NoWitness(f"{folder} holds a witness already; its keys are shown by: amana witness keys")
    if database.exists():
        raise NoWitness(
            f"{folder} holds the memory of a witness whose keys are not there; take another folder"
        )
    cosigner, content = cosigner_keys.generate(name)
    # The database first, the keys last: a witness exists once its keys do, and then its database does, too.
    database.touch(mode=0o600)
    connection = _connect(database)
    with connection:
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        connection.execute("INSERT INTO witness VALUES (?, ?)", (name, _vkeys(cosigner)))
    connection.close()
    disk.replace(disk.DISK, keys, content)
    return cosigner


def open_keys(folder: Path) -> Cosigner:
    """Return the witness's keys. Raises `NoWitness`, also if others may read them."""
    try:
        return cosigner_keys.read(folder / "witness.json", "witness", NoWitness)
    except FileNotFoundError:
        raise NoWitness(f"there is no witness in {folder}; to make one: amana witness init") from None


class WitnessMemory:
    """The database of one witness; implements `chain_of_custody.trust.witness.WitnessStorage`.

    For all threads; other processes may use it at the same time. Raises `NoWitness` if it is missing, or of
    other keys than `cosigner`'s.
    """

    def __init__(self, folder: Path, cosigner: Cosigner) -> None:
        self._path = folder / "witness.sqlite"
        if not self._path.exists():
            raise NoWitness(
                f"{self._path} is missing. These keys have signed before, and without it nobody knows what: "
                "find it, or make a new witness with new keys in another folder"
            )
        with self._reading() as connection:
            row = connection.execute("SELECT name, vkeys FROM witness").fetchone()
        if row != (cosigner.name, _vkeys(cosigner)):
            raise NoWitness(f"{self._path} belongs to another witness than the keys beside it")

    # For the witness.

    def log(self, origin: str) -> KnownLog | None:
        """Return the log of this origin, or None; see `WitnessStorage.log`."""
        vkeys: str | None = self._one("SELECT vkeys FROM logs WHERE origin = ?", origin)
        return None if vkeys is None else KnownLog.parse(vkeys.split("\n"))

    def latest(self, origin: str) -> bytes | None:
        """Return the note last cosigned for a log, or None; see `WitnessStorage.latest`."""
        note: bytes | None = self._one("SELECT note FROM logs WHERE origin = ?", origin)
        return note

    def latest_by_hash(self, origin_hash: str) -> bytes | None:
        """Return the note last cosigned, by the origin's SHA-256; see `WitnessStorage.latest_by_hash`."""
        note: bytes | None = self._one("SELECT note FROM logs WHERE origin_hash = ?", origin_hash)
        return note

    def advance(self, origin: str, previous: bytes | None, note: bytes) -> bool:
        """Replace `previous` by `note`; False if another note is stored. See `WitnessStorage.advance`."""
        # One statement compares and swaps; the commit at the end of the block reaches the disk.
        with self._writing() as connection:
            changed = connection.execute(
                "UPDATE logs SET note = ? WHERE origin = ? AND note IS ?", (note, origin, previous)
            )
            return changed.rowcount == 1

    def keep(self, origin: str, kind: Contradiction, cosigned: bytes, offered: bytes) -> None:
        """Store two contradicting notes of a log, each pair once; see `WitnessStorage.keep`.

        From `MAX_CONTRADICTIONS` pairs of a kind on, a new pair replaces one in the middle.
        """
        texts = Note.parse(cosigned).text, Note.parse(offered).text
        with self._writing() as connection:
            row = connection.execute(
                "SELECT count(*) FROM contradictions WHERE origin = ? AND kind = ?", (origin, kind)
            ).fetchone()[0]
            added = connection.execute(
                "INSERT OR IGNORE INTO contradictions (origin, kind, at, cosigned_text, offered_text,"
                " cosigned, offered) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (origin, kind, int(time.time()), *texts, cosigned, offered),
            ).rowcount
            if added and row >= MAX_CONTRADICTIONS:
                connection.execute(
                    "DELETE FROM contradictions WHERE id = (SELECT id FROM contradictions"
                    " WHERE origin = ? AND kind = ? ORDER BY id LIMIT 1 OFFSET ?)",
                    (origin, kind, MAX_CONTRADICTIONS // 2),
                )

    # For the operator.

    def add_log(self, log: KnownLog) -> bool:
        """Sign for this log from now on; False if it was known with exactly these keys.

        Raises `NoWitness` if it is known with others: new keys under an old name would be a second history.
        """
        vkeys = "\n".join(key.vkey() for key in log.keys)
        with self._writing() as connection:
            known = connection.execute("SELECT vkeys FROM logs WHERE origin = ?", (log.origin,)).fetchone()
            if known is not None and set(known[0].split("\n")) != set(vkeys.split("\n")):
                raise NoWitness(
                    f"{log.origin} is known already, with other keys; nothing was changed. Compare the log "
                    "lines with the center's trust sheet. If those given now are the right ones, this "
                    "witness cannot follow them: begin another in a new folder (amana witness init), and "
                    "tell the center its keys"
                )
            if known is None:
                digest = sha256(log.origin.encode()).hexdigest()
                connection.execute("INSERT INTO logs VALUES (?, ?, ?, NULL)", (log.origin, digest, vkeys))
        return known is None

    def watched(self) -> list[WatchedLog]:
        """Return every log, by name."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT vkeys, note, (SELECT count(*) FROM contradictions c WHERE c.origin = logs.origin)"
                " FROM logs ORDER BY origin"
            ).fetchall()
        return [
            WatchedLog(
                KnownLog.parse(vkeys.split("\n")),
                None if note is None else Checkpoint.parse(Note.parse(note).text),
                count,
            )
            for vkeys, note, count in rows
        ]

    def contradictions(self) -> list[StoredContradiction]:
        """Return all stored contradictions, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, origin, kind, at, cosigned, offered FROM contradictions ORDER BY id"
            ).fetchall()
        return [StoredContradiction(*row) for row in rows]

    def _one(self, query: str, value: str) -> Any:
        with self._reading() as connection:
            row = connection.execute(query, (value,)).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = _connect(self._path)
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: durable at the end of the block, rolled back if the block raises."""
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


def _connect(path: Path) -> sqlite3.Connection:
    # mode=rw: if the database disappears while the service runs, that is an error, and no new one is made.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY, isolation_level=None
    )
    # A rollback journal, fsynced: no second file that must be copied along with the folder.
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.execute("PRAGMA synchronous=EXTRA")
    return connection


def _vkeys(cosigner: Cosigner) -> str:
    return "\n".join(key.vkey() for key in cosigner.keys)
