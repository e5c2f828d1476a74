"""Recording one part: order, durability, failures, and what it says to the ledger."""

from __future__ import annotations

import asyncio
import errno
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.database.models import Evidence, EvidenceState, InterviewState
from casework.errors import LedgerAway, RecordingFailed, Refused, SpoolBehind, WrongState
from casework.evidence import gateway
from casework.interviews import interviews
from casework.ledger import chains
from casework.recording.recording_writer import RecordingWriter, Track, spool_root
from casework.recording.ticket import RecordingTicket
from chain_of_custody.items.record import check_record
from chain_of_custody.items.recording_contents import Event, Header
from chain_of_custody.items.recording_manifest import Manifest, RecordTree
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import QUICK, TRACKS, Port, World, feed
from tests.support.patience import PATIENCE, until
from vault.disk import Disk
from vault.sealing.sealing import open_with_message_key
from vault.spool.reader import SpoolReader
from vault.spool.writer import SpoolWriter

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = replace(QUICK, idle_seconds=0.05)


class FailingDisk(Disk):
    """A disk that is full, or whose fsync fails, from a given moment on."""

    def __init__(self) -> None:
        self.full = False
        self.broken = False

    def write(self, descriptor: int, data: bytes) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "no space left on device")
        return super().write(descriptor, data)

    def sync_data(self, descriptor: int) -> None:
        if self.broken:
            raise OSError(errno.EIO, "input/output error")
        super().sync_data(descriptor)

    def unlink(self, path: Path) -> None:
        super().unlink(path)
        if path.name == "reserve":
            self.full = self.broken = False


@pytest.fixture
def ticket(world: World) -> RecordingTicket:
    return world.ticket(world.interview())


async def open_on(disk: Disk, world: World, ticket: RecordingTicket, port: Port) -> RecordingWriter:
    def make_spool(root: Path, item: str, reserve: int) -> SpoolWriter:
        return SpoolWriter.create(root, item, reserve, disk=disk)

    return await RecordingWriter.open(
        ticket, world.center.spool, world.recorder_key, port, TRACKS, limits=LIMITS, make_spool=make_spool
    )


def said(world: World, item: str) -> list[str]:
    chain = chains.chain(world.center, item)
    return [SignedStatement.parse(leaf).statement.type for leaf in chain.values()]


async def test_everything_recorded_opens_and_checks_under_the_sealed_root(
    world: World, ticket: RecordingTicket
) -> None:
    writer = await world.writer(ticket)
    await feed(writer, 3)
    keys = writer.message_keys(range(writer.size))
    manifest = await writer.seal()
    reader = SpoolReader(world.center.spool, ticket.evidence)
    index = manifest.open_index(reader.file("index"))
    assert Manifest.parse(reader.file("manifest")) == manifest
    frames = [frame for _, frame in reader.frames()]
    contents = [
        check_record(record, open_with_message_key(key, frame.message))
        for record, key, frame in zip(index.records, keys, frames, strict=True)
    ]
    assert [frame.record for frame in frames] == [record.canonical() for record in index.records]
    header = Header.parse(contents[0])
    assert (header.evidence, header.epoch, header.practice) == (ticket.evidence, ticket.epoch, False)
    assert contents[1:4] == [b"init of 1", b"init of 2", b"init of 3"]
    assert Event.parse(contents[7]) == Event("mark", 0, {"text": "second 0"})
    assert said(world, ticket.evidence) == ["recording.started", "recording.sealed"]


async def test_records_keep_the_order_of_the_calls_and_numbers_of_their_tracks(
    world: World, ticket: RecordingTicket
) -> None:
    writer = await world.writer(ticket)
    calls = [writer.queue("init", 1, b"i", 0)]
    calls += [writer.queue("media", 1, b"m", n * 1000, 1000) for n in range(50)]
    calls += [writer.queue_event("mark", 0, text="")]
    calls += [writer.queue("init", 1, b"j", 50_000), writer.queue("media", 1, b"m", 50_000, 1000)]
    assert await asyncio.gather(*calls) == list(range(1, 55))
    records = writer.records()
    assert [record.number for record in records if record.track == 1] == list(range(53))
    assert (records[51].init, records[54].init) == (1, 53)
    await writer.seal()


