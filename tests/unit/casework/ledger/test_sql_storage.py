"""The ledger in the database: one transaction, one winner, chains that cannot fork."""

from __future__ import annotations

import multiprocessing
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from sqlalchemy import event, func, select

from casework.database.engine import Sessions, connect
from casework.database.migrations import upgrade
from casework.database.models import LedgerEntry, LedgerNode, StatementIndex
from casework.ledger import chains, custody_log, sql_storage
from casework.ledger.sql_storage import SqlStorage
from chain_of_custody.errors import Altered, ChainConflict, StorageConflict, StorageFailed
from chain_of_custody.statements.statement import Actor, Head, SignedStatement, follow, sign
from chain_of_custody.tlog.checkpoint import LocalSigner
from chain_of_custody.tlog.ledger import Ledger
from tests.support.centers.casework_world import World
from tests.support.servers.databases import MadeDatabase

ORIGIN = "amana/" + "d0" * 16
SIGNER = LocalSigner(
    Ed25519PrivateKey.from_private_bytes(b"e" * 32), MLDSA44PrivateKey.from_seed_bytes(b"m" * 32), ORIGIN
)
CENTER = Ed25519PrivateKey.from_private_bytes(b"c" * 32)
MANY = 500
"""More rows than are read at once in a test."""


def leaf(head: Head | None, chain: str) -> bytes:
    statement = follow(
        head,
        type="evidence.viewed",
        evidence=chain,
        case=None,
        actor=Actor("d0" * 16, "system", "center"),
        at="2026-11-24T20:15:03.120Z",
        purpose="review",
        body={},
    )
    return sign(statement, CENTER)


def head_of(made: bytes) -> Head:
    return SignedStatement.parse(made).head


def open_ledger(url: str) -> tuple[Ledger, Sessions]:
    engine = connect(url)
    upgrade(engine)
    sessions = Sessions(engine)
    return Ledger(SqlStorage(sessions), SIGNER, SIGNER.keys), sessions


def counted(sessions: Sessions) -> tuple[int, int, int]:
    with sessions() as session:
        return tuple(  # type: ignore[return-value]
            session.scalar(select(func.count()).select_from(table))
            for table in (LedgerEntry, LedgerNode, StatementIndex)
        )


def test_a_ledger_reopened_from_the_database_goes_on_and_proves_what_was_before(
    database: MadeDatabase,
) -> None:
    ledger, _ = open_ledger(database.url)
    first = leaf(None, "01" * 16)
    ledger.append([first])
    again, _ = open_ledger(database.url)
    again.append([leaf(head_of(first), "01" * 16)])
    again.inclusion(0).verify(first, SIGNER.keys)
    assert (again.size, ledger.size) == (2, 2)


def test_a_commit_on_a_checkpoint_that_is_no_longer_stored_keeps_nothing(database: MadeDatabase) -> None:
    ledger, sessions = open_ledger(database.url)
    storage = SqlStorage(sessions)
    stale = storage.checkpoint()
    ledger.append([leaf(None, "01" * 16)])
    before = counted(sessions)
    with pytest.raises(StorageConflict):
        storage.commit(stale, 1, [leaf(None, "02" * 16)], [(0, 1, b"x" * 32)], b"forged")
    with pytest.raises(StorageConflict):
        storage.commit(None, 0, [], [], b"a second beginning")
    assert counted(sessions) == before
    assert storage.checkpoint() == ledger.checkpoint()


def test_an_entry_that_does_not_take_the_next_place_in_its_chain_is_refused(database: MadeDatabase) -> None:
    ledger, sessions = open_ledger(database.url)
    first = leaf(None, "01" * 16)
    ledger.append([first])
    before = counted(sessions)
    fork = leaf(None, "01" * 16)
    hole = leaf(Head(4, b"\x05" * 32), "01" * 16)
    wrong_link = leaf(Head(0, b"\x05" * 32), "01" * 16)
    for bad in (fork, hole, wrong_link):
        with pytest.raises(ChainConflict):
            ledger.append([leaf(None, "02" * 16), bad])
    assert counted(sessions) == before
    ledger.append([leaf(head_of(first), "01" * 16)])


def test_a_group_may_carry_several_statements_of_one_chain(database: MadeDatabase) -> None:
    ledger, _ = open_ledger(database.url)
    first = leaf(None, "01" * 16)
    second = leaf(head_of(first), "01" * 16)
    assert [receipt.index for receipt in ledger.append([first, second])] == [0, 1]


def test_what_is_altered_in_the_database_is_not_believed(database: MadeDatabase) -> None:
    ledger, sessions = open_ledger(database.url)
    first = leaf(None, "01" * 16)
    ledger.append([first, leaf(head_of(first), "01" * 16)])
    with sessions.begin() as session:
        entry = session.get_one(LedgerEntry, 0)
        entry.leaf = entry.leaf.replace(b"review", b"reviev")
    with pytest.raises(Altered):
        ledger.entry(0)


def test_a_database_that_cannot_be_written_is_a_storage_failure(database: MadeDatabase) -> None:
    ledger, sessions = open_ledger(database.url)
    storage = SqlStorage(sessions)
    with sessions.writing.connect() as connection:
        connection.exec_driver_sql("DROP TABLE ledger_nodes")
        connection.commit()
    with pytest.raises(StorageFailed):
        storage.commit(ledger.checkpoint(), 0, [leaf(None, "01" * 16)], [(0, 0, b"x" * 32)], b"new")
    with pytest.raises(StorageFailed):
        storage.nodes([(0, 0)])
    assert storage.checkpoint() == ledger.checkpoint()


