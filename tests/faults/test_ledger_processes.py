"""Real processes on one ledger: stopped in the middle of a commit and woken later, or killed at any moment.

What must hold afterwards: one history that continues every one seen before, and in it, at its place, every
statement that anybody has a receipt of.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.ledger.sql_storage import SqlStorage
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.merkle import leaf_hash, root_of, verify_consistency
from tests.faults.ledger_writer import SIGNER, opened
from tests.support.patience import PATIENCE, wait_until
from tests.support.servers.databases import Server, SqliteFile

pytestmark = pytest.mark.faults

OURS, THEIRS = "0a" * 16, "0b" * 16


class Running:
    """A writer in a process of its own, and the receipts it told."""

    def __init__(self, url: str, chain: str, count: int, *stop: str) -> None:
        self.chain = chain
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.ledger_writer", url, chain, str(count), *stop],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        # Read all the time: a writer must not come to wait for its reader.
        self._lines: list[str] = []
        self._reading = threading.Thread(target=self._lines.extend, args=(self.process.stdout,), daemon=True)
        self._reading.start()

    def stopped(self) -> None:
        """Wait until it has stopped itself; it has not ended."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        wait_until(lambda: stat.read_text().rsplit(") ", 1)[1][0] == "T")

    @property
    def told(self) -> int:
        """How many receipts it told so far."""
        return len(self._lines)

    def wake(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def receipts(self) -> list[tuple[int, str]]:
        """What it was promised until it ended: position and leaf hash. A line cut short is no promise."""
        self._reading.join()
        self.process.wait(PATIENCE)
        whole = [line.split() for line in self._lines if line.endswith("\n")]
        return [(int(index), digest) for index, digest in whole]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.repeats)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database on a file or on a server."""
    if request.param == "sqlite":
        return SqliteFile.migrated(tmp_path / "database.sqlite").url
    server: Server = request.getfixturevalue("database_server")
    return server.made(server.migrated).url


@pytest.fixture
def running() -> Iterator[list[Running]]:
    """Processes that are ended with the test, however it ends."""
    started: list[Running] = []
    yield started
    for writer in started:
        writer.process.kill()
        writer.process.wait()


def check(url: str, promised: list[tuple[int, str]], earlier: Checkpoint | None = None) -> Checkpoint:
    """By a stranger who has only the database, the keys, the receipts and an earlier checkpoint."""
    ledger, sessions = opened(url)
    newest = open_checkpoint(ledger.checkpoint(), SIGNER.keys)
    leaves = SqlStorage(sessions).entries(range(newest.size))
    assert newest.root == root_of(leaf_hash(leaf) for leaf in leaves)
    for index, digest in promised:
        assert leaf_hash(leaves[index]).hex() == digest
    if earlier is not None and earlier.size:
        proof = ledger.consistency(earlier.size, newest.size)
        verify_consistency(earlier.size, earlier.root, newest.size, newest.root, proof)
    ends: dict[str, SignedStatement] = {}
    for leaf in leaves:
        signed = SignedStatement.parse(leaf)
        before = ends.get(signed.statement.evidence)
        assert signed.statement.number == (0 if before is None else before.statement.number + 1)
        assert signed.statement.previous == (None if before is None else before.leaf_hash.hex())
        ends[signed.statement.evidence] = signed
    sessions.engine.dispose()
    return newest


def test_a_process_stopped_with_a_signed_checkpoint_and_woken_after_others_went_on_does_not_fork(
    url: str, running: list[Running]
) -> None:
    ours = Running(url, OURS, 6, "signing")
    running.append(ours)
    ours.stopped()
    theirs = Running(url, THEIRS, 20)
    running.append(theirs)
    promised = theirs.receipts()
    # They have all their receipts, while ours still holds a checkpoint that it signed for a smaller tree.
    assert len(promised) == 20
    before = check(url, promised)
    assert before.size == 22
    ours.wake()
    promised += ours.receipts()
    assert ours.process.returncode == 0
    assert len(promised) == 26
    assert check(url, promised, before).size == 26


@pytest.mark.parametrize("place", ["INSERT", "COMMIT"])
def test_while_a_process_is_stopped_in_its_transaction_others_wait_and_nobody_loses(
    url: str, running: list[Running], place: str
) -> None:
    ours = Running(url, OURS, 6, place)
    running.append(ours)
    ours.stopped()
    theirs = Running(url, THEIRS, 5)
    running.append(theirs)
    # Nothing of either commit is to be seen, however often one looks; reading goes on meanwhile.
    for _ in range(5):
        assert check(url, []).size == 2
    ours.wake()
    promised = ours.receipts() + theirs.receipts()
    assert (ours.process.returncode, theirs.process.returncode) == (0, 0)
    assert len(promised) == 11
    assert check(url, promised).size == 11


@pytest.mark.parametrize("place", ["signing", "INSERT", "COMMIT"])
def test_a_process_killed_in_the_middle_of_a_commit_leaves_the_tree_before_it(
    url: str, running: list[Running], place: str
) -> None:
    ours = Running(url, OURS, 6, place)
    running.append(ours)
    ours.stopped()
    ours.process.kill()
    promised = ours.receipts()
    assert len(promised) == 2
    before = check(url, promised)
    assert before.size == 2
    theirs = Running(url, THEIRS, 3)
    running.append(theirs)
    promised += theirs.receipts()
    assert check(url, promised, before).size == 5


def test_a_process_killed_at_random_moments_of_committing_leaves_every_receipt_true(
    url: str, running: list[Running], rounds: int
) -> None:
    promised: list[tuple[int, str]] = []
    newest: Checkpoint | None = None
    for round_ in range(rounds):
        # A chain of its own each time: a writer that starts anew does not know the end of the one before.
        writers = [Running(url, f"{round_:016x}{number:016x}", 0) for number in range(2)]
        running.extend(writers)
        wait_until(lambda writers=writers: any(writer.told for writer in writers))  # type: ignore[misc]
        time.sleep(random.uniform(0.0, 0.4))
        for writer in writers:
            writer.process.kill()
        told = [receipt for writer in writers for receipt in writer.receipts()]
        promised += told
        fresh = check(url, promised, newest)
        assert newest is None or fresh.size >= newest.size + len(told)
        newest = fresh
    assert newest is not None
    assert len(promised) >= rounds