async def test_what_was_acknowledged_is_in_the_file_already(world: World, ticket: RecordingTicket) -> None:
    writer = await world.writer(ticket)
    await writer.init(1, b"i", 0)
    index = await writer.media(1, b"m" * 5000, 0, 1_000_000, True)
    [*_, (_, frame)] = SpoolReader(world.center.spool, ticket.evidence).frames()
    assert frame.record == writer.records()[index].canonical()
    assert writer.safe_until == 1_000_000
    assert writer.waiting_bytes == 0
    await writer.seal()


async def test_safe_until_waits_for_every_running_track_but_not_for_one_that_stopped(
    world: World, ticket: RecordingTicket
) -> None:
    writer = await world.writer(ticket)
    for track in (1, 2):
        await writer.init(track, b"i", 0)
    await writer.media(1, b"m", 0, 2_000_000, True)
    await writer.media(2, b"m", 0, 1_000_000, True)
    assert writer.safe_until == 1_000_000
    await writer.media(1, b"m", 2_000_000, 3_000_000, True)
    assert writer.safe_until == 5_000_000
    await writer.seal()


async def test_nothing_begins_without_the_ledger(world: World, ticket: RecordingTicket) -> None:
    port = world.port(ticket)
    port.away = True
    with pytest.raises(LedgerAway):
        await world.writer(ticket, port)
    assert said(world, ticket.evidence) == []


async def test_the_wrapped_key_is_durable_before_the_part_begins(
    world: World, ticket: RecordingTicket
) -> None:
    folder = world.center.spool / ticket.evidence
    port = world.port(ticket)
    there: list[bool] = []
    real = port.append

    async def looking(build: object) -> object:
        there.append((folder / "wrap").exists() and (folder / "part.json").exists())
        return await real(build)  # type: ignore[arg-type]

    port.append = looking  # type: ignore[method-assign, assignment]
    writer = await world.writer(ticket, port)
    assert there == [True]
    await writer.seal()


async def test_a_ticket_records_once_and_only_for_its_recorder(world: World, ticket: RecordingTicket) -> None:
    writer = await world.writer(ticket)
    with pytest.raises(WrongState):
        await world.writer(ticket)
    await writer.seal()
    with pytest.raises(Refused):
        await RecordingWriter.open(
            ticket, world.center.spool, Ed25519PrivateKey.generate(), world.port(ticket), []
        )


async def test_tracks_that_make_no_header_are_refused_before_anything_exists(
    world: World, ticket: RecordingTicket
) -> None:
    with pytest.raises(Refused):
        await RecordingWriter.open(
            ticket,
            world.center.spool,
            world.recorder_key,
            world.port(ticket),
            [Track(2, "wide", "video", "avc1")],
        )
    assert not (world.center.spool / ticket.evidence).exists()


async def test_a_record_that_cannot_follow_is_refused_alone(world: World, ticket: RecordingTicket) -> None:
    writer = await world.writer(ticket)
    outcomes = await asyncio.gather(
        writer.queue("media", 1, b"before its init", 0, 1_000_000),
        writer.queue("init", 1, b"i", 0),
        writer.queue("media", 1, b"m", 5_000_000, 1_000_000),
        writer.queue("media", 1, b"back in time", 0, 1_000_000),
        writer.queue("media", 1, b"m", 6_000_000, 1_000_000),
        return_exceptions=True,
    )
    assert [type(one) for one in outcomes] == [Refused, int, int, Refused, int]
    assert [one for one in outcomes if isinstance(one, int)] == [1, 2, 3]
    with pytest.raises(Refused):
        writer.queue_event("Not a code", 0)
    manifest = await writer.seal()
    assert manifest.records == 4