def test_many_subtrees_are_read_at_once_in_the_order_in_which_they_are_asked_for(
    database: MadeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_storage, "KEYS_PER_QUERY", MANY)
    ledger, sessions = open_ledger(database.url)
    ledger.append([leaf(None, f"{number:032x}") for number in range(MANY + 10)])
    storage = SqlStorage(sessions)
    places = [(0, index) for index in reversed(range(MANY + 10))] + [(3, 1), (0, 5), (3, 1)]
    found = storage.nodes(places)
    with sessions() as session:
        rows = {(row.level, row.position): row.digest for row in session.scalars(select(LedgerNode))}
    assert found == [rows[place] for place in places]
    assert storage.nodes([]) == []
    with pytest.raises(StorageFailed, match=f"subtree 0/{MANY + 10} is missing"):
        storage.nodes([(0, 1), (0, MANY + 10)])


def test_the_chain_of_a_thousand_statements_is_proved_with_as_many_queries_as_that_of_ten(
    world: World,
) -> None:
    center = world.center
    queries: list[str] = []

    def note(_: object, cursor: object, statement: str, *__: object) -> None:
        queries.append(statement)

    counts = []
    for chain, length in (("0a" * 16, 10), ("0b" * 16, 1000)):
        leaves = [leaf(None, chain)]
        while len(leaves) < length:
            leaves.append(leaf(head_of(leaves[-1]), chain))
        # Among statements about others, as those of the registry are.
        others = [leaf(None, f"{length:016x}{number:016x}") for number in range(length)]
        center.ledger.append([each for pair in zip(leaves, others, strict=True) for each in pair])
        queries.clear()
        event.listen(center.database.engine, "before_cursor_execute", note)
        found = chains.chain(center, chain)
        proofs = chains.prove(center, found)
        event.remove(center.database.engine, "before_cursor_execute", note)
        assert (list(found.values()), len(proofs)) == (leaves, length)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_entries_that_are_missing_are_not_passed_over(database: MadeDatabase) -> None:
    ledger, sessions = open_ledger(database.url)
    made = [leaf(None, f"{number:032x}") for number in range(5)]
    ledger.append(made)
    storage = SqlStorage(sessions)
    assert storage.entries([1, 3, 2]) == [made[1], made[3], made[2]]
    with pytest.raises(StorageFailed, match="entry 5 is missing"):
        storage.entries(range(3, 6))
    with sessions.begin() as session:
        session.delete(session.get_one(LedgerEntry, 2))
    with pytest.raises(StorageFailed, match="entry 2 is missing"):
        storage.entries([1, 2, 3])


def test_the_places_of_many_chains_are_looked_at_in_one_commit(database: MadeDatabase) -> None:
    ledger, sessions = open_ledger(database.url)
    chains = [f"{number:032x}" for number in range(MANY)]
    first = [leaf(None, chain) for chain in chains]
    ledger.append(first)
    second = [leaf(head_of(made), chain) for made, chain in zip(first, chains, strict=True)]
    before = counted(sessions)
    for bad in (first[-1], leaf(Head(0, b"\x05" * 32), chains[-1]), leaf(Head(1, b"\x05" * 32), chains[-1])):
        with pytest.raises(ChainConflict, match=chains[-1]):
            ledger.append([*second[:-1], bad])
    assert counted(sessions) == before
    ledger.append(second)


def _appender(url: str, chain: str, count: int) -> None:
    ledger, _ = open_ledger(url)
    head: Head | None = None
    for _ in range(count):
        made = leaf(head, chain)
        ledger.append([made])
        head = head_of(made)


def _appenders(url: str) -> None:
    """Several processes that append at once, forked by one that has imported everything for them."""
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_appender, args=(url, f"{number:032x}", 25)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0


@pytest.mark.starts
def test_several_processes_on_one_database_make_one_history(database: MadeDatabase) -> None:
    open_ledger(database.url)
    parent = multiprocessing.get_context("spawn").Process(target=_appenders, args=(database.url,))
    parent.start()
    parent.join()
    assert parent.exitcode == 0
    ledger, sessions = open_ledger(database.url)
    assert ledger.size == 75
    for position in range(75):
        ledger.inclusion(position).verify(ledger.entry(position), SIGNER.keys)
    with sessions() as session:
        for number in range(3):
            found = session.scalars(
                select(StatementIndex.number).where(StatementIndex.chain == f"{number:032x}")
            )
            assert sorted(found) == list(range(25))


def test_threads_that_state_things_about_one_item_at_once_are_all_numbered(world: World) -> None:
    about, errors = "0a" * 16, []

    def state() -> None:
        try:
            for _ in range(10):
                custody_log.append(
                    world.center,
                    custody_log.Draft(
                        type="evidence.viewed",
                        evidence=about,
                        person=world.prosecutor,
                        purpose="review",
                        body={},
                    ),
                )
        except Exception as error:  # noqa: BLE001  # whatever it is, the test must show it
            errors.append(error)

    threads = [threading.Thread(target=state) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    head = custody_log.head(world.center, about)
    assert head is not None
    assert head.number == 59
