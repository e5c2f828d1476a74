"""The ledger signed through the keyholder: several processes, failed commits, an old database put back."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from amana.centers import opened_center
from amana.health import status
from amana.keyholder.client import KeyholderClient, KeyholderSigner, take_over
from amana.settings import Settings
from amana.supervisor.recorder_client import RecorderRooms
from casework.center import Center
from casework.database.models import Person, Role
from casework.ledger import custody_log
from casework.ledger.sql_storage import SqlStorage
from casework.people import people
from chain_of_custody.errors import LedgerDiverged, StorageFailed
from chain_of_custody.tlog.ledger import Ledger
from tests.support.centers.prepared import RunningKeyholder


def test_processes_that_append_at_once_all_succeed(
    settings: Settings, center: Center, keyholder: RunningKeyholder, administrator: Person
) -> None:
    def state(which: Center, number: int) -> None:
        custody_log.append(
            which,
            custody_log.Draft(
                type="role.given",
                evidence=which.deployment,
                person=None,
                purpose="administration",
                body={"organisation": "o", "person": f"{number:032x}", "role": "court"},
            ),
        )

    # A center each, as the service and a command at the terminal have: own ledger, own connections.
    of_command = KeyholderClient(keyholder.connect("command"))
    with opened_center(settings, RecorderRooms(settings), of_command) as other, ThreadPoolExecutor(6) as pool:
        before = center.ledger.size
        list(pool.map(lambda n: state(other if n % 2 else center, n), range(60)))
        assert center.ledger.size == other.ledger.size == before + 60


class FullDisk(SqlStorage):
    """Storage whose next commits fail and keep nothing."""

    failing = 0

    def commit(self, *args: object) -> None:
        if self.failing:
            self.failing -= 1
            raise StorageFailed("the disk is full")
        super().commit(*args)  # type: ignore[arg-type]


def test_after_a_commit_that_failed_the_ledger_goes_on_with_other_entries(
    center: Center, keyholder: KeyholderClient
) -> None:
    storage = FullDisk(center.database)
    ledger = Ledger(storage, KeyholderSigner(keyholder, storage), center.log_keys)
    people.first_administrator(center, "First")
    storage.failing = 2
    leaf = center.ledger.entry(1)
    for _ in range(2):
        with pytest.raises(StorageFailed):
            ledger.append([leaf])
    before = center.ledger.size
    people.add(center, people.everybody(center, _only(center))[0], "Second", Role.COURT)
    people.add(center, people.everybody(center, _only(center))[0], "Third", Role.COURT)
    assert center.ledger.size == before + 2
    assert keyholder.memory()[1] == 1  # the two failed tries were one and the same tree


class Past(SqlStorage):
    """Storage that has gone back to this checkpoint."""

    note: bytes | None = None

    def checkpoint(self) -> bytes | None:
        return self.note


def test_a_checkpoint_that_was_read_just_before_a_commit_is_no_rollback(
    center: Center, keyholder: KeyholderClient, administrator: Person
) -> None:
    storage, past = SqlStorage(center.database), Past(center.database)
    past.note = read = storage.checkpoint()
    assert read is not None
    people.add(center, administrator, "Second", Role.COURT)
    size = center.ledger.size
    take_over(keyholder, storage, read)
    people.add(center, administrator, "Third", Role.COURT)
    assert center.ledger.size == size + 1
    with pytest.raises(LedgerDiverged, match="do not continue"):
        take_over(keyholder, past, read)


@pytest.mark.parametrize("lost", [3, 1])
def test_an_old_database_put_back_is_not_signed_for(
    settings: Settings, center: Center, keyholder: KeyholderClient, administrator: Person, lost: int
) -> None:
    copy = settings.data / "yesterday.sqlite"
    with sqlite3.connect(settings.database) as now, sqlite3.connect(copy) as then:
        now.backup(then)
    for number in range(lost):
        people.add(center, administrator, f"N{number}", Role.COURT)
    center.database.engine.dispose()
    for leftover in settings.working.glob("database.sqlite*"):
        leftover.unlink()
    shutil.move(copy, settings.database)
    with opened_center(settings, RecorderRooms(settings), keyholder) as rolled_back:
        with pytest.raises(LedgerDiverged, match="go on from"):
            people.add(rolled_back, administrator, "N4", Role.COURT)
        assert status.look(rolled_back, settings)["ledger"] == {"well": False, "error": "LedgerDiverged"}


def _only(center: Center) -> Person:
    return people.find(center, "First")[0]
