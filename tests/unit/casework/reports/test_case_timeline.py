"""The timeline and the summary of a case: what happened, for each role as far as it may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from casework.cases import cases, consent, description
from casework.clock import now
from casework.database.models import Consent, Person, Role
from casework.errors import Forbidden
from casework.evidence import export_orders
from casework.evidence.gateway import ItemExtent
from casework.grants import grants
from casework.people import people
from casework.photographs import exam_sets
from casework.reports import case_summary, case_timeline
from casework.reports.case_timeline import Event, Kind
from casework.retention import legal_holds
from casework.specimens import handovers
from casework.specimens.acts import Condition
from tests.support.centers.casework_world import World
from tests.support.centers.taken_specimens import take_specimen
from tests.support.media.made_pictures import picture
from tests.support.people.adding import added
from tests.support.people.granting import granted

ANSWER = {"decided_by": "self", "form": "oral", "language": "ar", "explained_by": "Person E"}


@pytest.fixture
def nurse(world: World) -> Person:
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, examiner.id)
    return examiner


def seen(world: World, person: Person) -> list[Event]:
    return case_timeline.of_case(world.center, person, world.case.id)


def kinds(world: World, person: Person) -> list[str]:
    return [one.kind.value for one in seen(world, person)]


@pytest.mark.starts
async def test_a_role_sees_the_events_of_the_pages_that_it_may_open(world: World, nurse: Person) -> None:
    center, case = world.center, world.case
    item = await world.recorded(world.interview())
    exam = exam_sets.open_set(center, nurse, case.id, "woman")
    added(center, nurse, case.id, picture())
    added(center, nurse, case.id, picture(seed=1))
    granted(center, world.prosecutor, case.id, world.court)
    export_orders.place(center, world.prosecutor, [ItemExtent(item)], "hearing", viewing=False)

    assert set(kinds(world, nurse)) == {"interview", "photograph-set", "files"}
    ours = seen(world, world.prosecutor)
    assert [one.at for one in ours] == sorted((one.at for one in ours), reverse=True)
    assert {one.kind for one in ours} == {
        Kind.INTERVIEW, Kind.PHOTOGRAPH_SET, Kind.FILES, Kind.GRANT, Kind.PACKAGE
    }  # fmt: skip
    [interview] = [one for one in ours if one.kind is Kind.INTERVIEW]
    assert [part.evidence for part in interview.parts] == [item]
    [files] = [one for one in ours if one.kind is Kind.FILES]
    assert (files.count, files.by) == (2, nurse.id)
    [set_] = [one for one in ours if one.kind is Kind.PHOTOGRAPH_SET]
    assert (set_.about, set_.count, set_.by) == (exam.id, 0, nurse.id)
    with pytest.raises(Forbidden):
        seen(world, world.administrator)


def test_the_answers_of_one_sheet_are_one_event_and_later_ones_another(world: World) -> None:
    """Else an answer that was given before a recording would appear after it."""
    sheet = [consent.Answer("recording", "given"), consent.Answer("photographs", "refused")]
    consent.record(world.center, world.prosecutor, world.case.id, sheet, **ANSWER)
    with world.center.database.begin() as session:
        for row in session.scalars(select(Consent)):
            row.at -= timedelta(hours=1)
    consent.record(
        world.center, world.prosecutor, world.case.id, [consent.Answer("share-court", "given")], **ANSWER
    )
    later, earlier = seen(world, world.prosecutor)
    assert {later.kind, earlier.kind} == {Kind.CONSENT}
    assert [one.subject for one in later.answers] == ["share-court"]
    assert [(one.subject, one.outcome) for one in earlier.answers] == [
        ("recording", "given"),
        ("photographs", "refused"),
    ]
    assert later.at - earlier.at > timedelta(minutes=59)


def test_specimens_are_one_event_when_taken_and_each_later_act_is_one_of_its_own(
    world: World, nurse: Person
) -> None:
    center, intact = world.center, Condition(intact=True)
    kit = take_specimen(center, nurse, world.case.id, kind="kit", seal="k-1", what="a kit")
    take_specimen(center, nurse, world.case.id, kind="swab", seal="s-2", what="dry", kit=kit.id)
    to, until = {"organisation": "clinic", "role": "clinician"}, now() + timedelta(days=1)
    handovers.hand_over(center, nurse, kit.id, to, until, intact)
    handovers.recall(center, nurse, kit.id)
    handovers.destroy(center, nurse, kit.id, "used-up", intact)
    assert [(one.act, one.about, one.by) for one in seen(world, nurse)[:3]] == [
        (f"specimen.{act}", kit.id, nurse.id) for act in ("destroyed", "recalled", "handed-over")
    ]
    taken = seen(world, nurse)[3]
    assert (taken.kind, taken.count, taken.about) == (Kind.SPECIMENS_TAKEN, 2, world.case.id)
    assert kinds(world, world.prosecutor) == ["specimen"] * 3 + ["specimens-taken"]
    observer = people.add(center, world.administrator, "Person O", Role.OBSERVER, "agency")
    cases.give(center, world.prosecutor, world.case.id, observer.id)
    assert kinds(world, observer) == []


def test_the_summary_has_what_its_reader_may_know(world: World, nurse: Person) -> None:
    center, case, prosecutor = world.center, world.case, world.prosecutor
    description.describe(center, prosecutor, case.id, called="Person A", notes="")
    consent.record(center, prosecutor, case.id, [consent.Answer("recording", "given")], **ANSWER)
    legal_holds.place(center, prosecutor, case.id, reason="appeal", reference="order 9/2076")
    grant = granted(center, prosecutor, case.id, world.court, accepted=False)
    ours = case_summary.of_case(center, prosecutor, case.id)
    assert (ours.called, ours.held, ours.grant_ends) == ("Person A", True, grant.ends_at)
    assert {subject: one and one.outcome for subject, one in ours.consents.items()} == {
        "recording": "given",
        "police-information": None,
        "police-photographs": None,
    }
    hers = case_summary.of_case(center, nurse, case.id)
    assert (hers.called, hers.grant_ends) == ("Person A", None)
    assert hers.consents == {"examination": None, "photographs": None, "intimate-photographs": None}
    courts = case_summary.of_case(center, world.court, case.id)
    assert (courts.called, courts.consents, courts.grant_ends, courts.retained_until) == ("", {}, None, None)
    grants.withdraw(center, prosecutor, grant.id, reason="ended")
    assert case_summary.of_case(center, prosecutor, case.id).grant_ends is None
    center.keyholder.lock()
    assert case_summary.of_case(center, prosecutor, case.id).called == ""
    assert now() < grant.ends_at <= now() + timedelta(days=400)