async def test_too_much_waiting_is_refused_and_loses_nothing_that_was_taken(
    world: World, ticket: RecordingTicket
) -> None:
    writer = await world.writer(ticket, limits=replace(QUICK, reserve=0, max_waiting=10_000))
    taken = [writer.queue("init", 1, b"i", 0)]
    with pytest.raises(SpoolBehind):
        for number in range(100):
            taken.append(writer.queue("media", 1, b"m" * 1000, number * 1000, 1000))
    assert 9 <= len(taken) <= 11
    assert await asyncio.gather(*taken) == list(range(1, len(taken) + 1))
    await writer.media(1, b"m" * 20_000, 1_000_000, 1000, True)
    await writer.seal()


@pytest.mark.parametrize(("fault", "reason"), [("full", "disk-full"), ("broken", "write-failed")])
async def test_a_failed_write_ends_the_part_and_all_before_it_is_sealed(
    world: World, ticket: RecordingTicket, fault: str, reason: str
) -> None:
    disk = FailingDisk()
    writer = await open_on(disk, world, ticket, world.port(ticket))
    await feed(writer, 2)
    safe = writer.records()
    setattr(disk, fault, True)
    waiting = [writer.queue("media", 1, b"lost", n * 1_000_000, 1_000_000) for n in (2, 3)]
    waiting.append(writer.queue_event("mark", 3_000_000, text="lost too"))
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in outcomes] == [RecordingFailed] * 3
    await asyncio.wait_for(writer.failed.wait(), PATIENCE)
    assert writer.failure is not None
    assert writer.failure.reason == reason
    with pytest.raises(RecordingFailed):
        await writer.media(1, b"m", 4_000_000, 1_000_000, True)

    manifest = await writer.seal()

    reader = SpoolReader(world.center.spool, ticket.evidence)
    records = manifest.open_index(reader.file("index")).records
    assert manifest.state == "interrupted"
    assert list(records[:-1]) == safe
    assert records[-1].kind == "event"
    assert [frame.record for _, frame in reader.frames()] == [record.canonical() for record in records]
    chain = [SignedStatement.parse(leaf) for leaf in chains.chain(world.center, ticket.evidence).values()]
    assert [one.statement.type for one in chain][1:] == ["recording.interrupted", "recording.sealed"]
    assert chain[1].statement.body["reason"] == reason
    with world.center.database() as session:
        part = session.get_one(Evidence, ticket.evidence)
    assert (part.state, part.reason) == (EvidenceState.INTERRUPTED, reason)


