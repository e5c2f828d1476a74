"""What she refuses to give to the police and the prosecution: closed to them at once, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from casework.access import police_consent
from casework.cases import cases, consent
from casework.database.models import Person, Role
from casework.errors import GivingRefused
from casework.evidence import gateway, small_pictures
from casework.evidence.gateway import ItemExtent
from casework.people import people
from casework.photographs import exam_sets, examination_drafts, examination_records, photographs
from casework.photographs.examination_drafts import Filled
from tests.support.centers.casework_world import World
from tests.support.media.made_pictures import picture
from tests.support.people.adding import SESSION, added
from tests.support.people.granting import granted
from tests.unit.casework.photographs.test_medical_certificate import VALUES

pytestmark = pytest.mark.starts

ANSWER = {"decided_by": "self", "form": "oral"}


@pytest.fixture
def nurse(world: World) -> Person:
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, examiner.id)
    return examiner


def answer(world: World, nurse: Person, subject: str, outcome: str) -> None:
    answers = [consent.Answer(subject, outcome)]
    consent.record(
        world.center, nurse, world.case.id, answers, language="ar", explained_by="Person N", **ANSWER
    )


def record_of(world: World, nurse: Person) -> str:
    draft = examination_drafts.begin(world.center, nurse, world.case.id, "adult-examination")
    examination_drafts.save(world.center, nurse, draft.id, 0, Filled(VALUES, ""))
    return examination_records.seal(world.center, nurse, SESSION, draft.id, 1).id


def exports(world: World, person: Person, evidence: str) -> None:
    gateway.exportable(world.center, person, [ItemExtent(evidence)], "hearing")


def all_refused(*acts: Callable[[], object]) -> None:
    for act in acts:
        with pytest.raises(GivingRefused):
            act()


def test_refused_photographs_are_closed_to_the_prosecution_and_open_to_whoever_treats_her(
    world: World, nurse: Person
) -> None:
    center, prosecutor = world.center, world.prosecutor
    shown = added(center, nurse, world.case.id, picture(seed=41)).id
    record = record_of(world, nurse)
    seen = gateway.view(center, prosecutor, shown, "review")
    together = small_pictures.look(center, prosecutor, world.case.id)
    exports(world, prosecutor, shown)

    answer(world, nurse, "police-photographs", "refused")
    size = center.ledger.size
    all_refused(
        partial(gateway.view, center, prosecutor, shown, "review"),
        partial(gateway.viewing, center, prosecutor, seen.id),
        partial(photographs.introduced, center, prosecutor, shown),
        partial(small_pictures.look, center, prosecutor, world.case.id),
        partial(small_pictures.small, center, prosecutor, together, [shown]),
        partial(exports, world, prosecutor, shown),
    )
    assert center.ledger.size == size, "what is refused is not stated as opened"
    gateway.view(center, nurse, shown, "review")
    gateway.view(center, prosecutor, record, "review")  # information is another question
    order = granted(center, prosecutor, world.case.id, world.court, items=[ItemExtent(shown)])
    assert gateway.view(center, world.court, shown, order.purpose).id

    answer(world, nurse, "police-photographs", "given")
    gateway.view(center, prosecutor, shown, "review")
    consent.withdraw(center, nurse, world.case.id, "police-photographs", **ANSWER)
    all_refused(partial(gateway.view, center, prosecutor, shown, "review"))


def test_refused_information_closes_records_and_notes_and_no_other_document(
    world: World, nurse: Person
) -> None:
    center, prosecutor = world.center, world.prosecutor
    record, exam = record_of(world, nurse), exam_sets.open_set(center, nurse, world.case.id, "woman")
    shown = added(center, nurse, world.case.id, picture(seed=42)).id
    letter = added(center, nurse, world.case.id, picture(seed=43), kind="document").id
    exam_sets.get(center, prosecutor, exam.id)
    answer(world, nurse, "police-information", "refused")
    all_refused(
        partial(gateway.view, center, prosecutor, record, "review"),
        partial(exports, world, prosecutor, record),
        partial(exam_sets.get, center, prosecutor, exam.id),
    )
    exam_sets.get(center, nurse, exam.id)
    gateway.view(center, nurse, record, "review")
    for other in (shown, letter):
        gateway.view(center, prosecutor, other, "review")
        exports(world, prosecutor, other)


def test_specimens_may_be_given_once_she_has_agreed_to_it(world: World, nurse: Person) -> None:
    def may_be_given() -> bool:
        with world.center.database() as session:
            return police_consent.specimens_may_be_given(session, world.case.id)

    assert not may_be_given()
    answer(world, nurse, "specimens", "given")
    assert not may_be_given(), "taking them is another question"
    answer(world, nurse, "police-specimens", "given")
    assert may_be_given()
    answer(world, nurse, "specimens", "refused")
    assert not may_be_given()
    answer(world, nurse, "specimens", "given")
    consent.withdraw(world.center, nurse, world.case.id, "police-specimens", **ANSWER)
    assert not may_be_given()
