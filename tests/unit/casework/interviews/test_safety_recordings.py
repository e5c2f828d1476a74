"""Safety recordings: sealed by the room, brought in after a failure, gone after none, and never trusted."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from casework.database.models import EvidenceState, Interview, InterviewState
from casework.errors import Forbidden, Missing, RecordingFailed, Refused, WrongState
from casework.evidence import gateway
from casework.evidence.decryption import decrypted
from casework.evidence.sealed_recordings import recording_of
from casework.interviews import interviews, safety_recordings
from casework.recording import recovery, safety_cutoff, safety_intake, safety_start
from casework.recording.ticket import RecordingTicket
from casework.sealing import staging
from casework.sealing.sealing_context import place
from chain_of_custody.encoding import canonical_json
from chain_of_custody.items.record import Kind, Record, seal_leaf
from chain_of_custody.items.sender import SAFETY, Sender
from tests.support.centers.casework_world import Port, World, feed
from tests.support.packages.court_packages import sender
from vault.copies.copies import Copies
from vault.errors import WriteFailed
from vault.sealing import key_wrapping, sealing
from vault.spool.segments import encode_frame
from vault.spool.writer import SpoolWriter

SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


@dataclass
class Room:
    """What the room's browser does (web/static/room/sealing.js)."""

    ticket: RecordingTicket
    data_key: bytes
    frames: list[bytes] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def put(self, kind: Kind, track: int, content: bytes, start: int = 0, duration: int = 0) -> bytes:
        before = [one for one in self.records if one.track == track]
        inits = [one for one in before if one.kind == "init"]
        init = inits[-1] if kind == "media" else None
        salt = secrets.token_bytes(16)
        cipher = bytes(32) if init is None else bytes.fromhex(init.cipher)
        context = place(self.ticket.deployment, self.ticket.evidence, kind, track, len(before), cipher)
        message = sealing.seal(self.data_key, context, salt, content)
        record = seal_leaf(
            index=len(self.records) + 1,
            kind=kind,
            track=track,
            number=len(before),
            start=start,
            duration=duration,
            key=True,
            init=None if init is None else init.index,
            salt=salt,
            content=content,
            message=message,
        )
        self.records.append(record)
        self.frames.append(encode_frame(record.canonical(), message))
        return self.frames[-1]

    def record(self, seconds: int) -> None:
        for track in (1, 2):
            self.put("init", track, b"init of %d" % track)
        for second in range(seconds):
            for track in (1, 2):
                self.put("media", track, b"%d at %d" % (track, second), second * 1_000_000, 1_000_000)

    def all(self, first: int = 1) -> bytes:
        return b"".join(self.frames[first - 1 :])


@dataclass
class Running:
    """An interview that is being recorded, and the room beside it."""

    world: World
    interview: Interview
    part: str
    room: Room

    def receive(self, first: int, data: bytes) -> int:
        world = self.world
        return safety_recordings.receive(
            world.center, world.prosecutor, self.interview.id, self.room.ticket.evidence, first, data
        )

    @property
    def stands(self) -> safety_recordings.SafetyRecordingStatus:
        return safety_recordings.safety_recording_status(
            self.world.center, self.world.prosecutor, self.interview.id, self.room.ticket.evidence
        )

    def discard(self) -> None:
        safety_recordings.discard(
            self.world.center, self.world.prosecutor, self.interview.id, self.room.ticket.evidence
        )

    async def bring_in(self) -> str:
        world, item = self.world, self.room.ticket.evidence
        self.receive(1, self.room.all())
        records = len(self.room.records) + 1
        safety_recordings.finish(world.center, world.prosecutor, self.interview.id, item, records)
        safety_recordings.finish(
            world.center, world.prosecutor, self.interview.id, item, records
        )  # asked twice
        await recovery.recover(
            world.center.spool, item, world.recorder_key, Port(world.center, item), "recorder-died"
        )
        return item

    def again(self) -> Interview:
        return interviews.get(self.world.center, self.world.prosecutor, self.interview.id)


def made_by(ticket: RecordingTicket, camera: str = "wide") -> Sender:
    """The room's machine, which signed for it."""
    return sender(camera, interview=ticket.interview, evidence=ticket.beside, use=SAFETY)


