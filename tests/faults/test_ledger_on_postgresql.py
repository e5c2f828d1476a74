"""The database server dies, and a writer sleeps too long, while the ledger is being appended to.

What must hold: one history that continues every one seen before, every receipt true, and writers that go on
by themselves as soon as the server answers again.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from casework.database.engine import Sessions
from casework.database.models import StatementIndex
from casework.database.postgresql import IDLE_MS, LOCK_MS
from chain_of_custody.tlog.checkpoint import Checkpoint
from tests.faults.ledger_writer import opened
from tests.faults.test_ledger_processes import OURS, THEIRS, Running, check, running
from tests.support.patience import wait_until
from tests.support.servers.databases import Server, server

__all__ = ["running"]

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(7200)]

WRITERS = 3
SERVED = 900  # statements: nearly two hundred commits


@pytest.fixture
def harmed() -> Iterator[Server]:
    """A server of its own, that may be killed."""
    with server() as made:
        yield made


def written(sessions: Sessions) -> dict[str, int]:
    """Chain → statements."""
    with sessions() as session:
        counted = select(StatementIndex.chain, func.count()).group_by(StatementIndex.chain)
        return {row[0]: row[1] for row in session.execute(counted)}


def wait_for_all(sessions: Sessions, writers: list[Running]) -> None:
    """Until each of these has written something more."""
    before = written(sessions)

    def all_have() -> bool:
        now = written(sessions)
        return all(now.get(one.chain, 0) > before.get(one.chain, 0) for one in writers)

    wait_until(all_have)


def test_a_server_killed_at_random_moments_loses_nothing_that_was_acknowledged(
    harmed: Server, running: list[Running], rounds: int
) -> None:
    url = harmed.made(harmed.migrated).url
    writers = [Running(url, f"{number:032x}", 0) for number in range(WRITERS)]
    running.extend(writers)
    _, sessions = opened(url)
    wait_for_all(sessions, writers)
    newest: Checkpoint | None = None
    for _ in range(rounds):
        time.sleep(random.uniform(0.05, 0.8))
        # One of them sleeps through it all, wherever it was.
        sleeper = random.choice(writers)
        sleeper.process.send_signal(signal.SIGSTOP)
        harmed.kill()
        harmed.start()
        wait_for_all(sessions, [one for one in writers if one is not sleeper])
        sleeper.wake()
        wait_for_all(sessions, writers)
        newest = check(url, [], newest)
    assert [one.process.poll() for one in writers] == [None] * WRITERS
    for one in writers:
        one.process.kill()
    promised = [receipt for one in writers for receipt in one.receipts()]
    assert len(promised) >= WRITERS * rounds
    check(url, promised, newest)
    sessions.engine.dispose()


@pytest.mark.alone  # it measures how long the others wait
@pytest.mark.parametrize("place", ["INSERT", pytest.param("COMMIT", marks=pytest.mark.repeats)])
def test_a_writer_that_sleeps_in_its_transaction_holds_nobody_up_for_long_and_does_not_fork(
    database_server: Server, running: list[Running], place: str
) -> None:
    assert IDLE_MS < LOCK_MS, "whoever waits must outlast the sleeper"
    url = database_server.made(database_server.migrated).url
    ours = Running(url, OURS, 6, place)
    running.append(ours)
    ours.stopped()
    began = time.monotonic()
    theirs = Running(url, THEIRS, 20)
    running.append(theirs)
    promised = theirs.receipts()
    assert theirs.process.returncode == 0
    assert len(promised) == 20
    assert time.monotonic() - began < 2 * LOCK_MS / 1000
    before = check(url, promised)
    assert before.size == 22
    ours.wake()
    promised += ours.receipts()
    assert ours.process.returncode == 0
    assert len(promised) == 26
    assert check(url, promised, before).size == 26


@pytest.mark.alone  # it measures how much each gets done, which is the scheduler's affair beside others
def test_writers_that_never_pause_are_served_in_turn(database_server: Server, running: list[Running]) -> None:
    url = database_server.made(database_server.migrated).url
    writers = [Running(url, f"{number:032x}", 0) for number in range(WRITERS)]
    running.extend(writers)
    _, sessions = opened(url)
    wait_for_all(sessions, writers)
    before, served = commits(sessions, writers), [0]
    while sum(served) < SERVED:  # if they stop, the test's time runs out
        time.sleep(0.05)
        served = [after - first for first, after in zip(before, commits(sessions, writers), strict=True)]
    assert min(served) > 0.6 * max(served), served
    assert [one.process.poll() for one in writers] == [None] * WRITERS
    for one in writers:
        one.process.kill()
    check(url, [receipt for one in writers for receipt in one.receipts()])
    sessions.engine.dispose()


def commits(sessions: Sessions, writers: list[Running]) -> list[int]:
    """How much each has written; each commit has five statements on the average."""
    counted = written(sessions)
    return [counted.get(one.chain, 0) for one in writers]
