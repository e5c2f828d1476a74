"""A copy of a received file is ordered by people who may open it, names it, and goes before it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import delete

from casework.cases import cases
from casework.center import Center
from casework.database.models import Derivative, DerivativeState, Evidence, Person, Photograph, Role
from casework.derivatives import compose
from casework.derivatives.queue import DerivativeQueue
from casework.errors import Disposed, Forbidden, Missing, NoCopyFits, StillKept, WrongState
from casework.evidence import gateway
from casework.evidence.derivation import DERIVATION
from casework.ledger import chains
from casework.people import people
from casework.photographs.received_files import Origin
from casework.received_copies import copies
from casework.received_copies.kinds import FILM, SOUND, TEXT
from casework.received_copies.program import CopyFailed
from casework.sandbox import ffmpeg
from casework.working_copies import orders
from chain_of_custody.items.file_manifest import ORIGINAL
from chain_of_custody.statements.statement import SignedStatement, Statement
from player.papers.cards import draw
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import Copied
from tests.support.centers.disposing_world import Disposing
from tests.support.centers.rebuilt_world import Machine, publish
from tests.support.media.brought_media import brought
from tests.support.media.made_pictures import picture
from tests.support.people.adding import added
from tests.unit.casework.photographs.test_uploads import carry, content_of

pytestmark = pytest.mark.starts

ORIGIN = Origin("person", "Person B, her neighbour")
WORDS = "رسالة من شخص\n".encode()


def received(world: World, data: bytes, center: Center | None = None) -> str:
    case = world.case.id
    return added(center or world.center, world.prosecutor, case, data, kind="received", origin=ORIGIN).id


def made(world: World, evidence: str, kind: str, center: Center | None = None) -> Derivative:
    center = center or world.center
    row = copies.order(center, world.prosecutor, evidence, kind, "review")
    make(center, world.folder, row)
    return center.database.get_one(Derivative, row.id)


def make(center: Center, folder: Path, row: Derivative) -> None:
    scratch = folder / "bench"
    scratch.mkdir(exist_ok=True)
    by, nothing = ffmpeg.found(), lambda done, total: None
    compose.compose(center, row, by, scratch, draw, nothing, threading.Event())
    assert not list(scratch.iterdir())


def statements(center: Center, evidence: str) -> list[Statement]:
    return [SignedStatement.parse(leaf).statement for leaf in chains.chain(center, evidence).values()]


def content(center: Center, person: Person, item: str) -> bytes:
    return content_of(gateway.view(center, person, item, "hearing"), ORIGINAL)


def test_it_names_the_file_which_was_opened_on_the_record_and_stays_as_it_is(world: World) -> None:
    data = brought("ogg")
    file = received(world, data)
    row = made(world, file, SOUND)
    assert (row.state, row.interview_id) == (DerivativeState.MADE, None)
    sealed, viewed = statements(world.center, file)
    assert (viewed.type, viewed.purpose, viewed.actor.id) == (
        "evidence.viewed",
        DERIVATION,
        world.prosecutor.id,
    )
    [stated] = statements(world.center, row.id)
    assert (stated.type, stated.purpose) == ("derivative.made", "review")
    assert (stated.body["kind"], stated.body["format"]) == (SOUND, "mp4")
    assert "intimate" not in stated.body
    assert stated.body["sources"] == [
        {"evidence": file, "excerpt": None, "manifest": sealed.body["manifest"]}
    ]
    assert b"ftyp" in content(world.center, world.prosecutor, row.id)[:12]
    assert content(world.center, world.prosecutor, file) == data


def test_it_is_ordered_by_those_who_may_open_the_file_and_make_copies(world: World) -> None:
    file = received(world, WORDS)
    for role in (Role.INTERVIEWER, Role.EXAMINER, Role.SOCIAL_WORKER, Role.CUSTODIAN):
        person = people.add(world.center, world.administrator, f"Person {role}", role, "clinic")
        if role is not Role.CUSTODIAN:
            cases.give(world.center, world.prosecutor, world.case.id, person.id)
        with pytest.raises(Forbidden):
            copies.order(world.center, person, file, TEXT, "review")
    stranger = people.add(world.center, world.administrator, "Person S", Role.PROSECUTOR)
    with pytest.raises(Forbidden):
        copies.order(world.center, stranger, file, TEXT, "review")
    photograph = added(world.center, nurse_of(world), world.case.id, picture()).id
    with pytest.raises(Missing):
        copies.order(world.center, world.prosecutor, photograph, TEXT, "review")


def nurse_of(world: World) -> Person:
    nurse = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, nurse.id)
    return nurse


def test_only_kinds_that_fit_are_made_and_each_once(world: World) -> None:
    file, other = received(world, WORDS), received(world, bytes(range(1, 200)))
    with pytest.raises(NoCopyFits):
        copies.order(world.center, world.prosecutor, file, FILM, "review")
    with pytest.raises(NoCopyFits):
        copies.order(world.center, world.prosecutor, other, TEXT, "review")
    row = copies.order(world.center, world.prosecutor, file, TEXT, "review")
    with pytest.raises(WrongState):
        copies.order(world.center, world.prosecutor, file, TEXT, "review")
    orders.cancel(world.center, world.prosecutor, row.id)
    again = copies.order(world.center, world.prosecutor, file, TEXT, "review")
    [listed] = copies.of_case(world.center, world.prosecutor, world.case.id)[file]
    assert listed.id == again.id


def test_what_cannot_be_read_fails_with_a_code_and_says_nothing_but_that_it_was_opened(
    world: World, tmp_path: Path
) -> None:
    file = received(world, b"\0\0\0\x18ftypisom" + bytes(500))
    row = copies.order(world.center, world.prosecutor, file, FILM, "review")
    scratch = tmp_path / "bench"
    scratch.mkdir()
    queue = DerivativeQueue(world.center, scratch, draw)
    assert queue._make_next()
    failed = world.center.database.get_one(Derivative, row.id)
    assert (failed.state, failed.failure) == (DerivativeState.FAILED, CopyFailed.code)
    assert [one.type for one in statements(world.center, file)] == ["evidence.received", "evidence.viewed"]
    assert statements(world.center, row.id) == []
    assert not list(scratch.iterdir())
    again = copies.order(world.center, world.prosecutor, file, FILM, "review")
    [listed] = copies.of_case(world.center, world.prosecutor, world.case.id)[file]
    assert listed.id == again.id


def test_a_person_who_lost_the_case_gets_no_copy(world: World) -> None:
    file = received(world, WORDS)
    colleague = people.add(world.center, world.administrator, "Person C", Role.PROSECUTOR)
    cases.give(world.center, world.prosecutor, world.case.id, colleague.id)
    row = copies.order(world.center, colleague, file, TEXT, "review")
    cases.withdraw(world.center, world.prosecutor, world.case.id, colleague.id)
    with pytest.raises(Forbidden):
        make(world.center, world.folder, row)
    assert [one.type for one in statements(world.center, file)] == ["evidence.received"]


def test_it_goes_before_the_file_that_it_was_made_from(disposing: Disposing) -> None:
    world, center = disposing.world, disposing.center
    file = received(world, WORDS, center)
    item = made(world, file, TEXT, center).id
    carry(center)
    assert world.key_store.carry() == 0
    with pytest.raises(StillKept, match=item):
        disposing.requested(file)
    disposing.approved(item)
    with pytest.raises(Disposed):
        gateway.view(center, world.prosecutor, item, "hearing")
    disposing.look()
    assert file not in copies.of_case(center, world.prosecutor, world.case.id)
    disposing.requested(file)


def test_a_rebuild_brings_it_back_also_from_its_statement_alone(published: Copied, machine: Machine) -> None:
    world, center = published.world, published.center
    file = received(world, WORDS, center)
    item = made(world, file, TEXT, center).id
    carry(center)
    assert world.key_store.carry() == 0
    with center.database.begin() as session:  # as if the catalogue had been written before
        session.execute(delete(Derivative).where(Derivative.id == item))
        session.execute(delete(Photograph).where(Photograph.evidence_id == item))
        session.execute(delete(Evidence).where(Evidence.id == item))
    publish(center)
    machine.rebuild()
    rebuilt = machine.center()
    [row] = copies.of_case(rebuilt, world.prosecutor, world.case.id)[file]
    assert (row.id, row.kind, row.state) == (item, TEXT, DerivativeState.MADE)
    assert content(rebuilt, world.prosecutor, item) == WORDS
