"""What was opened in error is voided by a statement while it holds nothing; then nothing is added to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from casework.cases import cases, consent, description
from casework.clock import now
from casework.database.models import Appointment, Case, InterviewState, Role
from casework.errors import CaseVoided, Forbidden, InUse, Missing, Refused, WrongState
from casework.evidence import gateway
from casework.interviews import appointments, interviews, opened_in_error
from casework.ledger import chains, projections
from casework.ledger.reasons import reasons_at
from casework.people import people
from casework.photographs import exam_sets
from casework.retention import legal_holds, schedules
from casework.work_queue import queue
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World


def stated(world: World, chain: str) -> list[tuple[str, str]]:
    leaves = chains.chain(world.center, chain).values()
    found = [SignedStatement.parse(leaf).statement for leaf in leaves]
    return [(one.type, str(one.body.get("reason", ""))) for one in found if one.type.endswith(".voided")]


def void(world: World, case: Case | None = None, reason: str = "duplicate", text: str = "") -> Case:
    about = (case or world.case).id
    return opened_in_error.void_case(world.center, world.prosecutor, about, reason, text)


def plan(world: World) -> Appointment:
    return appointments.plan(
        world.center,
        world.prosecutor,
        world.case.id,
        purpose="testimony",
        room="room-1",
        begins=now() + timedelta(days=1),
        minutes=60,
    )


def test_an_interview_without_a_recording_is_voided_and_nothing_is_recorded_in_it(world: World) -> None:
    interview = world.interview()
    voided = opened_in_error.void_interview(
        world.center, world.prosecutor, interview.id, "wrong-case", "opened in the wrong one"
    )
    assert (voided.state, voided.voided_at is not None) == (InterviewState.STOPPED, True)
    opened_in_error.void_interview(
        world.center, world.prosecutor, interview.id, "duplicate"
    )  # again: nothing
    assert stated(world, interview.id) == [("interview.voided", "wrong-case")]
    *_, position = chains.chain(world.center, interview.id)
    assert reasons_at(world.center, world.case, [position])[position]["text"] == "opened in the wrong one"
    with pytest.raises(WrongState):
        world.ticket(interview)
    assert interviews.with_testimony(world.center, world.prosecutor, world.case.id) == []


def test_a_part_that_is_begun_at_the_same_moment_is_refused(world: World) -> None:
    """The check before the part's row is made does not rely on what was read before."""
    interview = world.interview()
    opened_in_error.void_interview(world.center, world.prosecutor, interview.id, "trial")
    assert interview.state is InterviewState.OPENED, "as it was read before"
    with pytest.raises(WrongState):
        gateway._next_part(world.center, interview, "recorder")


async def test_an_interview_with_a_recording_is_not_voided(world: World) -> None:
    interview = world.interview()
    await world.recorded(interview, 1)
    with pytest.raises(InUse):
        opened_in_error.void_interview(world.center, world.prosecutor, interview.id, "duplicate")
    assert stated(world, interview.id) == []
    with pytest.raises(InUse):
        void(world)
    assert stated(world, world.case.id) == []


def test_an_interview_whose_part_is_just_beginning_is_not_voided(world: World) -> None:
    interview = world.interview()
    world.ticket(interview)
    with pytest.raises(InUse):
        opened_in_error.void_interview(world.center, world.prosecutor, interview.id, "duplicate")


def test_practice_is_never_stated_and_so_not_voided(world: World) -> None:
    interview = world.interview(practice=True)
    with pytest.raises(InUse):
        opened_in_error.void_interview(world.center, world.prosecutor, interview.id, "trial")


