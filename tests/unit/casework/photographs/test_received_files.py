from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import func, select

from casework.cases import cases
from casework.database.models import Person, Photograph, Role, SealedDetails, Upload
from casework.errors import Forbidden, Missing, NotTaken, Refused, WrongState
from casework.evidence import gateway
from casework.evidence.gateway import ItemExtent
from casework.files import upload_staging
from casework.ledger import chains, sealed_details
from casework.people import people
from casework.photographs import givings, photographs, received_files, uploads
from casework.photographs.received_files import MAX_TEXT, Origin
from casework.photographs.uploads import AnnouncedFile, UploadStatus
from chain_of_custody.items.file_manifest import ORIGINAL, FileDescription
from chain_of_custody.items.record import SALT_SIZE, check_record, seal_leaf
from chain_of_custody.items.recording_manifest import MAX_INDEX
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World
from tests.support.media.made_pictures import noise
from tests.support.people.adding import SESSION, added
from tests.support.people.granting import granted
from vault.sealing.sealing import open_with_message_key

ORIGIN = Origin(
    "person", "Person B, her neighbour", "the police station", "a telephone", "handed in", "it began at nine"
)
MIB = 1024 * 1024


def received(world: World, data: bytes, by: Person | None = None) -> UploadStatus:
    person = by or world.prosecutor
    return added(world.center, person, world.case.id, data, kind="received", origin=ORIGIN)


def announced(data: bytes, **other: Any) -> AnnouncedFile:
    known = {"digest": sha256(data).hexdigest(), "origin": ORIGIN}
    return AnnouncedFile(**{"kind": "received", "name": "a.mov", "size": len(data), **known, **other})


def given(world: World, data: bytes) -> UploadStatus:
    """Announced and whole, and not yet sealed."""
    begun = uploads.begin(world.center, world.prosecutor, SESSION, world.case.id, announced(data))
    for at in range(0, len(data), MIB):
        uploads.take(world.center, world.prosecutor, SESSION, begun.id, at, data[at : at + MIB])
    return begun


def member(world: World, role: Role) -> Person:
    person = people.add(world.center, world.administrator, "Person N", role, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, person.id)
    return person


@pytest.mark.starts
def test_it_is_sealed_byte_for_byte_with_the_digest_of_its_giver_and_is_not_read(world: World) -> None:
    data = noise(2_500_000, seed=7)
    sealed = received(world, data)
    assert (sealed.state, sealed.number, sealed.shown) == ("sealed", 1, False)
    viewing = gateway.view(world.center, world.prosecutor, sealed.id, "review")
    records = viewing.recording.records
    assert {record.track for record in records if record.kind == "piece"} == {ORIGINAL}
    contents = [
        check_record(record, open_with_message_key(key, viewing.message(record.index)))
        for record, key in zip(records, viewing.message_keys([one.index for one in records]), strict=True)
    ]
    assert b"".join(contents[1:-1]) == data
    file = FileDescription.parse(contents[-1])
    assert (file.sha256, file.size, file.format) == (sha256(data).hexdigest(), len(data), "jpeg")
    assert not file.read


def test_the_index_of_the_largest_file_in_the_smallest_pieces_can_be_verified() -> None:
    number = uploads.MAX_SIZE["received"] // uploads.LEAST_PIECE + 1
    content, message = bytes(uploads.LEAST_PIECE), bytes(uploads.LEAST_PIECE + 100)
    record = seal_leaf(
        index=number,
        kind="piece",
        track=ORIGINAL,
        number=number,
        start=0,
        duration=0,
        key=True,
        init=None,
        salt=bytes(SALT_SIZE),
        content=content,
        message=message,
    )
    assert number * (len(record.canonical()) + 1) < MAX_INDEX


def test_where_it_comes_from_is_what_was_announced_last_before_it_was_sealed(world: World) -> None:
    data = noise(2_500_000, seed=8)
    begun = given(world, data)
    other = Origin("seizure", "Person C, the police")
    again = uploads.begin(
        world.center, world.prosecutor, SESSION, world.case.id, announced(data, origin=other)
    )
    assert (again.id, again.received) == (begun.id, len(data))  # nothing is sent twice
    sealed = uploads.finish(world.center, world.prosecutor, SESSION, begun.id)
    [stated] = givings.stated(world.center, world.prosecutor, sealed.id)
    assert stated.texts == other.details()
    [listed] = received_files.listed(world.center, world.prosecutor, world.case.id)
    assert listed.source == "seizure"


@pytest.mark.starts
def test_its_statement_names_the_kind_of_source_and_seals_the_rest(world: World) -> None:
    data = b"Received: by a center\nSubject: what was written\n"
    sealed = received(world, data)
    [leaf] = chains.chain(world.center, sealed.id).values()
    statement = SignedStatement.parse(leaf).statement
    assert (statement.type, statement.actor.id) == ("evidence.received", world.prosecutor.id)
    assert set(statement.body) == {"format", "manifest", "number", "records", "root", "source", "wrap"}
    assert (statement.body["source"], statement.body["format"]) == ("person", "eml")
    assert statement.purpose == "investigation"
    assert statement.details is not None
    [details] = sealed_details.read(world.center, world.case, [statement.details]).values()
    assert details == {
        "name": "Person P",
        **ORIGIN.details(),
        "sha256": sha256(data).hexdigest(),
    }


