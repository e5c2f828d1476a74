"""The gateway: permission, then statement, then keys or bytes."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from casework.cases import cases
from casework.clock import now
from casework.database.models import Evidence, EvidenceState, Role, StatementIndex
from casework.errors import (
    Forbidden,
    GrantWithdrawn,
    LedgerAway,
    Missing,
    NothingReadable,
    Refused,
    VaultLocked,
    WrongState,
)
from casework.evidence import gateway, viewing_sessions
from casework.evidence.gateway import ItemExtent
from casework.grants import grants
from casework.interviews import interviews, recorder_statements
from casework.ledger import chains, custody_log
from casework.people import people
from casework.recording import interview_folder
from chain_of_custody.errors import StorageFailed
from chain_of_custody.items.record import check_record
from chain_of_custody.items.recording_manifest import Manifest
from chain_of_custody.statements.statement import SignedStatement, Statement
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.tlog.ledger import Ledger
from tests.support.centers.casework_world import World, feed
from tests.support.people.granting import granted
from vault.errors import Altered
from vault.keyholders.local_keyholder import WAITING
from vault.sealing.key_wrapping import recipient_id
from vault.sealing.sealing import open_with_message_key
from vault.spool.folder import take_lock
from vault.spool.reader import SpoolReader


@pytest.fixture
async def item(world: World) -> str:
    interview = await asyncio.to_thread(world.interview)
    return await world.recorded(interview)


def said(world: World, about: str) -> list[Statement]:
    return [SignedStatement.parse(leaf).statement for leaf in chains.chain(world.center, about).values()]


def refuse_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    def append(self: Ledger, leaves: object) -> object:
        raise StorageFailed("the disk is full")

    monkeypatch.setattr(Ledger, "append", append)


def test_a_viewing_is_stated_and_then_gives_keys_that_open_everything(world: World, item: str) -> None:
    granted(world.center, world.prosecutor, world.case.id, world.court)
    viewing = gateway.view(world.center, world.court, item, "hearing")
    last = said(world, item)[-1]
    assert (last.type, last.purpose, last.actor.id) == ("evidence.viewed", "hearing", world.court.id)
    records = viewing.recording.records
    keys = viewing.message_keys(range(len(records)))
    for record, key in zip(records, keys, strict=True):
        check_record(record, open_with_message_key(key, viewing.message(record.index)))


def test_without_a_durable_statement_nobody_sees_anything(
    world: World, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    real = world.keyholder.message_keys
    monkeypatch.setattr(world.keyholder, "message_keys", lambda *a: asked.append(a) or real(*a))
    refuse_statements(monkeypatch)
    with pytest.raises(StorageFailed):
        gateway.view(world.center, world.prosecutor, item, "review")
    with pytest.raises(StorageFailed):
        gateway.export(world.center, world.prosecutor, [ItemExtent(item)], "disclosure")
    assert asked == []


def test_without_permission_not_even_a_statement_is_made(world: World, item: str) -> None:
    size = world.center.ledger.size
    stranger = people.add(world.center, world.administrator, "Person Q", Role.PROSECUTOR)
    size = world.center.ledger.size
    for person in (world.administrator, world.court, stranger):
        with pytest.raises(Forbidden):
            gateway.view(world.center, person, item, "review")
        with pytest.raises(Forbidden):
            gateway.export(world.center, person, [ItemExtent(item)], "disclosure")
    granted(world.center, world.prosecutor, world.case.id, world.court)
    size = world.center.ledger.size
    with pytest.raises(Forbidden):
        gateway.export(world.center, world.court, [ItemExtent(item)], "disclosure")
    with pytest.raises(Missing):
        gateway.view(world.center, world.prosecutor, "00" * 16, "review")
    with pytest.raises(Refused):
        gateway.view(world.center, world.prosecutor, item, "curiosity")
    assert world.center.ledger.size == size


def test_it_is_opened_to_document_it_and_neither_exported_nor_granted_for_that(
    world: World, item: str
) -> None:
    assert gateway.view(world.center, world.prosecutor, item, "documentation").purpose == "documentation"
    with pytest.raises(Refused):
        gateway.export(world.center, world.prosecutor, [ItemExtent(item)], "documentation")
    with pytest.raises(Refused):
        granted(world.center, world.prosecutor, world.case.id, world.court, purpose="documentation")


def test_a_locked_vault_is_said_before_a_viewing_is_stated(world: World, item: str) -> None:
    viewing = gateway.view(world.center, world.prosecutor, item, "review")
    size = world.center.ledger.size
    world.keyholder.lock()
    with pytest.raises(VaultLocked):
        gateway.view(world.center, world.prosecutor, item, "review")
    with pytest.raises(VaultLocked):
        gateway.export(world.center, world.prosecutor, [ItemExtent(item)], "disclosure")
    assert world.center.ledger.size == size
    assert viewing.message(0)
    with pytest.raises(VaultLocked):
        viewing.message_keys([0])


def test_a_viewing_is_for_one_person_for_a_while_and_only_while_permitted(
    world: World, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = granted(world.center, world.prosecutor, world.case.id, world.court)
    opened = gateway.view(world.center, world.court, item, "hearing")
    assert gateway.viewing(world.center, world.court, opened.id).evidence == item
    with pytest.raises(Missing):
        gateway.viewing(world.center, world.prosecutor, opened.id)
    grants.withdraw(world.center, world.prosecutor, grant.id, reason="ended")
    with pytest.raises(GrantWithdrawn):
        gateway.viewing(world.center, world.court, opened.id)
    granted(world.center, world.prosecutor, world.case.id, world.court)
    with pytest.raises(GrantWithdrawn):  # another does not keep open what was opened under it
        gateway.viewing(world.center, world.court, opened.id)
    opened = gateway.view(world.center, world.court, item, "hearing")
    later = now() + viewing_sessions.OPEN_FOR + timedelta(seconds=1)
    monkeypatch.setattr(viewing_sessions, "now", lambda: later)
    with pytest.raises(Forbidden):
        gateway.viewing(world.center, world.court, opened.id)


def test_what_is_not_sealed_is_not_evidence_yet(world: World) -> None:
    ticket = world.ticket(world.interview())
    with pytest.raises(WrongState):
        gateway.view(world.center, world.prosecutor, ticket.evidence, "review")


def test_indices_that_there_are_not_and_too_many_keys_are_refused(world: World, item: str) -> None:
    viewing = gateway.view(world.center, world.prosecutor, item, "review")
    for index in (-1, len(viewing.recording.records)):
        with pytest.raises(Missing):
            viewing.message_keys([index])
        with pytest.raises(Missing):
            viewing.message(index)
    with pytest.raises(Refused):
        viewing.message_keys([0] * 501)


def test_a_proof_holds_the_whole_chain_under_one_checkpoint(world: World, item: str) -> None:
    viewing = gateway.view(world.center, world.prosecutor, item, "review")
    proof = viewing.proof()
    said = [SignedStatement.parse(leaf).statement for leaf, _ in proof.statements.values()]
    registry = [one.number for one in said if one.evidence == world.center.deployment]
    assert registry == list(range(len(registry))) and registry, "the whole registry"
    assert [one.type for one in said if one.evidence != world.center.deployment] == [
        "interview.opened",
        "recording.started",
        "recording.sealed",
        "evidence.viewed",
    ]
    notes = set()
    for position, (leaf, serialised) in proof.statements.items():
        parsed = TlogProof.parse(serialised)
        assert parsed.index == position
        parsed.verify(leaf, world.center.log_keys)
        notes.add(parsed.checkpoint_note)
    assert len(notes) == 1
    Manifest.parse(proof.manifest).open_index(proof.index)
    assert proof.policy == gateway.policy(world.center).data


def test_a_wrapped_key_of_another_item_opens_nothing(world: World, item: str) -> None:
    other = asyncio.run(world.recorded(world.interview()))
    recipient = recipient_id(world.keyholder.public_keys().vault)
    waiting = world.folder / "keys" / WAITING
    (waiting / f"{item}.{recipient}").write_bytes((waiting / f"{other}.{recipient}").read_bytes())
    viewing = gateway.view(world.center, world.prosecutor, item, "review")
    with pytest.raises(NothingReadable):
        viewing.message_keys([0])


async def test_live_watching_is_stated_once_on_the_interview_and_sees_what_is_durable(world: World) -> None:
    interview = await asyncio.to_thread(world.interview)
    ticket = await asyncio.to_thread(world.ticket, interview)
    writer = await world.writer(ticket)
    with pytest.raises(Forbidden, match="stated"):
        gateway.observing(world.center, world.prosecutor, interview.id)
    for _ in range(2):
        watching = gateway.observe(world.center, world.prosecutor, interview.id)
    await feed(writer, 1)
    assert [one.type for one in said(world, interview.id)] == ["interview.opened", "evidence.viewed"]
    assert said(world, interview.id)[-1].purpose == "observation"
    again = gateway.observing(world.center, world.prosecutor, interview.id)
    part = again.part(ticket.evidence)
    assert part.records() == writer.records()
    await feed(writer, 1, start=1)
    assert watching.part(ticket.evidence).records(after=8) == writer.records(8)
    [key] = writer.message_keys([9])
    check_record(writer.records()[9], open_with_message_key(key, part.message(9)))
    with pytest.raises(Missing):
        part.message(99)
    with pytest.raises(Missing):
        watching.part("00" * 16)
    for person in (world.administrator, world.court):
        with pytest.raises(Forbidden):
            gateway.observe(world.center, person, interview.id)
    await writer.seal()
    with pytest.raises(WrongState):
        gateway.observe(world.center, world.prosecutor, interview.id)


async def test_practice_is_watched_without_a_statement(world: World) -> None:
    interview = await asyncio.to_thread(world.interview, True)
    ticket = await asyncio.to_thread(world.ticket, interview)
    with interview_folder.prepared(world.center.spool, interview.id) as folder:
        writer = await world.writer(ticket, root=folder)
        size = world.center.ledger.size
        watching = gateway.observe(world.center, world.prosecutor, interview.id)
        await feed(writer, 1)
        assert len(watching.part(ticket.evidence).records()) == 8
        assert world.center.ledger.size == size
        await writer.seal()


def test_a_ticket_is_given_to_an_enrolled_recorder_by_whoever_conducts(world: World) -> None:
    interview = world.interview()
    for person in (world.administrator, world.court):
        with pytest.raises(Forbidden):
            gateway.ticket_for_part(world.center, person, interview.id)
    with pytest.raises(Refused):
        gateway.ticket_for_part(world.center, world.prosecutor, interview.id, recorder="00" * 8)
    first, second = (gateway.ticket_for_part(world.center, world.prosecutor, interview.id) for _ in range(2))
    assert (first.part, second.part) == (1, 2)
    assert first.not_before.size == world.center.ledger.size
    with world.center.database() as session:
        assert session.get_one(Evidence, first.evidence).state is EvidenceState.OPENING


def package(world: World, item: str, folder: Path) -> Path:
    """Without a viewing copy: what was recorded here are no films that could be put together."""
    wanted = [ItemExtent(item)]
    return gateway.export_package(
        world.center, world.prosecutor, wanted, "disclosure", folder / "court", viewing_copies=False
    )


def test_an_export_is_stated_before_and_named_after(world: World, item: str, tmp_path: Path) -> None:
    folder = package(world, item, tmp_path)
    before, after = said(world, item)[-2:]
    assert (before.type, before.purpose) == ("evidence.viewed", "export")
    assert (after.type, after.purpose) == ("evidence.exported", "disclosure")
    assert (folder / "data" / "recordings" / item / "wide.mp4").read_bytes() == b"init of 1" + b"w" * 9000


def test_what_is_stated_while_a_folder_is_written_is_in_it(
    world: World, item: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = custody_log.append_together
    disturbed = []

    def append_together(*arguments: object) -> object:
        if not disturbed:
            disturbed.append(gateway.view(world.center, world.prosecutor, item, "review"))
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(custody_log, "append_together", append_together)
    folder = package(world, item, tmp_path)
    leaves = chains.chain(world.center, item)
    written = {int(path.stem) for path in (folder / "data" / "statements").glob("*.json")}
    assert leaves.keys() <= written
    exported = [one for one in said(world, item) if one.type == "evidence.exported"]
    assert len(exported) == 1, "a package that never came to be is not in the ledger"


def test_an_export_that_fails_leaves_nothing_behind(
    world: World, item: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def altered(*_: object) -> list[bytes]:
        raise Altered("another key")

    monkeypatch.setattr(world.keyholder, "message_keys", altered)
    with pytest.raises(NothingReadable):
        package(world, item, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if "court" in path.name] == []
    for items in ([], [ItemExtent(item), ItemExtent(item, (0, 1))], [ItemExtent(item, (5, 5))]):
        with pytest.raises(Refused):
            gateway.export(world.center, world.prosecutor, items, "disclosure")


def test_items_of_two_cases_do_not_leave_together(world: World, item: str) -> None:
    other = cases.open_case(world.center, world.prosecutor)
    interview = interviews.open_interview(
        world.center,
        world.prosecutor,
        other.id,
        purpose="testimony",
        room="room-2",
        place="",
        present=[],
        wish="",
    )
    with world.center.database.begin() as session:
        copy = session.get_one(Evidence, item)
        session.add(
            Evidence(
                id="ee" * 16,
                case_id=other.id,
                interview_id=interview.id,
                number=1,
                state=copy.state,
                recorder=copy.recorder,
                epoch=copy.epoch,
                opened_at=copy.opened_at,
            )
        )
    with pytest.raises(Refused):
        gateway.export(
            world.center, world.prosecutor, [ItemExtent(item), ItemExtent("ee" * 16)], "disclosure"
        )


def test_another_web_process_opens_the_same_viewing(world: World, item: str) -> None:
    opened = gateway.view(world.center, world.prosecutor, item, "review")
    other = world.opened_again()
    assert gateway.viewing(other, world.prosecutor, opened.id).message_keys([0]) == opened.message_keys([0])


async def test_practice_shows_nothing_of_a_real_recording_that_somebody_watches(world: World) -> None:
    """Whoever practises needs no statement, and may not even hold the case of the other interview."""
    ticket = await asyncio.to_thread(world.ticket, await asyncio.to_thread(world.interview))
    writer = await world.writer(ticket)
    await feed(writer, 1)
    watching = gateway.observe(world.center, world.prosecutor, ticket.interview)
    assert watching.part(ticket.evidence).records()
    stranger = people.add(world.center, world.administrator, "Person Q", Role.PROSECUTOR)
    case = cases.open_case(world.center, stranger)
    practice = interviews.open_interview(
        world.center,
        stranger,
        case.id,
        purpose="testimony",
        room="room-2",
        place="",
        present=[],
        wish="",
        practice=True,
    )
    practising = gateway.observe(world.center, stranger, practice.id)
    assert practising.part(ticket.evidence).records() == []
    with pytest.raises(Missing):
        practising.part("../" + ticket.evidence)
    await writer.seal()


async def test_the_spool_of_a_part_that_never_began_is_cleared(world: World) -> None:
    interview = await asyncio.to_thread(world.interview)
    tickets = [await asyncio.to_thread(world.ticket, interview) for _ in range(3)]
    for ticket in tickets:
        port = world.port(ticket)
        port.away = True
        with pytest.raises(LedgerAway):
            await world.writer(ticket, port)
    void, undecided, at_work = (world.center.spool / ticket.evidence for ticket in tickets)
    gateway.never_started(world.center, tickets[0].evidence)
    assert not void.exists()
    recorder_statements.clear_void(world.center)
    assert undecided.exists(), "nobody has said yet that it never began"
    lock = take_lock(at_work)
    gateway.never_started(world.center, tickets[2].evidence)
    assert at_work.exists(), "a writer holds it"
    os.close(lock)
    strange = world.center.spool / ("5e" * 16)
    strange.mkdir()
    recorder_statements.clear_void(world.center)
    assert not at_work.exists()
    assert strange.exists(), "a part that the database does not know may be evidence after a restored backup"


async def test_pictures_of_a_part_that_is_said_never_to_have_begun_stay(world: World) -> None:
    """As after a rebuild from copies that went away between the catalogue and `recording.started`."""
    ticket = await asyncio.to_thread(lambda: world.ticket(world.interview()))
    writer = await world.writer(ticket)
    await feed(writer, 1)
    await writer._let_go()
    with world.center.database.begin() as session:
        session.get_one(Evidence, ticket.evidence).state = EvidenceState.VOID
        session.execute(delete(StatementIndex).where(StatementIndex.chain == ticket.evidence))
    assert recorder_statements.clear_void(world.center) == []
    assert SpoolReader(world.center.spool, ticket.evidence).more_than_a_header
