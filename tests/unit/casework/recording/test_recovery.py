"""Sealing a part whose child is gone, at whatever line it went."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.database.models import Evidence, EvidenceState, InterviewState
from casework.errors import LedgerAway, NeverStarted, RecordingFailed, Refused, WrongState
from casework.evidence import gateway
from casework.interviews import interviews
from casework.ledger import chains, custody_log
from casework.recording import recovery
from casework.recording.recording_writer import RecordingWriter, spool_root
from casework.recording.statement_outbox import SEALED
from casework.recording.ticket import RecordingTicket
from chain_of_custody.items.recording_manifest import Manifest
from chain_of_custody.statements.statement import Head, SignedStatement, Statement, follow, sign
from chain_of_custody.tlog.ledger import Receipt
from tests.support.centers.casework_world import QUICK, Port, World, feed
from tests.support.patience import PATIENCE, until
from vault.spool.reader import SpoolReader
from vault.spool.writer import SpoolWriter

PROGRESS = replace(QUICK, reserve=0, progress_seconds=0.05)


@pytest.fixture
def ticket(world: World) -> RecordingTicket:
    return world.ticket(world.interview())


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine's ledger answers late, and is not away."""
    monkeypatch.setattr("casework.recording.recovery.SEAL_WAITS", PATIENCE)


