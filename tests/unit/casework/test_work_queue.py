"""What waits for whom: each kind of work appears for the people who can do it, and goes once it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update

from casework.cases import cases
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import (
    Case,
    CopyFinding,
    Derivative,
    DerivativeState,
    Evidence,
    Grant,
    Person,
    Role,
    SignInLink,
)
from casework.errors import WrongState
from casework.evidence import gateway
from casework.grants import grants
from casework.interviews import seal_confirmation
from casework.people import people
from casework.photographs import exam_sets, examination_drafts, intimate_approvals
from casework.redaction.edits import Redaction
from casework.retention import disposal_requests, legal_holds, schedules
from casework.transcripts import drafts
from casework.work_queue import queue
from casework.work_queue.work_item import Kind, WorkItem
from casework.working_copies import orders, reviews
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import Copied
from tests.support.centers.disposing_world import Disposing
from tests.support.media.made_pictures import picture
from tests.support.people.adding import added
from tests.support.people.granting import granted
from tests.support.people.passkeys import asked, completed, passkey
from tests.unit.casework.derivatives.test_derivatives_retained import EDITS, made


@pytest.fixture
async def item(world: World) -> str:
    """A recording, in a case whose type is stated."""
    state_type(world)
    return await world.recorded(world.interview())


@pytest.fixture
def colleague(world: World) -> Person:
    other = people.add(world.center, world.administrator, "Person S", Role.PROSECUTOR, namesake=True)
    cases.give(world.center, world.prosecutor, world.case.id, other.id)
    return other


@pytest.fixture
def nurse(world: World) -> Person:
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, examiner.id)
    return examiner


def state_type(world: World) -> None:
    schedules.set_for(
        world.center, world.prosecutor, world.case.id, kind="child", until=None, reference="File 1"
    )


def waiting(center: Center, person: Person) -> list[tuple[str, str]]:
    """Kind of each item, and what it is about."""
    return [(one.kind.value, one.about) for one in queue.waiting_for(center, person)]


def only(center: Center, person: Person) -> WorkItem:
    [one] = queue.waiting_for(center, person)
    return one


def changed(world: World, rows: type[object], /, **values: object) -> None:
    """Every row of this kind, with these values: as if time had passed."""
    with world.center.database.begin() as session:
        session.execute(update(rows).values(**values))


# --- grants -----------------------------------------------------------------------------------------------


def test_a_grant_waits_to_be_accepted_then_for_the_copy_and_then_for_its_end(
    world: World, item: str, colleague: Person
) -> None:
    center = world.center
    grant = granted(center, world.prosecutor, world.case.id, world.court, accepted=False, kind="copy")
    received = only(center, world.court)
    assert (received.kind, received.about, received.by) == (
        Kind.GRANT_TO_ACCEPT,
        grant.id,
        world.prosecutor.id,
    )
    assert (received.case and received.case.id, received.until) == (world.case.id, grant.ends_at)
    assert waiting(center, world.prosecutor) == waiting(center, colleague) == []
    grants.accept(center, world.court, grant.id)
    assert waiting(center, world.court) == []
    for one in (world.prosecutor, colleague):
        assert waiting(center, one) == [("copy-to-authorise", grant.id)]
        assert (only(center, one).by, only(center, one).until) == (world.court.id, None)
    grants.authorise_copy(center, colleague, grant.id, reference="order 8/2076")
    assert waiting(center, world.prosecutor) == waiting(center, colleague) == []
    changed(world, Grant, ends_at=now() + timedelta(days=3))
    assert waiting(center, world.court) == waiting(center, world.prosecutor) == [("grant-ending", grant.id)]
    assert waiting(center, colleague) == []  # who gave it is reminded
    grants.withdraw(center, world.prosecutor, grant.id, reason="ended")
    assert waiting(center, world.court) == waiting(center, world.prosecutor) == []


def test_a_copy_that_was_not_authorised_within_two_weeks_is_asked_for_no_longer(
    world: World, item: str
) -> None:
    grant = granted(world.center, world.prosecutor, world.case.id, world.court, kind="copy")
    assert waiting(world.center, world.prosecutor) == [("copy-to-authorise", grant.id)]
    changed(world, Grant, accepted_at=now() - timedelta(days=15))
    assert waiting(world.center, world.prosecutor) == []


def test_what_has_an_end_comes_first_and_then_the_oldest(world: World, item: str, nurse: Person) -> None:
    later = granted(world.center, world.prosecutor, world.case.id, world.court, accepted=False)
    sooner = granted(
        world.center,
        world.prosecutor,
        world.case.id,
        world.court,
        accepted=False,
        until=now() + timedelta(days=2),
    )
    assert [about for _, about in waiting(world.center, world.court)] == [sooner.id, later.id]
    sets = [exam_sets.open_set(world.center, nurse, world.case.id, "woman").id for _ in range(2)]
    assert [about for _, about in waiting(world.center, nurse)] == sets


# --- a second person --------------------------------------------------------------------------------------


@pytest.mark.starts
def test_a_request_waits_for_another_person_and_the_answer_for_who_asked(
    world: World, nurse: Person, colleague: Person
) -> None:
    center = world.center
    state_type(world)
    covered = added(center, nurse, world.case.id, picture(seed=78), intimate=True, agreed=True)
    request = intimate_approvals.ask(center, nurse, covered.id, "review", "to compare")
    assert waiting(center, nurse) == []
    for one in (world.prosecutor, colleague):
        [asked_for] = queue.waiting_for(center, one)
        assert (asked_for.kind, asked_for.about) == (Kind.INTIMATE_REQUEST, request)
        assert (asked_for.by, asked_for.number) == (nurse.id, 1)
    intimate_approvals.decide(center, colleague, request, approve=True)
    assert waiting(center, world.prosecutor) == waiting(center, colleague) == []
    agreed = only(center, nurse)
    assert (agreed.kind, agreed.about, agreed.by) == (Kind.INTIMATE_AGREED, covered.id, colleague.id)
    assert agreed.until is not None
    gateway.view(center, nurse, covered.id, "review")
    assert waiting(center, nurse) == []
    refused = intimate_approvals.ask(center, nurse, covered.id, "charging", "to compare")
    intimate_approvals.decide(center, colleague, refused, approve=False)
    assert waiting(center, nurse) == waiting(center, world.prosecutor) == []


@pytest.mark.parametrize("accepted", [True, False])
def test_a_redacted_film_waits_for_another_person_and_the_answer_for_its_maker(
    world: World, item: str, colleague: Person, accepted: bool
) -> None:
    center = world.center
    film = made(center, world, item, Redaction.of_film(EDITS))
    assert waiting(center, world.prosecutor) == []
    assert waiting(center, world.court) == []
    assert waiting(center, colleague) == [("copy-to-check", film)]
    gateway.view(center, colleague, film, "review")
    assert waiting(center, colleague) == [("copy-to-check", film)]
    reviews.check(center, colleague, film, accepted=accepted)
    assert waiting(center, colleague) == []
    answer = only(center, world.prosecutor)
    assert (answer.kind, answer.by) == (Kind.COPY_ACCEPTED if accepted else Kind.COPY_REJECTED, colleague.id)
    gateway.view(center, world.prosecutor, film, "review")
    assert waiting(center, world.prosecutor) == []


def test_who_worked_on_a_transcript_is_not_asked_to_check_it(
    world: World, item: str, colleague: Person
) -> None:
    film = made(world.center, world, item, Redaction.of_film(EDITS))
    changed(world, Derivative, authors=[world.prosecutor.id, colleague.id])
    assert waiting(world.center, colleague) == []
    assert world.center.database.get_one(Derivative, film).accepted is None


def test_a_copy_that_failed_is_told_to_who_ordered_it_until_it_is_ordered_again(
    world: World, item: str, colleague: Person
) -> None:
    interview = world.center.database.get_one(Evidence, item).recorded_in.id

    def order() -> str:
        return orders.order(world.center, world.prosecutor, interview, EDITS, "hearing").id

    failed = order()
    changed(world, Derivative, state=DerivativeState.FAILED, failure="decoder-failed")
    assert waiting(world.center, world.prosecutor) == [("copy-failed", failed)]
    assert waiting(world.center, colleague) == []
    order()
    assert waiting(world.center, world.prosecutor) == []


def test_a_sheet_of_photographs_that_failed_is_told_to_the_nurse_until_it_is_ordered_again(
    world: World, nurse: Person
) -> None:
    """As `comparison_sheets` orders it: of no interview."""

    def ordered(state: DerivativeState, hours: int) -> str:
        row = Derivative(
            id=new_id(),
            case_id=world.case.id,
            kind="comparison-sheet",
            purpose="review",
            sources=[],
            state=state,
            node="here",
            ordered_by=nurse.id,
            ordered_at=now() - timedelta(hours=hours),
        )
        with world.center.database.begin() as session:
            session.add(row)
        return row.id

    failed = ordered(DerivativeState.FAILED, hours=2)
    assert waiting(world.center, nurse) == [("copy-failed", failed)]
    assert only(world.center, nurse).within is None
    assert waiting(world.center, world.prosecutor) == []
    ordered(DerivativeState.WAITING, hours=1)
    assert waiting(world.center, nurse) == []


def test_a_request_to_destroy_waits_for_a_second_person(disposing: Disposing) -> None:
    center = disposing.center
    disposal = disposing.requested()
    assert ("disposal-to-decide", disposal.id) not in waiting(center, disposing.first)
    assert ("disposal-to-decide", disposal.id) in waiting(center, disposing.second)
    disposal_requests.refuse(
        center, disposing.second, disposal.id, reason="mistaken", reference="Minutes 5/2076"
    )
    assert ("disposal-to-decide", disposal.id) not in waiting(center, disposing.second)


def test_the_end_of_retention_is_brought_up_unless_a_hold_is_on_the_case(disposing: Disposing) -> None:
    center, case = disposing.center, disposing.world.case.id
    changed(disposing.world, Case, kind="any-other")  # which no rule is for: the longest one applies
    assert waiting(center, disposing.first) == [("retention-ending", case)]
    years = replace(center, retention=disposing.world.folder / "years.txt")
    (disposing.world.folder / "years.txt").write_text("any 1 year\n")
    assert waiting(years, disposing.first) == []
    (disposing.world.folder / "years.txt").write_text("any 20 days\n")
    assert waiting(years, disposing.first) == [("retention-ending", case)]
    (disposing.world.folder / "years.txt").write_text("unreadable\n")
    assert waiting(years, disposing.first) == []
    legal_holds.place(center, disposing.first, case, reason="appeal", reference="8/2076")
    assert waiting(center, disposing.first) == []


# --- one's own unfinished work ----------------------------------------------------------------------------


def test_who_opened_the_interview_is_asked_to_confirm_the_seal_if_they_can_sign(
    world: World, item: str, colleague: Person
) -> None:
    center = world.center
    assert waiting(center, world.prosecutor) == []
    key = passkey(world, world.prosecutor)
    assert waiting(center, world.prosecutor) == [("seal-to-confirm", item)]
    passkey(world, colleague, seed=2)
    assert waiting(center, colleague) == []
    changed(world, Evidence, beside="0d" * 16)  # a safety recording: the room's browser made it
    assert waiting(center, world.prosecutor) == []
    with pytest.raises(WrongState):
        asked(partial(seal_confirmation.confirm, center, world.prosecutor, item))
    changed(world, Evidence, beside=None)
    act = asked(partial(seal_confirmation.confirm, center, world.prosecutor, item))
    completed(center, world.prosecutor, act, key)
    assert waiting(center, world.prosecutor) == []


def test_drafts_sets_and_records_wait_for_who_writes_them(world: World, item: str, nurse: Person) -> None:
    center = world.center
    draft = drafts.begin(center, world.prosecutor, item, "en")
    assert waiting(center, world.prosecutor) == [("draft-open", draft.id)]
    drafts.discard(center, world.prosecutor, draft.id)
    exam = exam_sets.open_set(center, nurse, world.case.id, "woman")
    assert waiting(center, nurse) == [("exam-open", exam.id)]
    assert waiting(center, world.prosecutor) == []
    exam_sets.note(center, nurse, exam.id, exam_sets.Notes(unseen=("head",)))
    exam_sets.close(center, nurse, exam.id)
    assert waiting(center, nurse) == []
    record = examination_drafts.begin(center, nurse, world.case.id, "adult-examination")
    assert waiting(center, nurse) == [("examination-open", record.id)]
    assert waiting(center, world.prosecutor) == []
    examination_drafts.discard(center, nurse, record.id)
    assert waiting(center, nurse) == []


def test_a_case_that_no_prosecutor_works_with_waits_to_be_shared(world: World, nurse: Person) -> None:
    case = cases.open_case(world.center, nurse)
    assert waiting(world.center, nurse) == [("case-to-share", case.id)]
    cases.give(world.center, nurse, case.id, world.prosecutor.id)
    assert waiting(world.center, nurse) == []


# --- the center -------------------------------------------------------------------------------------------


def test_an_invitation_that_expired_unused_waits_for_the_administrator(world: World) -> None:
    center = world.center
    invited = people.add(center, world.administrator, "Person I", Role.INTERVIEWER)
    people.new_link(center, world.administrator, invited.id)
    assert waiting(center, world.administrator) == []
    changed(world, SignInLink, expires_at=now() - timedelta(hours=1))
    assert waiting(center, world.administrator) == [("invitation-expired", invited.id)]
    assert waiting(center, world.prosecutor) == []
    used = people.new_link(center, world.administrator, invited.id)
    assert waiting(center, world.administrator) == []
    people.redeem(center, used)
    changed(world, SignInLink, expires_at=now() - timedelta(hours=1))
    assert waiting(center, world.administrator) == []


def test_damage_that_no_copy_repaired_waits_for_who_sees_the_state(copied: Copied, item: str) -> None:
    world, center = copied.world, copied.center
    copy = center.scrubbed[0]
    for found_in, wrong in (
        (copy, "altered"),
        (copy, "surplus"),
        ("a removed copy", "altered"),
    ):
        with center.database.begin() as session:
            session.add(
                CopyFinding(
                    id=new_id(),
                    copy=found_in,
                    evidence_id=item,
                    key=f"recordings/{item}/manifest",
                    wrong=wrong,
                    found_at=now(),
                )
            )
    one = only(center, world.administrator)
    assert (one.kind, one.about, one.number) == (Kind.COPIES_DAMAGED, copy, 1)
    changed(world, CopyFinding, repaired_at=now())
    assert waiting(center, world.administrator) == []


def test_nothing_waits_for_who_has_no_part_in_the_case_or_has_left(world: World, item: str) -> None:
    center = world.center
    made(center, world, item, Redaction.of_film(EDITS))
    stranger = people.add(center, world.administrator, "Person T", Role.PROSECUTOR)
    assert waiting(center, stranger) == []
    cases.give(center, world.prosecutor, world.case.id, stranger.id)
    assert [kind for kind, _ in waiting(center, stranger)] == ["copy-to-check"]
    soon = now() + timedelta(days=3)
    granted(center, stranger, world.case.id, world.court, until=soon)
    assert {kind for kind, _ in waiting(center, stranger)} == {"copy-to-check", "grant-ending"}
    cases.withdraw(center, world.prosecutor, world.case.id, stranger.id)
    assert waiting(center, stranger) == []
    cases.give(center, world.prosecutor, world.case.id, stranger.id)
    people.retire(center, world.administrator, stranger.id)
    assert waiting(center, people.get(center, stranger.id)) == []


@pytest.mark.parametrize("role", list(Role))
def test_the_queue_of_every_role_can_be_read_and_is_empty_outside_its_cases(
    world: World, item: str, role: Role
) -> None:
    made(world.center, world, item, Redaction.of_film(EDITS))
    granted(world.center, world.prosecutor, world.case.id, world.court, kind="copy")
    person = people.add(world.center, world.administrator, f"Person of {role}", role, "elsewhere")
    assert waiting(world.center, person) == []


async def test_cases_whose_type_is_not_stated_are_one_item(world: World) -> None:
    custodian = people.add(world.center, world.administrator, "Person C", Role.CUSTODIAN)
    cases.open_case(world.center, world.prosecutor)  # holds nothing: nothing is retained by a rule
    assert waiting(world.center, custodian) == waiting(world.center, world.prosecutor) == []
    await world.recorded(world.interview())
    for person in (custodian, world.prosecutor):
        found = only(world.center, person)
        assert (found.kind, found.about, found.number) == (Kind.CASES_WITHOUT_TYPE, world.case.id, 1)
    other = people.add(world.center, world.administrator, "Person S", Role.PROSECUTOR, namesake=True)
    assert waiting(world.center, other) == []  # does not work with the case
    state_type(world)
    assert waiting(world.center, custodian) == waiting(world.center, world.prosecutor) == []


def test_a_new_center_asks_for_staff_until_one_could_open_a_case(world: World) -> None:
    center, administrator = world.center, world.administrator
    assert waiting(center, administrator) == []
    changed(world, Person, active=False)
    with center.database.begin() as session:
        session.get_one(Person, administrator.id).active = True
    assert waiting(center, administrator) == [("staff-to-add", administrator.id)]
    people.add(center, administrator, "Person C", Role.CUSTODIAN)
    assert waiting(center, administrator) == [("staff-to-add", administrator.id)]
    people.add(center, administrator, "Person N", Role.EXAMINER)
    assert waiting(center, administrator) == []
