"""Which pictures of a case can be shown in its interview, and which drawings were made in it."""

from __future__ import annotations

import pytest

from casework.cases import cases
from casework.database.models import Person, Role
from casework.errors import Forbidden, Missing
from casework.evidence.sealed_recordings import recording_of
from casework.people import people
from casework.photographs import exhibits
from tests.support.centers.casework_world import World
from tests.support.media.made_pictures import noise, picture
from tests.support.people.adding import added

pytestmark = pytest.mark.starts


def colleague(world: World, role: Role) -> Person:
    person = people.add(world.center, world.administrator, f"Person {role}", role, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, person.id)
    return person


def test_a_photograph_is_offered_to_who_may_open_it_and_named_by_its_manifest(world: World) -> None:
    nurse, interviewer = colleague(world, Role.EXAMINER), colleague(world, Role.INTERVIEWER)
    shown = added(world.center, nurse, world.case.id, picture(seed=1))
    added(world.center, nurse, world.case.id, picture(seed=2), intimate=True, agreed=True)
    unreadable = added(world.center, nurse, world.case.id, b"\xff\xd8\xff" + noise(900, seed=3))
    assert not unreadable.shown
    offered = exhibits.offered(world.center, world.prosecutor, world.case.id)
    assert [(one.evidence, one.kind, one.number) for one in offered] == [(shown.id, "photograph", 1)]
    assert exhibits.offered(world.center, interviewer, world.case.id) == []
    chosen = exhibits.chosen(world.center, world.prosecutor, world.case.id, shown.id)
    assert chosen == {
        "evidence": shown.id,
        "kind": "photograph",
        "number": 1,
        "manifest": recording_of(world.center, shown.id).manifest.digest,
    }
    with pytest.raises(Missing):
        exhibits.chosen(world.center, interviewer, world.case.id, shown.id)


def test_a_picture_of_another_case_is_not_offered(world: World) -> None:
    nurse = colleague(world, Role.EXAMINER)
    shown = added(world.center, nurse, world.case.id, picture(seed=1))
    other = cases.open_case(world.center, world.prosecutor)
    assert exhibits.offered(world.center, world.prosecutor, other.id) == []
    with pytest.raises(Missing):
        exhibits.chosen(world.center, world.prosecutor, other.id, shown.id)


def test_an_interviewer_adds_a_drawing_names_it_and_may_not_open_it(world: World) -> None:
    interviewer, nurse = colleague(world, Role.INTERVIEWER), colleague(world, Role.EXAMINER)
    sheet = added(world.center, interviewer, world.case.id, picture(seed=4), kind="document")
    assert exhibits.drawn(world.center, interviewer, world.case.id, sheet.id) == {
        "evidence": sheet.id,
        "kind": "document",
        "number": 1,
        "manifest": recording_of(world.center, sheet.id).manifest.digest,
    }
    assert exhibits.offered(world.center, interviewer, world.case.id) == []
    assert [one.evidence for one in exhibits.offered(world.center, world.prosecutor, world.case.id)] == [
        sheet.id
    ]
    photograph = added(world.center, nurse, world.case.id, picture(seed=5))
    other = cases.open_case(world.center, world.prosecutor)
    for person, case, evidence in (
        (nurse, world.case.id, sheet.id),  # another person added it
        (interviewer, other.id, sheet.id),
        (nurse, world.case.id, photograph.id),
        (interviewer, world.case.id, "ff" * 16),
    ):
        with pytest.raises(Missing):
            exhibits.drawn(world.center, person, case, evidence)
    with pytest.raises(Forbidden):
        added(world.center, interviewer, world.case.id, picture(seed=6))
