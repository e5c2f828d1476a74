"""A photograph is held, destroyed and rebuilt like a recording part."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete

from casework.cases import cases
from casework.center import Center
from casework.copies import scrub
from casework.database.models import Evidence, EvidenceState, Exam, Person, Photograph, Role
from casework.errors import Disposed, NeedsSecond, StillKept
from casework.evidence import gateway
from casework.people import people
from casework.photographs import exam_sets, intimate_approvals, photographs
from casework.photographs.exam_sets import Injury, Notes
from casework.retention import disposal_requests, hold_enforcement, legal_holds, schedules
from chain_of_custody.items.file_manifest import ORIGINAL
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import FIRST, SECOND, Copied
from tests.support.centers.disposing_world import Disposing
from tests.support.centers.rebuilt_world import Machine, publish
from tests.support.media.made_pictures import picture
from tests.support.people.adding import added
from tests.unit.casework.photographs.test_uploads import carry, content_of
from vault.copies.copies import Copies
from vault.stores.filesystem import FilesystemStore

pytestmark = pytest.mark.starts


def nurse(world: World) -> Person:
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, examiner.id)
    return examiner


def with_copies(world: World) -> Center:
    stores = {name: FilesystemStore.create(world.folder / name) for name in (FIRST, SECOND)}
    return replace(world.center, stores=stores, copies=Copies(stores, world.center.spool))


def test_a_damaged_piece_is_put_right_from_the_other_copy(world: World) -> None:
    center, examiner = with_copies(world), nurse(world)
    data = picture(seed=4)
    sealed = added(center, examiner, world.case.id, data)
    carry(center)
    item = Copied(world, center, sealed.id)
    names = [name for name in item.everything(FIRST) if name.startswith("segments/")]
    item.flip(FIRST, names[1], 200)
    scrubbed = scrub.scrub(center, FIRST, sealed.id)
    assert len(scrubbed.repaired) == 1
    assert not scrubbed.left
    assert content_of(gateway.view(center, examiner, sealed.id, "review"), ORIGINAL) == data


def test_it_is_disposed_of_by_two_and_opened_by_nothing_then(disposing: Disposing) -> None:
    world = disposing.world
    examiner = nurse(world)
    sealed = added(disposing.center, examiner, world.case.id, picture(seed=6))
    carry(disposing.center)
    assert world.key_store.carry() == 0
    assert sealed.id in schedules.of_case(disposing.center, world.case)
    with pytest.raises(StillKept):  # the case's details last as long as anything in it
        disposing.requested(world.case.id)
    disposing.approved(sealed.id)
    with pytest.raises(Disposed):
        gateway.view(disposing.center, examiner, sealed.id, "review")
    assert not photographs.listed(disposing.center, examiner, world.case.id)
    disposing.look()
    [told] = disposal_requests.listed(disposing.center, disposing.first, world.case.id)
    assert told.disposal.disposed_at is not None
    for store in disposing.center.stores.values():
        assert not list(store.list(f"recordings/{sealed.id}/"))


def test_a_legal_hold_is_set_on_it_too(world: World) -> None:
    center, examiner = with_copies(world), nurse(world)
    sealed = added(center, examiner, world.case.id, picture())
    carry(center)
    legal_holds.place(center, world.prosecutor, world.case.id, reason="appeal", reference="4/2076")
    assert hold_enforcement.carry_out(center, world.case.id)
    assert world.keyholder.hold_wraps(sealed.id, "00" * 16)


def test_after_a_rebuild_it_is_there_and_opens(published: Copied, machine: Machine) -> None:
    world, center = published.world, published.center
    examiner = nurse(world)
    data = picture(seed=8)
    exam = exam_sets.open_set(center, examiner, world.case.id, "girl")
    injuries = [
        Injury("front", "right-chest", 500, 300, "bruise", "round"),
        Injury("hands", "left-palm-thumb", 1, 2, ""),
    ]
    exam_sets.note(center, examiner, exam.id, Notes(injuries, ["back"]))
    known = added(center, examiner, world.case.id, data, exam=exam.id, view="orientation", injury=2)
    carry(center)
    assert world.key_store.carry() == 0
    publish(center)
    machine.rebuild()
    rebuilt = machine.center()
    with rebuilt.database() as session:
        row, told = session.get_one(Evidence, known.id), session.get_one(Photograph, known.id)
    assert (row.state, row.number, row.kind) == (EvidenceState.COMPLETE, 1, "photograph")
    assert (told.view, told.injury, told.size) == ("orientation", 2, len(data))
    again = exam_sets.get(rebuilt, examiner, exam.id)
    assert again.notes == Notes(injuries, ["back"])
    assert (2, "orientation") not in again.missing
    assert content_of(gateway.view(rebuilt, examiner, known.id, "review"), ORIGINAL) == data


def test_after_a_rebuild_who_was_agreed_to_may_still_open_an_intimate_one(
    published: Copied, machine: Machine
) -> None:
    world, center = published.world, published.center
    examiner = nurse(world)
    data = picture(seed=10)
    covered = added(center, examiner, world.case.id, data, intimate=True, agreed=True).id
    carry(center)
    assert world.key_store.carry() == 0
    publish(center)
    request = intimate_approvals.ask(center, examiner, covered, "review", "needed")
    intimate_approvals.decide(center, world.prosecutor, request, approve=True)
    refused = intimate_approvals.ask(center, world.prosecutor, covered, "review", "needed too")
    intimate_approvals.decide(center, examiner, refused, approve=False)
    before = intimate_approvals.listed(center, examiner, world.case.id)
    publish(center)
    machine.rebuild()
    rebuilt = machine.center()
    assert [told(one) for one in intimate_approvals.listed(rebuilt, examiner, world.case.id)] == [
        told(one) for one in before
    ]
    assert content_of(gateway.view(rebuilt, examiner, covered, "review"), ORIGINAL) == data
    with pytest.raises(NeedsSecond):
        gateway.view(rebuilt, world.prosecutor, covered, "review")


def told(one: intimate_approvals.Covered) -> list[tuple[object, ...]]:
    return [(each.id, each.by.id, each.purpose, each.at, each.approved, each.until) for each in one.asked]


def test_one_that_is_newer_than_the_catalogue_follows_from_its_statement(
    published: Copied, machine: Machine
) -> None:
    world, center = published.world, published.center
    examiner = nurse(world)
    publish(center)
    data = picture(seed=9)
    later = added(center, examiner, world.case.id, data)
    exam = exam_sets.open_set(center, examiner, world.case.id, "woman")
    notes = Notes([Injury("feet", "left-sole-heel", 1, 2, "burn")], ["head"])
    exam_sets.note(center, examiner, exam.id, notes)
    exam_sets.close(center, examiner, exam.id)
    carry(center)
    assert world.key_store.carry() == 0
    with center.database.begin() as session:  # as if the catalogue had been made before it
        session.execute(delete(Photograph))
        session.execute(delete(Exam))
        session.execute(delete(Evidence).where(Evidence.id == later.id))
    publish(center)
    rebuilt = machine.rebuild()
    assert any(later.id in lost for lost in rebuilt.report.lost)
    again = exam_sets.get(machine.center(), examiner, exam.id)
    assert (again.notes, again.regions, again.closed) == (notes, 2, True)
    opened = gateway.view(machine.center(), examiner, later.id, "review")
    assert content_of(opened, ORIGINAL) == data