def test_a_case_without_evidence_is_voided_and_nothing_is_added_to_it(world: World) -> None:
    center, person, case = world.center, world.prosecutor, world.case
    interview = world.interview()
    with pytest.raises(InUse):  # its interview is not over
        void(world)
    opened_in_error.void_interview(center, person, interview.id, "duplicate")
    assert void(world, reason="wrong-person").voided_for == "wrong-person"
    void(world)
    assert stated(world, case.id) == [("case.voided", "wrong-person")]
    colleague = people.add(center, world.administrator, "Person K", Role.PROSECUTOR)
    answers = [consent.Answer(consent.RECORDING, "given")]
    how = {"decided_by": "self", "form": "oral", "language": "ar", "explained_by": "Person E"}
    additions: list[Callable[[], object]] = [
        world.interview,
        lambda: plan(world),
        lambda: description.describe(center, person, case.id, called="Person A", notes=""),
        lambda: consent.record(center, person, case.id, answers, **how),
        lambda: cases.give(center, person, case.id, colleague.id),
    ]
    for add in additions:
        with pytest.raises(CaseVoided):
            add()


def test_what_waits_or_is_under_way_keeps_a_case_from_being_voided(world: World) -> None:
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER)
    cases.give(world.center, world.prosecutor, world.case.id, examiner.id)
    appointment = plan(world)
    with pytest.raises(InUse):
        void(world)
    appointments.cancel(world.center, world.prosecutor, appointment.id, "staff")
    hold = legal_holds.place(
        world.center, world.prosecutor, world.case.id, reason="appeal", reference="File 1"
    )
    with pytest.raises(InUse):
        void(world)
    legal_holds.lift(world.center, world.prosecutor, hold.id, reason="ended", reference="File 2")
    exam = exam_sets.open_set(world.center, examiner, world.case.id, "woman")
    exam_sets.note(world.center, examiner, exam.id, exam_sets.Notes([], ["front"]))
    with pytest.raises(InUse):
        void(world)
    exam_sets.note(world.center, examiner, exam.id, exam_sets.Notes([], []))
    assert void(world).voided_at is not None
    assert queue.waiting_for(world.center, examiner) == []  # the set was begun in error as well
    with pytest.raises(CaseVoided):
        exam_sets.open_set(world.center, examiner, world.case.id, "woman")
    with pytest.raises(CaseVoided):
        exam_sets.note(world.center, examiner, exam.id, exam_sets.Notes([], ["front"]))


def test_who_may_and_with_which_reason(world: World) -> None:
    interview = world.interview()
    for reason in ("", "her name"):
        with pytest.raises(Refused):
            opened_in_error.void_interview(world.center, world.prosecutor, interview.id, reason)
    with pytest.raises(Refused):
        void(world, text="w" * 2001)
    other = people.add(world.center, world.administrator, "Person K", Role.PROSECUTOR)
    for person in (other, world.administrator, world.court):
        with pytest.raises((Forbidden, Missing)):
            opened_in_error.void_interview(world.center, person, interview.id, "duplicate")
        with pytest.raises((Forbidden, Missing)):
            opened_in_error.void_case(world.center, person, world.case.id, "duplicate")


def test_the_rows_follow_again_from_the_statements(world: World) -> None:
    """A process died between the statement and its row."""
    interview = world.interview()
    opened_in_error.void_interview(world.center, world.prosecutor, interview.id, "duplicate")
    void(world)
    with world.center.database.begin() as session:
        row, case = session.get_one(type(interview), interview.id), session.get_one(Case, world.case.id)
        row.voided_at, row.state, case.voided_at = None, InterviewState.OPENED, None
    projections.catch_up(world.center)
    again = interviews.get(world.center, world.prosecutor, interview.id)
    assert (again.voided_at is not None, again.state) == (True, InterviewState.STOPPED)
    assert cases.get(world.center, world.prosecutor, world.case.id).voided_at is not None


def test_the_details_of_a_voided_case_are_retained_by_a_rule_of_their_own(world: World) -> None:
    voided = void(world)
    assert voided.voided_at is not None
    end = schedules.of_case(world.center, voided)[voided.id]
    assert (end.why, end.until) == ("voided", schedules.Term(months=12).after(voided.voided_at))
    own = schedules.Rules.parse(
        "any 10 years\nchild 50 years\n"
    )  # no rule of its own: the one for every case
    assert own.kept_voided(voided).until == schedules.Term(months=120).after(voided.voided_at)
    assert "voided" not in schedules.Rules.parse(schedules.BUILT_IN).kinds