def begin_room(world: World, interview: Interview) -> Room:
    ticket = gateway.open_safety(world.center, world.prosecutor, interview.id)
    private = X25519PrivateKey.generate()
    handed = safety_start.begin(
        RecordingTicket.from_json(ticket.to_json()),  # as it crosses the child's socket
        world.center.spool,
        world.recorder_key,
        made_by(ticket),
        private.public_key().public_bytes_raw(),
    )
    info = key_wrapping.room_info(bytes.fromhex(ticket.deployment), bytes.fromhex(ticket.evidence))
    return Room(ticket, SUITE.decrypt(handed, private, info))


@pytest.fixture
async def running(world: World) -> Running:
    world.center = replace(world.center, copies=Copies({}, world.center.spool))
    interview = world.interview()
    ticket = world.ticket(interview)
    writer = await world.writer(ticket)
    await feed(writer, 1)
    room = begin_room(world, interview)
    await writer.seal()
    return Running(world, interview, ticket.evidence, room)


async def test_what_the_room_kept_becomes_an_item_beside_its_part_and_opens(running: Running) -> None:
    running.room.record(3)
    item = await running.bring_in()
    (kept,) = interviews.list_safeties(running.again())
    assert (kept.evidence, kept.beside, kept.number, kept.state.sealed) == (item, running.part, 1, True)
    assert kept.ends is not None
    assert [part.evidence for part in interviews.list_parts(running.again())] == [running.part]
    assert running.again().state is InterviewState.SEALED, "it keeps no interview open"

    viewing = gateway.view(running.world.center, running.world.prosecutor, item, "review")
    assert viewing.recording.manifest.part == 1
    recording = recording_of(running.world.center, item)
    opened = decrypted(running.world.center, recording, viewing._stated, recording.records)
    contents = [content for _, _, content in opened]
    assert contents[1:4] == [b"init of 1", b"init of 2", b"1 at 0"]
    assert len(contents) == 1 + len(running.room.records)
    assert running.stands.state == "evidence"


async def test_it_is_taken_in_order_piece_by_piece_and_what_came_before_is_not_taken_twice(
    running: Running,
) -> None:
    room = running.room
    room.record(2)
    first, second = b"".join(room.frames[:3]), b"".join(room.frames[3:])
    assert running.stands == safety_recordings.SafetyRecordingStatus(1, "waiting", wanted=False, settled=True)
    with pytest.raises(staging.OutOfOrder) as order:
        running.receive(4, second)
    assert order.value.due == 1
    assert running.receive(1, first) == 4
    assert running.receive(1, first) == 4, "the answer was lost, so it is sent again"
    with pytest.raises(staging.OutOfOrder):
        running.receive(3, room.all(3))  # half of it is there already: from what is due on, please
    with pytest.raises(staging.OutOfOrder):
        safety_recordings.finish(
            running.world.center,
            running.world.prosecutor,
            running.interview.id,
            room.ticket.evidence,
            len(room.records) + 1,
        )
    # Another web process knows it from the disk.
    running.world.center = replace(running.world.opened_again(), copies=running.world.center.copies)
    assert running.receive(4, second) == len(room.records) + 1


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda data: b"", "not whole frames"),
        (lambda data: data[:-1], "not whole frames"),
        (lambda data: data + b"x", "not whole frames"),
        (lambda data: data[:-3] + bytes([data[-3] ^ 1]) + data[-2:], "not whole frames"),
        (lambda data: b"\xff" * len(data), "not whole frames"),
    ],
)
async def test_what_is_cut_short_or_torn_is_refused_and_nothing_of_it_taken(
    running: Running, harm: object, why: str
) -> None:
    running.room.record(1)
    with pytest.raises(Refused, match=why):
        running.receive(1, harm(running.room.all()))  # type: ignore[operator]
    assert running.stands.records == 1
    assert running.receive(1, running.room.all()) == 5