@contextlib.contextmanager
def impatient() -> Iterator[None]:
    """Where the ledger will not answer, the test need not wait for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("casework.recording.recovery.SEAL_WAITS", 0.1)
        yield


async def kill(writer: RecordingWriter) -> None:
    """What remains when the child is gone: the lock is free, nothing else is tidied up."""
    await writer._let_go()


async def recover(world: World, ticket: RecordingTicket, port: Port | None = None) -> Manifest:
    return await RecordingWriter.recover(
        world.center.spool, ticket.evidence, world.recorder_key, port or world.port(ticket), "child-gone"
    )


def said(world: World, item: str) -> list[Statement]:
    return [SignedStatement.parse(leaf).statement for leaf in chains.chain(world.center, item).values()]


def types(world: World, item: str) -> list[str]:
    return [one.type.removeprefix("recording.") for one in said(world, item)]


async def test_a_part_whose_child_was_killed_is_sealed_as_interrupted(
    world: World, ticket: RecordingTicket
) -> None:
    writer = await world.writer(ticket)
    await feed(writer, 2)
    acknowledged = writer.records()
    await kill(writer)
    segment = next((world.center.spool / ticket.evidence).glob("*.open"))
    with segment.open("ab") as file:
        file.write(b"\x00\x00\x01\x50half a frame")

    manifest = await recover(world, ticket)

    index = manifest.open_index(SpoolReader(world.center.spool, ticket.evidence).file("index"))
    assert manifest.state == "interrupted"
    assert list(index.records) == acknowledged
    assert types(world, ticket.evidence) == ["started", "interrupted", "sealed"]
    assert said(world, ticket.evidence)[1].body["reason"] == "child-gone"
    with world.center.database() as session:
        part = session.get_one(Evidence, ticket.evidence)
    assert (part.state, part.reason) == (EvidenceState.INTERRUPTED, "child-gone")
    assert part.interview.state is InterviewState.RECORDING, "the interview goes on in a new part"
    assert interviews.unfinished(world.center) == []


async def test_recovering_again_says_nothing_twice(world: World, ticket: RecordingTicket) -> None:
    writer = await world.writer(ticket)
    await feed(writer, 1)
    await kill(writer)
    first = await recover(world, ticket)
    assert await recover(world, ticket) == first
    assert types(world, ticket.evidence) == ["started", "interrupted", "sealed"]


async def test_statements_the_child_had_signed_come_first(world: World, ticket: RecordingTicket) -> None:
    port = world.port(ticket)
    writer = await world.writer(ticket, port, PROGRESS)
    port.away = True
    await feed(writer, 2)
    await until(lambda: writer.statements_waiting == 1)
    await kill(writer)
    await recover(world, ticket)
    assert types(world, ticket.evidence) == ["started", "progress", "interrupted", "sealed"]


class Died(BaseException):
    """The recovering process is gone."""


class DyingPort(Port):
    """Dies at the n-th statement: before the ledger has it, or after, when nobody learns of it."""

    dies_at = 1
    after = False

    async def append(self, build: Callable[[Head | None], bytes]) -> Receipt:
        if self.asked + 1 == self.dies_at:
            if self.after:
                await super().append(build)
            else:
                build(await asyncio.to_thread(custody_log.head, self.center, self.evidence))
            raise Died
        return await super().append(build)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("dies_at", [1, 2])
async def test_a_recovery_that_dies_at_any_statement_is_finished_by_the_next(
    world: World, ticket: RecordingTicket, dies_at: int, after: bool
) -> None:
    writer = await world.writer(ticket)
    await feed(writer, 1)
    await kill(writer)
    port = DyingPort(world.center, ticket.evidence)
    port.dies_at, port.after = dies_at, after
    with impatient(), pytest.raises((Died, LedgerAway)):
        await recover(world, ticket, port)
    await until(lambda: port.under_way == 0)
    await recover(world, ticket)
    assert types(world, ticket.evidence) == ["started", "interrupted", "sealed"]


@pytest.mark.parametrize("left", ["nothing", "index", "manifest"])
async def test_a_seal_that_died_half_way_is_finished(
    world: World, ticket: RecordingTicket, left: str
) -> None:
    writer = await world.writer(ticket)
    await feed(writer, 1)
    await kill(writer)
    folder = world.center.spool / ticket.evidence
    manifest = await recover_without_ledger(world, ticket)
    for pending in folder.glob("pending/*"):
        pending.unlink()
    if left != "manifest":
        (folder / "manifest").unlink()
    if left == "nothing":
        (folder / "index").unlink()
    assert await recover(world, ticket) == manifest
    assert types(world, ticket.evidence) == ["started", "interrupted", "sealed"]


async def recover_without_ledger(world: World, ticket: RecordingTicket) -> Manifest:
    port = world.port(ticket)
    port.away = True
    with impatient(), pytest.raises(LedgerAway):
        await recover(world, ticket, port)
    return Manifest.parse(SpoolReader(world.center.spool, ticket.evidence).file("manifest"))


async def test_a_complete_seal_whose_statement_was_lost_stays_complete(
    world: World, ticket: RecordingTicket
) -> None:
    port = world.port(ticket)
    writer = await world.writer(ticket, port, replace(PROGRESS, seal_seconds=0.1))
    await feed(writer, 1)
    port.away = True
    manifest = await writer.seal()
    folder = world.center.spool / ticket.evidence
    for pending in folder.glob("pending/*"):
        pending.unlink()
    assert await recover(world, ticket) == manifest
    assert types(world, ticket.evidence) == ["started", "sealed"]
    assert (folder / SEALED).exists()


async def test_a_part_the_ledger_knows_nothing_of_never_began(world: World, ticket: RecordingTicket) -> None:
    port = world.port(ticket)
    port.away = True
    with pytest.raises(LedgerAway):
        await world.writer(ticket, port)
    with pytest.raises(NeverStarted):
        await recover(world, ticket)
    assert not (world.center.spool / ticket.evidence).exists()
    with pytest.raises(NeverStarted):
        await recover(world, ticket)
    gateway.never_started(world.center, ticket.evidence)
    assert interviews.unfinished(world.center) == []
    interview = interviews.get(world.center, world.prosecutor, ticket.interview)
    assert interviews.list_parts(interview) == []


async def test_a_start_whose_answer_was_lost_did_begin(world: World, ticket: RecordingTicket) -> None:
    port = world.port(ticket)
    port.lose_answers = 1
    with pytest.raises(LedgerAway):
        await world.writer(ticket, port)
    with pytest.raises(WrongState):
        gateway.never_started(world.center, ticket.evidence)
    manifest = await recover(world, ticket)
    assert manifest.records == 1
    assert types(world, ticket.evidence) == ["started", "interrupted", "sealed"]


async def test_pictures_that_the_ledger_does_not_know_are_never_thrown_away(
    world: World, ticket: RecordingTicket, tmp_path: Path
) -> None:
    writer = await world.writer(ticket)
    await feed(writer, 1)
    await kill(writer)

    class Elsewhere(Port):
        async def append(self, build: Callable[[Head | None], bytes]) -> Receipt:
            build(None)
            raise AssertionError("nothing is built on an empty chain")

    with pytest.raises(RecordingFailed) as failed:
        await recover(world, ticket, Elsewhere(world.center, ticket.evidence))
    assert failed.value.reason == "not-in-ledger"
    assert (await recover(world, ticket)).records == 8


async def test_pictures_without_their_ticket_are_never_thrown_away(
    world: World, ticket: RecordingTicket
) -> None:
    writer = await world.writer(ticket)
    await feed(writer, 1)
    await kill(writer)
    lost = world.center.spool / ticket.evidence / "part.json"
    told = lost.read_bytes()
    lost.unlink()
    with pytest.raises(RecordingFailed, match=r"part\.json"):
        await recover(world, ticket)
    lost.write_bytes(told)
    assert (await recover(world, ticket)).records == 8


async def test_a_living_child_is_not_recovered(world: World, ticket: RecordingTicket) -> None:
    writer = await world.writer(ticket)
    with pytest.raises(WrongState):
        await recover(world, ticket)
    await writer.seal()


async def test_only_its_own_recorder_seals_a_part(world: World, ticket: RecordingTicket) -> None:
    writer = await world.writer(ticket)
    await kill(writer)
    with pytest.raises(Refused):
        await RecordingWriter.recover(
            world.center.spool,
            ticket.evidence,
            Ed25519PrivateKey.generate(),
            world.port(ticket),
            "child-gone",
        )


async def test_a_spool_with_a_message_that_is_not_its_records_is_not_sealed_over(
    world: World, ticket: RecordingTicket
) -> None:
    writer = await world.writer(ticket)
    await feed(writer, 1)
    await kill(writer)
    spool, _ = SpoolWriter.recover(world.center.spool, ticket.evidence)
    spool.append([(writer.records()[-1].canonical(), b"another message")])
    spool.close()
    with pytest.raises(RecordingFailed) as failed:
        await recover(world, ticket)
    assert failed.value.reason == "spool-damaged"


async def test_practice_left_by_a_dead_child_is_cleared_and_living_practice_is_not(world: World) -> None:
    interview = world.interview(practice=True)
    dead = await world.writer(world.ticket(interview))
    living = await world.writer(world.ticket(interview))
    await kill(dead)
    recovery.clear_practice(world.center.spool)
    left = [path.name for path in spool_root(world.center.spool, practice=True).iterdir()]
    assert left == [living.ticket.evidence]
    await living.seal()


async def test_after_the_interruption_only_the_seal_is_taken_and_after_the_seal_nothing(
    world: World, ticket: RecordingTicket
) -> None:
    writer = await world.writer(ticket)
    port = world.port(ticket)

    def leaf(type_: str, body: dict[str, object]) -> Callable[[Head | None], bytes]:
        return lambda head: sign(
            follow(
                head,
                type=type_,
                evidence=ticket.evidence,
                case=ticket.case,
                actor=ticket.actor,
                at="2026-11-24T20:15:03.120Z",
                purpose=ticket.purpose,
                body=body,
            ),
            world.recorder_key,
        )

    so_far = {"records": 1, "root": "00" * 32}
    progress = leaf("recording.progress", so_far)
    interrupted = leaf("recording.interrupted", so_far | {"reason": "child-gone"})
    sealed = leaf("recording.sealed", so_far | {"manifest": "00" * 32, "state": "interrupted"})
    await port.append(progress)
    await port.append(interrupted)
    for late in (progress, interrupted):
        with pytest.raises(Refused, match="interrupted"):
            await port.append(late)
    await port.append(sealed)
    for late in (progress, interrupted, sealed):
        with pytest.raises(Refused, match="sealed"):
            await port.append(late)
    await kill(writer)