async def test_an_error_that_nobody_foresaw_is_as_loud_as_a_full_disk(
    world: World, ticket: RecordingTicket, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = await world.writer(ticket)
    await feed(writer, 1)
    with monkeypatch.context() as broken:
        broken.setattr("casework.sealing.sealed_log.seal_leaf", lambda **_: 1 / 0)
        with pytest.raises(RecordingFailed):
            await writer.media(1, b"m", 1_000_000, 1_000_000, True)
    assert writer.failed.is_set()
    with pytest.raises(RecordingFailed):
        await writer.media(1, b"m", 1_000_000, 1_000_000, True)
    manifest = await writer.seal()
    assert (manifest.state, manifest.records) == ("interrupted", 9)


async def test_progress_that_is_being_stated_at_the_stop_comes_before_the_seal(
    world: World, ticket: RecordingTicket
) -> None:
    writer = await world.writer(ticket, limits=replace(QUICK, progress_seconds=0.001))
    for second in range(10):
        await feed(writer, 1, second)
    await writer.seal()
    types = said(world, ticket.evidence)
    assert types[-1] == "recording.sealed"
    assert set(types[1:-1]) == {"recording.progress"}
    assert SpoolReader(world.center.spool, ticket.evidence).pending() == []


async def test_a_seal_that_cannot_be_written_fails_and_recovery_makes_it_later(
    world: World, ticket: RecordingTicket
) -> None:
    class Dead(FailingDisk):
        def unlink(self, path: Path) -> None:
            Disk.unlink(self, path)

    disk = Dead()
    writer = await open_on(disk, world, ticket, world.port(ticket))
    await feed(writer, 2)
    disk.full = True
    with pytest.raises(RecordingFailed):
        await writer.media(1, b"lost", 2_000_000, 1_000_000, True)
    with pytest.raises(RecordingFailed):
        await writer.seal()
    manifest = await RecordingWriter.recover(
        world.center.spool, ticket.evidence, world.recorder_key, world.port(ticket), "disk-full"
    )
    assert manifest.records == 12
    assert said(world, ticket.evidence)[-1] == "recording.sealed"


async def test_progress_commits_to_what_was_durable_then(world: World, ticket: RecordingTicket) -> None:
    writer = await world.writer(ticket, limits=replace(QUICK, progress_seconds=0.05))
    await feed(writer, 2)

    def stated_all() -> bool:
        last = list(chains.chain(world.center, ticket.evidence).values())[-1]
        return SignedStatement.parse(last).statement.body.get("records") == writer.size

    await until(stated_all)
    quiet = len(said(world, ticket.evidence))
    await asyncio.sleep(0.2)
    assert len(said(world, ticket.evidence)) == quiet, "nothing new, so nothing is said"
    await feed(writer, 1, start=2)
    await until(stated_all)
    manifest = await writer.seal()
    index = manifest.open_index(SpoolReader(world.center.spool, ticket.evidence).file("index"))
    chain = [
        SignedStatement.parse(one).statement for one in chains.chain(world.center, ticket.evidence).values()
    ]
    stated = [one for one in chain if one.type == "recording.progress"]
    assert len(stated) >= 2
    for one in stated:
        prefix = RecordTree(index.records[: one.body["records"]])
        assert prefix.root().hex() == one.body["root"]


async def test_recording_goes_on_without_the_ledger_and_catches_up_in_order(
    world: World, ticket: RecordingTicket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casework.recording.statement_outbox.RETRY_SECONDS", 0.02)
    port = world.port(ticket)
    writer = await world.writer(ticket, port, replace(QUICK, progress_seconds=0.05))
    port.away = True
    for second in range(3):
        await feed(writer, 1, second)
        await until(lambda waiting=second + 1: writer.statements_waiting >= waiting)
    pending = SpoolReader(world.center.spool, ticket.evidence).pending()
    assert said(world, ticket.evidence) == ["recording.started"]
    port.away, port.lose_answers = False, 2
    manifest = await writer.seal()
    types = said(world, ticket.evidence)
    assert (types[0], types[-1]) == ("recording.started", "recording.sealed")
    assert set(types[1:-1]) == {"recording.progress"}
    leaves = list(chains.chain(world.center, ticket.evidence).values())[1:-1]
    stated = [SignedStatement.parse(leaf).statement.body["records"] for leaf in leaves]
    assert len(stated) >= len(pending) == 3
    assert stated == sorted(set(stated)), "nothing twice although answers were lost"
    assert SpoolReader(world.center.spool, ticket.evidence).pending() == []
    assert manifest.state == "complete"


async def test_a_seal_while_the_ledger_is_away_is_delivered_by_recovery(
    world: World, ticket: RecordingTicket
) -> None:
    port = world.port(ticket)
    writer = await world.writer(ticket, port, replace(LIMITS, seal_seconds=0.1))
    await feed(writer, 1)
    port.away = True
    manifest = await writer.seal()
    assert writer.statements_waiting == 1
    recovered = await RecordingWriter.recover(
        world.center.spool, ticket.evidence, world.recorder_key, world.port(ticket), "child-gone"
    )
    assert recovered == manifest
    assert said(world, ticket.evidence) == ["recording.started", "recording.sealed"]
    with world.center.database() as session:
        assert session.get_one(Evidence, ticket.evidence).state is EvidenceState.COMPLETE


async def test_a_complete_part_seals_the_interview_and_its_length_is_known(
    world: World, ticket: RecordingTicket
) -> None:
    writer = await world.writer(ticket)
    await feed(writer, 3)
    await writer.seal()
    interview = interviews.get(world.center, world.prosecutor, ticket.interview)
    assert interview.state is InterviewState.SEALED
    [part] = interviews.list_parts(interview)
    assert part.ends is not None
    assert (part.ends - part.begins).total_seconds() == 3
    with pytest.raises(WrongState):
        gateway.ticket_for_part(world.center, world.prosecutor, ticket.interview)


async def test_after_the_seal_nothing_is_taken_and_no_key_is_given(
    world: World, ticket: RecordingTicket
) -> None:
    writer = await world.writer(ticket)
    await feed(writer, 1)
    await writer.seal()
    with pytest.raises(WrongState):
        writer.queue("media", 1, b"m", 9_000_000, 1_000_000)
    with pytest.raises(WrongState):
        writer.message_keys([0])
    with pytest.raises(WrongState):
        await writer.seal()


async def test_keys_are_given_only_for_what_is_durable(world: World, ticket: RecordingTicket) -> None:
    writer = await world.writer(ticket)
    for index in (-1, 1):
        with pytest.raises(Refused):
            writer.message_keys([index])
    await writer.seal()


async def test_a_quiet_recording_closes_its_segment_for_the_copies(
    world: World, ticket: RecordingTicket
) -> None:
    clock = [0.0]

    def make_spool(root: Path, item: str, reserve: int) -> SpoolWriter:
        return SpoolWriter.create(root, item, reserve, clock=lambda: clock[0])

    writer = await RecordingWriter.open(
        ticket,
        world.center.spool,
        world.recorder_key,
        world.port(ticket),
        TRACKS,
        limits=LIMITS,
        make_spool=make_spool,
    )
    reader = SpoolReader(world.center.spool, ticket.evidence)
    assert reader.closed_segments() == []
    clock[0] = 11.0
    await until(lambda: reader.closed_segments() == [1])
    await writer.seal()


async def test_a_caller_that_gives_up_waiting_disturbs_nobody(world: World, ticket: RecordingTicket) -> None:
    writer = await world.writer(ticket)
    given_up = asyncio.create_task(writer.init(1, b"i", 0))
    await asyncio.sleep(0)
    given_up.cancel()
    await writer.media(1, b"m", 0, 1_000_000, True)
    assert writer.size == 3
    await writer.seal()


async def test_practice_says_nothing_and_leaves_nothing(world: World) -> None:
    ticket = world.ticket(world.interview(practice=True))
    size = world.center.ledger.size
    writer = await world.writer(ticket)
    await feed(writer, 2)
    assert writer.message_keys([3])
    assert (spool_root(world.center.spool, practice=True) / ticket.evidence).exists()
    assert not (world.center.spool / ticket.evidence).exists(), "no copy may take it up"
    await writer.seal()
    assert list(spool_root(world.center.spool, practice=True).iterdir()) == []
    assert world.center.ledger.size == size
    with world.center.database() as session:
        assert session.get(Evidence, ticket.evidence) is None


@pytest.mark.starts
def test_a_recorder_child_never_loads_the_database() -> None:
    check = "import sys, casework.recording.recording_writer; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_a_ticket_survives_its_journey_as_json(ticket: RecordingTicket) -> None:
    value = ticket.to_json()
    assert RecordingTicket.from_json(value) == ticket
    for bad in ({}, value | {"more": 1}, value | {"part": 0}, value | {"vault_public": "AA=="}):
        with pytest.raises(Refused):
            RecordingTicket.received(bad)