async def test_records_that_no_room_makes_are_refused_whole(running: Running) -> None:
    room = running.room
    room.record(1)
    good = room.records[-1]

    def forged(message: bytes = b"m" * 100, **other: object) -> bytes:
        record = replace(good, size=len(message), cipher=sha256(message).hexdigest())
        return encode_frame(replace(record, **other).canonical(), message)  # type: ignore[arg-type]

    before = b"".join(room.frames[:-1])
    for frame, why in (
        (forged(size=99), "another length"),
        (forged(message=b"m" * 20), "another length"),
        (forged(cipher="0" * 64), "another one"),
        (forged(track=3), "no room records this"),
        (forged(kind="event", track=0, init=None, duration=0), "no room records this"),
        (forged(start=25 * 3600 * 1_000_000), "no room records this"),
        (forged(number=7), "is number 7"),
        (forged(init=1), "newest init"),
        (forged(index=9), "record 4 is expected"),
        (encode_frame(b'{"a":1}', b"m" * 100), "canonical form"),
    ):
        with pytest.raises(Refused, match=why):
            running.receive(1, before + frame)
        assert running.stands.records == 1, "what was right in the same request is not taken either"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(safety_intake, "MAX_RECORDS", 4)
        with pytest.raises(Refused, match="longer than"):
            running.receive(1, room.all())
    assert running.receive(1, room.all()) == 5


async def test_it_is_for_whoever_conducts_that_interview_alone(running: Running) -> None:
    world, item = running.world, running.room.ticket.evidence
    running.room.record(1)
    data = running.room.all()
    for person in (world.court, world.administrator):
        with pytest.raises((Forbidden, Missing)):
            safety_recordings.receive(world.center, person, running.interview.id, item, 1, data)
        with pytest.raises((Forbidden, Missing)):
            safety_recordings.discard(world.center, person, running.interview.id, item)
        with pytest.raises((Forbidden, Missing)):
            gateway.open_safety(world.center, person, running.interview.id)
    other = world.interview()
    with pytest.raises(Forbidden):
        safety_recordings.receive(world.center, world.prosecutor, other.id, item, 1, data)
    for strange in (running.part, "0" * 32, "../" + item, "..", "x", "x" * 1000):
        with pytest.raises(Missing):
            safety_recordings.receive(world.center, world.prosecutor, running.interview.id, strange, 1, data)
    assert running.stands.records == 1


async def test_what_nobody_needs_goes_and_leaves_no_word_in_the_ledger(running: Running) -> None:
    folder = staging.safety_area(running.world.center.spool).root / running.room.ticket.evidence
    size = running.world.center.ledger.size
    assert (folder / "wrap").exists()
    running.discard()
    running.discard()
    assert not folder.exists()
    assert running.stands.state == "gone"
    assert running.world.center.ledger.size == size


async def test_nothing_goes_while_its_part_runs_was_cut_off_or_any_of_it_has_arrived(world: World) -> None:
    world.center = replace(world.center, copies=Copies({}, world.center.spool))
    interview = world.interview()
    ticket = world.ticket(interview)
    writer = await world.writer(ticket)
    running = Running(world, interview, ticket.evidence, begin_room(world, interview))
    with pytest.raises(WrongState, match="still needed"):
        running.discard()
    await writer.seal("interrupted", "recorder-died")
    assert running.stands.wanted
    with pytest.raises(WrongState, match="still needed"):
        running.discard()
    running.room.record(1)
    await running.bring_in()
    with pytest.raises(WrongState, match="still needed"):
        running.discard()
    with pytest.raises(WrongState, match="brought in already"):
        running.receive(1, running.room.all())


async def test_a_gap_between_parts_points_to_what_the_room_kept_of_it(world: World) -> None:
    world.center = replace(world.center, copies=Copies({}, world.center.spool))
    interview = world.interview()
    ticket = world.ticket(interview)
    writer = await world.writer(ticket)
    running = Running(world, interview, ticket.evidence, begin_room(world, interview))
    await feed(writer, 1)
    await writer.seal("interrupted", "recorder-died")
    await asyncio.sleep(1.2)
    await world.recorded(interview)
    running.room.record(60)
    item = await running.bring_in()
    first, second = interviews.list_parts(running.again())
    assert second.gap is not None
    assert [one.evidence for one in second.covered] == [item]
    assert [one.evidence for one in first.safeties] == [item]
    assert (first.number, second.number, second.safeties) == (1, 2, ())


