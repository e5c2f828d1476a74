"""The life of an interview, its parts and its gaps."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from casework.cases import history
from casework.clock import new_id
from casework.database.models import Evidence, EvidenceState, Interview, InterviewState, SealedDetails
from casework.errors import AlreadyTold, Forbidden, Missing, Refused, VaultLocked, WrongState
from casework.interviews import interviews
from casework.interviews.interviews import Present
from casework.ledger import custody_log
from tests.support.centers.casework_world import World
from tests.support.people.granting import granted

BEGIN = datetime(2026, 11, 24, 20, 15, tzinfo=UTC)


def add_part(
    world: World,
    interview: Interview,
    number: int,
    state: EvidenceState,
    after: timedelta,
    seconds: int | None,
    reason: str | None = None,
) -> str:
    part = Evidence(
        id=new_id(),
        case_id=interview.case_id,
        interview_id=interview.id,
        kind="recording",
        number=number,
        state=state,
        node="1",
        recorder="00" * 8,
        epoch=BEGIN + after,
        opened_at=BEGIN + after,
        duration=None if seconds is None else seconds * 1_000_000,
        reason=reason,
    )
    with world.center.database.begin() as session:
        session.add(part)
    return part.id


def again(world: World, interview: Interview) -> Interview:
    return interviews.get(world.center, world.prosecutor, interview.id)


def test_what_was_told_at_the_opening_is_kept_sealed_and_read_back(world: World) -> None:
    interview = world.interview()
    told = interviews.opening_details(world.center, world.prosecutor, interview.id)
    assert told == {
        "name": "Person P",
        "place": "Ramallah",
        "present": [{"role": "interviewer", "who": "Person A"}],
        "purpose": "testimony",
        "wish": "recorded, without observers",
    }
    with world.center.database() as session:
        sealed = b"".join(row.sealed for row in session.query(SealedDetails))
    assert b"Ramallah" not in sealed


def test_an_interview_is_opened_but_not_read_back_while_the_vault_is_locked(world: World) -> None:
    world.keyholder.lock()
    interview = world.interview()
    with pytest.raises(VaultLocked):
        interviews.opening_details(world.center, world.prosecutor, interview.id)


def test_what_was_told_is_gone_once_the_case_key_is_destroyed(world: World) -> None:
    interview = world.interview()
    world.destroy_wraps(world.case.id)
    assert interviews.opening_details(world.center, world.prosecutor, interview.id) is None


def test_a_practice_interview_says_and_keeps_nothing(world: World) -> None:
    size = world.center.ledger.size
    interview = world.interview(practice=True)
    assert world.center.ledger.size == size
    assert custody_log.head(world.center, interview.id) is None
    assert interviews.opening_details(world.center, world.prosecutor, interview.id) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"purpose": "curiosity"},
        {"room": "The Room"},
        {"wish": "x" * (interviews.MAX_TEXT + 1)},
        {"present": [Present("x" * (interviews.MAX_TEXT + 1), "")]},
    ],
)
def test_an_interview_that_makes_no_sense_is_refused_before_anything_is_said(
    world: World, changed: dict[str, object]
) -> None:
    size = world.center.ledger.size
    fields: dict[str, object] = {
        "purpose": "testimony",
        "room": "room-1",
        "place": "",
        "present": [],
        "wish": "",
    }
    with pytest.raises(Refused):
        interviews.open_interview(
            world.center,
            world.prosecutor,
            world.case.id,
            **(fields | changed),  # type: ignore[arg-type]
        )
    assert world.center.ledger.size == size


def test_only_whoever_works_on_the_case_opens_and_sees_its_interviews(world: World) -> None:
    interview = world.interview()
    for person in (world.administrator, world.court):
        with pytest.raises(Forbidden):
            interviews.get(world.center, person, interview.id)
    with pytest.raises(Missing):
        interviews.get(world.center, world.prosecutor, "00" * 16)
    granted(world.center, world.prosecutor, world.case.id, world.court)
    assert interviews.get(world.center, world.court, interview.id).id == interview.id
    assert [one.id for one in interviews.of_case(world.center, world.court, world.case.id)] == [interview.id]


async def test_where_there_is_testimony_nobody_is_asked_again_without_a_written_reason(world: World) -> None:
    first = await asyncio.to_thread(world.interview, again="")  # nothing was recorded before
    await asyncio.to_thread(world.interview, again="")  # and nothing in the first one either
    await world.recorded(first)
    size = world.center.ledger.size
    for reason in ("", "  "):
        with pytest.raises(AlreadyTold):
            await asyncio.to_thread(world.interview, again=reason)
    assert world.center.ledger.size == size
    await asyncio.to_thread(world.interview, True, "")  # practice asks nobody
    again = await asyncio.to_thread(world.interview, again="Another person is named now")
    [entry] = history.of_item(world.center, world.prosecutor, again.id)
    assert entry.body == {"earlier": 1, "practice": False}
    told = interviews.opening_details(world.center, world.prosecutor, again.id)
    assert told is not None
    assert told["again"] == "Another person is named now"
    asked = interviews.with_testimony(world.center, world.prosecutor, world.case.id)
    assert [one.id for one in asked] == [first.id]


async def test_a_further_interview_is_linked_to_an_earlier_one_of_its_case(world: World) -> None:
    first = await asyncio.to_thread(world.interview)
    await world.recorded(first)

    def link(follows: str) -> Interview:
        return interviews.open_interview(
            world.center,
            world.prosecutor,
            world.case.id,
            purpose="cross-examination",
            room="room-1",
            place="",
            present=[],
            wish="",
            again="The court has ordered it",
            follows=follows,
        )

    with pytest.raises(Missing):
        await asyncio.to_thread(link, "00" * 16)
    linked = await asyncio.to_thread(link, first.id)
    assert again_row(world, linked).follows == first.id
    [entry] = history.of_item(world.center, world.prosecutor, linked.id)
    assert entry.body == {"earlier": 1, "follows": first.id, "practice": False}


def again_row(world: World, interview: Interview) -> Interview:
    return interviews.get(world.center, world.prosecutor, interview.id)


def test_states_follow_each_other_and_the_same_state_again_is_no_error(world: World) -> None:
    interview = world.interview()
    for state in ("checked", "recording", "recording", "break", "recording", "stopped", "stopped"):
        interviews.move(world.center, interview.id, InterviewState(state))
    now = again(world, interview)
    assert now.state is InterviewState.STOPPED
    assert now.started_at is not None
    assert now.ended_at is not None
    with pytest.raises(WrongState):
        interviews.move(world.center, interview.id, InterviewState.RECORDING)


def test_an_interview_is_sealed_when_it_is_stopped_and_all_its_parts_are(world: World) -> None:
    interview = world.interview()
    interviews.move(world.center, interview.id, InterviewState.RECORDING)
    add_part(world, interview, 1, EvidenceState.INTERRUPTED, timedelta(), 10)
    open_part = add_part(world, interview, 2, EvidenceState.RECORDING, timedelta(seconds=12), None)
    add_part(world, interview, 3, EvidenceState.VOID, timedelta(seconds=20), None)
    assert interviews.move(world.center, interview.id, InterviewState.STOPPED).state is InterviewState.STOPPED
    with world.center.database.begin() as session:
        session.get_one(Evidence, open_part).state = EvidenceState.COMPLETE
    other = world.interview()
    interviews.move(world.center, other.id, InterviewState.STOPPED)
    assert again(world, other).state is InterviewState.STOPPED, "nothing was recorded, so nothing is sealed"
    with world.center.database.begin() as session:
        session.get_one(Interview, interview.id).state = InterviewState.RECORDING
    assert interviews.move(world.center, interview.id, InterviewState.STOPPED).state is InterviewState.SEALED


def test_the_gap_between_parts_is_stated_with_its_reason(world: World) -> None:
    interview = world.interview()
    add_part(world, interview, 1, EvidenceState.INTERRUPTED, timedelta(), 60, "recorder-lost")
    add_part(world, interview, 2, EvidenceState.VOID, timedelta(seconds=61), None)
    add_part(world, interview, 3, EvidenceState.RECORDING, timedelta(seconds=65), None)
    first, second = interviews.list_parts(again(world, interview))
    assert (first.number, first.gap, first.reason) == (1, None, None)
    assert first.ends == BEGIN + timedelta(seconds=60)
    assert (second.number, second.gap, second.reason) == (3, timedelta(seconds=5), "recorder-lost")
    assert second.ends is None


def test_unfinished_parts_are_found_after_a_restart(world: World) -> None:
    interview = world.interview()
    add_part(world, interview, 1, EvidenceState.COMPLETE, timedelta(), 60)
    recording = add_part(world, interview, 2, EvidenceState.RECORDING, timedelta(seconds=65), None)
    opening = add_part(world, interview, 3, EvidenceState.OPENING, timedelta(seconds=70), None)
    found = interviews.unfinished(world.center)
    assert found == [(interview.id, recording), (interview.id, opening)]
