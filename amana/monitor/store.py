"""The folder of a monitor.

    monitor.json            name and private keys (`amana.cosigner_keys`)
    monitor.pub             its two public keys, for readers of its heads
    monitor.sqlite          how far it has read, the end of every chain, the registry, findings
    findings.jsonl          the findings, one JSON object a line
    seen/<size>.note        every signed head that it fetched and that continued the one before
    heads/<size>.note       the same with its own cosignatures: everything up to there was read and clean
    alarms/<n>-<kind>/      earlier.note and later.note: two heads that cannot both be of one ledger

The database is the record. The files are for people; all but the notes can be made again from it. One
transaction stores a run of leaves with their findings, so that a killed monitor resumes where it was. The
memory in use does not grow with the ledger.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from amana import cosigner_keys
from amana.errors import Unusable
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import Malformed
from chain_of_custody.statements.statement import Head
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.tlog.merkle import HASH_SIZE, Tree, compact_range
from chain_of_custody.trust.cosignatures import Cosigner
from chain_of_custody.trust.monitor import Finding
from chain_of_custody.trust.policy import TrustPolicy
from vault import disk

MAX_FINDINGS = 1000
"""Findings that are stored. For a ledger with so many, more are not needed; the rest is counted."""

_DATABASE = "monitor.sqlite"
_SCHEMA = """
CREATE TABLE ledger (vkeys TEXT NOT NULL, center TEXT NOT NULL);
CREATE TABLE progress (size INTEGER NOT NULL, hashes BLOB NOT NULL, note BLOB, left_out INTEGER NOT NULL);
INSERT INTO progress VALUES (0, x'', NULL, 0);
CREATE TABLE chains (chain TEXT PRIMARY KEY, number INTEGER NOT NULL, leaf_hash BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE registry (position INTEGER PRIMARY KEY, leaf BLOB NOT NULL);
CREATE TABLE findings (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, lasting INTEGER NOT NULL, line TEXT NOT NULL
);
"""


class NoMonitor(Unusable):
    """The folder cannot be used; the message says why."""


def open_cosigner(folder: Path, name: str | None) -> Cosigner:
    """Return the monitor's keys; make them the first time, when it needs a `name`.

    An empty database is made before the keys: keys that may have signed always have a record of what they
    signed. Raises `NoMonitor`, `vault.errors.WriteFailed`, `OSError`.
    """
    path = folder / "monitor.json"
    try:
        if path.exists():
            cosigner = cosigner_keys.read(path, "monitor", NoMonitor)
            if name not in (None, cosigner.name):
                raise NoMonitor(f"the monitor in {folder} is called {cosigner.name}, and keeps that name")
            return cosigner
        if name is None:
            raise NoMonitor(f"a new monitor in {folder} needs a name: --name court.example/monitor")
        cosigner, kept = cosigner_keys.generate(name)
    except Malformed as malformed:
        raise NoMonitor(str(malformed)) from None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / _DATABASE).touch(mode=0o600)
    vkeys = "".join(f"{key.vkey()}\n" for key in cosigner.keys)
    disk.replace(disk.DISK, folder / "monitor.pub", vkeys.encode(), 0o644)
    disk.replace(disk.DISK, path, kept)
    return cosigner


class MonitorMemory:
    """The folder of one monitor of the ledger that `policy` names; for one process at a time.

    Implements `chain_of_custody.trust.monitor.MonitorStorage`. Raises `NoMonitor` if the database is missing,
    or of another ledger. (A lost one is never recreated for the same keys: they would then sign any ledger
    that is shown to them.)
    """

    def __init__(self, folder: Path, policy: TrustPolicy) -> None:
        self._folder = folder
        if not (folder / _DATABASE).exists():
            raise NoMonitor(
                f"{folder / _DATABASE} is missing. These keys have signed before, and without it nobody "
                "knows what: find it, or begin a new monitor in another folder"
            )
        for name in ("seen", "heads", "alarms"):
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / _DATABASE, timeout=0.5, isolation_level=None)
        try:
            # One process only: two would each sign what the other has not finished reading.
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._database.execute("PRAGMA synchronous=FULL")
            self._prepare(policy)
        except sqlite3.OperationalError as error:
            raise NoMonitor(f"another monitor works in {folder}, or it cannot be written: {error}") from None
        self.write_findings()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _prepare(self, policy: TrustPolicy) -> None:
        with self.together():
            if not self._database.execute("SELECT name FROM sqlite_master").fetchall():
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    self._database.execute(statement)
                self._database.execute("INSERT INTO ledger VALUES (?, ?)", _identity(policy))
            if self._database.execute("SELECT vkeys, center FROM ledger").fetchone() != _identity(policy):
                raise NoMonitor(f"{self._folder} belongs to another ledger than the policy names")

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make all changes of the block durable at its end, or none of them."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    # For the replay.

    def head(self, chain: str) -> Head | None:
        """Return number and leaf hash of the last statement read of a chain; see `MonitorStorage.head`."""
        row = self._database.execute(
            "SELECT number, leaf_hash FROM chains WHERE chain = ?", (chain,)
        ).fetchone()
        return None if row is None else Head(*row)

    def advance(self, chain: str, head: Head) -> None:
        """Store the last statement read of a chain; see `MonitorStorage.advance`."""
        self._database.execute(
            "INSERT OR REPLACE INTO chains VALUES (?, ?, ?)", (chain, head.number, head.leaf_hash)
        )

    def register(self, position: int, leaf: bytes) -> None:
        """Store a verified statement of the registry; see `MonitorStorage.register`."""
        self._database.execute("INSERT INTO registry VALUES (?, ?)", (position, leaf))

    def registered(self) -> Iterable[tuple[int, bytes]]:
        """Return position and leaf of each statement of the registry; see `MonitorStorage.registered`."""
        return self._database.execute("SELECT position, leaf FROM registry ORDER BY position").fetchall()

    # Progress of the reading.

    def tree(self) -> Tree:
        """Return the tree over all leaves that were replayed."""
        size, hashes = self._database.execute("SELECT size, hashes FROM progress").fetchone()
        parts = [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]
        kept = dict(zip(compact_range(0, size), parts, strict=True))
        return Tree.resume(size, lambda level, index: kept[level, index])

    def keep_tree(self, tree: Tree) -> None:
        """Store the tree over the leaves that were replayed."""
        self._database.execute(
            "UPDATE progress SET size = ?, hashes = ?", (tree.size, b"".join(tree.subtrees().values()))
        )

    def last_seen(self) -> bytes | None:
        """Return the newest head that continued the one before, as it was served."""
        note: bytes | None = self._one("SELECT note FROM progress")
        return note

    def see(self, size: int, note: bytes) -> None:
        """Record a head that continues the last one seen, in a file and in the database."""
        path = self._folder / "seen" / f"{size}.note"
        if not path.exists():
            disk.replace(disk.DISK, path, note)
        with self.together():
            self._database.execute("UPDATE progress SET note = ?", (note,))

    # Findings and signatures.

    def find(self, findings: Iterable[Finding], at: str, about: str = "") -> list[Finding]:
        """Store these findings, each once; return the new ones.

        `about` distinguishes findings that have no position. Call within `together`, then `write_findings`.
        """
        fresh = []
        for finding in findings:
            place = about if finding.position is None else str(finding.position)
            line = json.dumps(
                {
                    "at": at,
                    "chain": finding.chain,
                    "found": finding.kind,
                    "position": finding.position,
                    "reason": finding.reason,
                },
                ensure_ascii=False,
            )
            if self._one("SELECT count(*) FROM findings") >= MAX_FINDINGS:
                self._database.execute("UPDATE progress SET left_out = left_out + ?", (finding.lasting,))
                continue
            made = self._database.execute(
                "INSERT OR IGNORE INTO findings (key, lasting, line) VALUES (?, ?, ?)",
                (f"{finding.kind} {place} {finding.reason}", finding.lasting, line),
            )
            if made.rowcount:
                fresh.append(finding)
        return fresh

    def write_findings(self) -> None:
        """Bring `findings.jsonl` up to date with the database; call after `together`.

        The file has the first findings; a crash may have cut its last line."""
        path = self._folder / "findings.jsonl"
        whole = path.read_bytes() if path.exists() else b""
        lines = whole.count(b"\n")
        missing = self._database.execute(
            "SELECT line FROM findings ORDER BY id LIMIT -1 OFFSET ?", (lines,)
        ).fetchall()
        if missing or not whole.endswith(b"\n"):
            kept = whole[: whole.rfind(b"\n") + 1]
            disk.replace(disk.DISK, path, kept + b"".join(f"{line}\n".encode() for (line,) in missing))

    def lasting(self) -> int:
        """Return the number of lasting findings, including those that were too many to store."""
        kept: int = self._one("SELECT count(*) FROM findings WHERE lasting")
        left_out: int = self._one("SELECT left_out FROM progress")
        return kept + left_out

    def alarm(self, kind: str, earlier: bytes, later: bytes) -> Path:
        """Store two heads that cannot both be of one ledger, each pair once, and return their folder."""
        for folder in sorted((self._folder / "alarms").iterdir()):
            kept = [folder / name for name in ("earlier.note", "later.note")]
            if all(path.exists() for path in kept) and [
                Note.parse(path.read_bytes()).text for path in kept
            ] == [Note.parse(note).text for note in (earlier, later)]:
                return folder
        number = len(list((self._folder / "alarms").iterdir())) + 1
        folder = self._folder / "alarms" / f"{number}-{kind}"
        folder.mkdir(mode=0o700)
        for name, note in (("earlier.note", earlier), ("later.note", later)):
            disk.replace(disk.DISK, folder / name, note)
        disk.DISK.sync_directory(folder.parent)
        return folder

    def sign(self, checkpoint: Checkpoint, note: Note, cosigner: Cosigner, at: int) -> Path:
        """Write the head with the monitor's own lines; an existing one is not changed."""
        path = self._folder / "heads" / f"{checkpoint.size}.note"
        if not path.exists():
            signed = note.with_signatures(cosigner.cosign(checkpoint, at))
            disk.replace(disk.DISK, path, signed.serialise(), 0o644)
        return path

    def _one(self, query: str) -> Any:
        return self._database.execute(query).fetchone()[0]


def _identity(policy: TrustPolicy) -> tuple[str, str]:
    return "\n".join(policy.log_keys.vkeys()), policy.center.hex()