async def test_nothing_from_a_break_on_is_brought_in(running: Running) -> None:
    """Whatever the room's page may have heard of it; and the first break stands."""
    world, room = running.world, running.room
    spool, epoch = world.center.spool, canonical_json.moment(room.ticket.epoch)
    assert running.stands.until is None
    safety_cutoff.end_waiting(spool, "ee" * 16, epoch)
    assert running.stands.until is None, "that was another interview"
    safety_cutoff.end_waiting(spool, running.interview.id, epoch + timedelta(seconds=2.5))
    safety_cutoff.end_waiting(spool, running.interview.id, epoch + timedelta(seconds=9))
    safety_cutoff.end_waiting(spool, running.interview.id, epoch + timedelta(seconds=1))
    assert running.stands.until == 2_500_000
    room.record(3)
    whole = len(room.frames) - 2  # the last second of each track ends later
    with pytest.raises(Refused, match="a break"):
        running.receive(1, room.all())
    assert running.stands.records == 1, "all or nothing"
    running.receive(1, b"".join(room.frames[:whole]))
    with pytest.raises(Refused, match="a break"):
        running.receive(whole + 1, room.frames[whole])
    item = room.ticket.evidence
    safety_recordings.finish(world.center, world.prosecutor, running.interview.id, item, whole + 1)
    assert not (spool / item / safety_cutoff.UNTIL).exists()
    assert running.stands.until is None, "it is evidence now"


async def test_one_that_cannot_take_the_moment_keeps_it_from_no_other(world: World) -> None:
    interview = world.interview()
    writer = await world.writer(world.ticket(interview))
    tickets = [begin_room(world, interview).ticket for _ in range(2)]
    first, second = sorted(tickets, key=lambda ticket: ticket.evidence)
    spool = world.center.spool
    (staging.safety_area(spool).root / first.evidence / (safety_cutoff.UNTIL + ".new")).mkdir()
    with pytest.raises(RecordingFailed):
        safety_cutoff.end_waiting(spool, interview.id, canonical_json.moment(second.epoch))
    assert safety_cutoff.until(spool, second) == 0
    assert safety_cutoff.until(spool, first) is None
    await writer.seal()


async def test_where_the_moment_cannot_be_read_nothing_is_brought_in(running: Running) -> None:
    item = running.room.ticket.evidence
    path = staging.safety_area(running.world.center.spool).root / item / safety_cutoff.UNTIL
    for unreadable in ("", "2026-13-01T00:00:00.000Z", "yesterday"):
        path.write_text(unreadable)
        assert running.stands.until == 0
    running.room.record(1)
    with pytest.raises(Refused, match="a break"):
        running.receive(1, running.room.all())


async def test_a_crash_while_it_becomes_an_item_is_made_good_by_asking_again(running: Running) -> None:
    running.room.record(1)
    item, center = running.room.ticket.evidence, running.world.center
    running.receive(1, running.room.all())
    (staging.safety_area(center.spool).root / item).rename(center.spool / item)  # and then the power goes
    safety_recordings.finish(center, running.world.prosecutor, running.interview.id, item, 5)
    assert [row.state for row in running.again().safeties] == [EvidenceState.OPENING]


async def test_a_full_disk_keeps_it_in_the_room(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    running.room.record(1)

    def full(*_: object) -> None:
        raise WriteFailed("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(SpoolWriter, "append", full)
        with pytest.raises(RecordingFailed):
            running.receive(1, running.room.all())
    assert running.stands.records == 1
    assert running.receive(1, running.room.all()) == 5
    monkeypatch.setattr(staging, "RESERVED", 2**62)
    with pytest.raises(RecordingFailed, match="too little room"):
        running.receive(5, running.room.all())


async def test_only_a_part_that_runs_and_will_be_evidence_has_one_beside_it(world: World) -> None:
    for interview in (world.interview(), world.interview(practice=True)):
        with pytest.raises(WrongState):
            gateway.open_safety(world.center, world.prosecutor, interview.id)


async def test_a_ticket_for_something_else_begins_no_safety_recording(running: Running) -> None:
    world, ticket = running.world, running.room.ticket
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    for wrong, camera, key in (
        (replace(ticket, beside=None), "wide", public),
        (replace(ticket, recorder="0" * 16), "wide", public),
        (replace(ticket, evidence="1" * 32), "ceiling", public),
        (replace(ticket, evidence="2" * 32), "wide", bytes(32)),
        (replace(ticket, evidence="3" * 32), "wide", b"short"),
    ):
        with pytest.raises(Refused):
            safety_start.begin(wrong, world.center.spool, world.recorder_key, made_by(ticket, camera), key)
    with pytest.raises(WrongState):
        safety_start.begin(ticket, world.center.spool, world.recorder_key, made_by(ticket), public)