def test_its_page_has_what_was_stated_of_its_origin_for_those_who_work_with_the_case(world: World) -> None:
    sealed = received(world, noise(1000))
    [stated] = givings.stated(world.center, world.prosecutor, sealed.id)
    assert (stated.source, stated.name, stated.texts) == ("person", "Person P", ORIGIN.details())
    granted(world.center, world.prosecutor, world.case.id, world.court, items=[ItemExtent(sealed.id)])
    assert givings.stated(world.center, world.court, sealed.id) == []


def test_nothing_of_it_or_of_its_giver_is_on_the_disk_in_clear(world: World) -> None:
    data = noise(300_000)
    given(world, data)
    written = b"".join(path.read_bytes() for path in world.folder.rglob("*") if path.is_file())
    for words in (data[-32:], b"her neighbour", b"police station", b"it began at nine"):
        assert words not in written


@pytest.mark.starts
def test_after_a_restart_it_is_read_back_in_several_calls_and_continues(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = noise(3 * MIB)
    begun = given(world, data)
    again = world.opened_again()
    monkeypatch.setattr(upload_staging, "READ_BACK", -1.0)  # each call reads one record
    answers, sealed = 0, None
    while sealed is None:
        try:
            sealed = uploads.finish(again, world.prosecutor, SESSION, begun.id)
        except WrongState as still:
            assert still.code == "wrong-state"
            answers += 1
    assert answers > 4  # header and pieces, then the pieces for the digest
    assert sealed.state == "sealed"
    assert photographs.introduced(again, world.prosecutor, sealed.id)[0].size == len(data)


def test_bytes_that_differ_from_the_announced_digest_are_not_kept(world: World) -> None:
    data = noise(100_000)
    begun = uploads.begin(world.center, world.prosecutor, SESSION, world.case.id, announced(data))
    uploads.take(world.center, world.prosecutor, SESSION, begun.id, 0, b"\0" + data[1:])
    with pytest.raises(NotTaken) as refused:
        uploads.finish(world.center, world.prosecutor, SESSION, begun.id)
    assert refused.value.code == "digest-differs"
    with world.center.database() as session:
        assert session.scalar(select(func.count()).select_from(Upload)) == 0
        assert session.scalar(select(func.count()).select_from(Photograph)) == 0


def test_what_was_said_of_a_file_that_is_given_up_is_removed(world: World) -> None:
    count = select(func.count()).select_from(SealedDetails)
    before = world.center.database.scalar(count) or 0
    begun = given(world, noise(100_000))
    assert world.center.database.scalar(count) == before + 1
    uploads.give_up(world.center, world.prosecutor, begun.id)
    assert world.center.database.scalar(count) == before


@pytest.mark.parametrize(
    "wrong",
    [{"origin": None}, {"digest": None}, {"kind": "document"}],
    ids=["no origin", "no digest", "a document"],
)
def test_where_it_came_from_belongs_to_received_files_and_to_them_alone(
    world: World, wrong: dict[str, Any]
) -> None:
    nurse = member(world, Role.EXAMINER)
    with pytest.raises(Refused):
        uploads.begin(world.center, nurse, SESSION, world.case.id, announced(b"%PDF-1.7\n", **wrong))


@pytest.mark.parametrize("wrong", [{"source": "elsewhere"}, {"giver": " "}, {"said": "x" * (MAX_TEXT + 1)}])
def test_an_origin_has_a_known_source_a_giver_and_texts_of_bounded_length(wrong: dict[str, str]) -> None:
    with pytest.raises(Refused):
        Origin(**{"source": "person", "giver": "Person B", **wrong})


@pytest.mark.parametrize(
    ("role", "sees"), [(Role.INTERVIEWER, True), (Role.EXAMINER, False), (Role.SOCIAL_WORKER, False)]
)
def test_who_adds_one_sees_the_others_only_where_their_role_views_evidence(
    world: World, role: Role, sees: bool
) -> None:
    person = member(world, role)
    sealed = received(world, noise(1000), by=person)
    listed = received_files.listed(world.center, person, world.case.id)
    assert [one.id for one in listed] == ([sealed.id] if sees else [])
    if sees:
        assert gateway.view(world.center, person, sealed.id, "review")
        return
    with pytest.raises(Forbidden):
        gateway.view(world.center, person, sealed.id, "review")


def test_others_neither_add_nor_see_one(world: World) -> None:
    observer = member(world, Role.OBSERVER)
    outsider = people.add(world.center, world.administrator, "Person O", Role.PROSECUTOR, "office")
    for person in (observer, outsider):
        with pytest.raises(Forbidden):
            received(world, noise(1000), by=person)
        with pytest.raises(Forbidden):
            received_files.listed(world.center, person, world.case.id)
    with pytest.raises(Missing):
        received_files.listed(world.center, world.prosecutor, "0" * 32)
