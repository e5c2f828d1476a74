"""Recording without consent takes a decision, with a reason, before the first part alone."""

from __future__ import annotations

import pytest

from casework.cases import consent
from casework.cases.consent import RECORDING
from casework.database.models import Interview, InterviewState
from casework.errors import ConsentLacking, Refused
from casework.interviews import consent_decisions, interviews
from casework.ledger import chains
from casework.ledger.reasons import reasons_at
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World

ANSWER = {"decided_by": "self", "form": "oral"}


def answer(world: World, outcome: str, text: str = "") -> None:
    center, person, case = world.center, world.prosecutor, world.case.id
    if outcome == "withdrawn":
        consent.withdraw(center, person, case, RECORDING, **ANSWER)
    else:
        asked = {"language": "ar", "explained_by": "Person E"} | ANSWER
        consent.record(center, person, case, [consent.Answer(RECORDING, outcome, text)], **asked)


def standing(world: World, interview: Interview) -> str:
    now = interviews.get(world.center, world.prosecutor, interview.id)
    return consent_decisions.consent_to_recording(world.center, now)


def begin(world: World, interview: Interview, reason: str = "") -> None:
    now = interviews.get(world.center, world.prosecutor, interview.id)
    consent_decisions.require_consent_or_decide(world.center, world.prosecutor, now, reason)


def decisions(world: World, interview: Interview) -> list[str]:
    leaves = chains.chain(world.center, interview.id).values()
    stated = [SignedStatement.parse(leaf).statement for leaf in leaves]
    return [one.body["consent"] for one in stated if one.type == "interview.decided"]


@pytest.mark.parametrize(("outcome", "text"), [("given", ""), ("limited", "not her face")])
def test_with_consent_nothing_is_decided(world: World, outcome: str, text: str) -> None:
    interview = world.interview()
    answer(world, outcome, text)
    assert standing(world, interview) == outcome
    begin(world, interview, "a reason that is not needed")
    assert decisions(world, interview) == []


@pytest.mark.parametrize("answers", [(), ("refused",), ("given", "withdrawn")])
def test_without_it_a_reason_is_needed_and_kept(world: World, answers: tuple[str, ...]) -> None:
    interview = world.interview()
    for one in answers:
        answer(world, one)
    lacking = answers[-1] if answers else "not-asked"
    assert standing(world, interview) == lacking
    for blank in ("", " \n"):
        with pytest.raises(ConsentLacking):
            begin(world, interview, blank)
    with pytest.raises(Refused):
        begin(world, interview, "w" * 2001)
    begin(world, interview, "ordered by the court")
    begin(world, interview)  # the recorder did not answer: it is decided already
    assert decisions(world, interview) == [lacking]
    assert standing(world, interview) == "decided"
    *_, position = chains.chain(world.center, interview.id)
    details = reasons_at(world.center, world.case, [position])
    assert details[position]["text"] == "ordered by the court"


def test_an_answer_after_the_decision_asks_for_another_one(world: World) -> None:
    interview = world.interview()
    begin(world, interview, "there was no time to ask")
    answer(world, "refused")
    with pytest.raises(ConsentLacking):
        begin(world, interview)
    begin(world, interview, "ordered by the court")
    assert decisions(world, interview) == ["not-asked", "refused"]


def test_nothing_stops_an_interview_that_has_begun(world: World) -> None:
    interview = world.interview()
    answer(world, "given")
    interviews.move(world.center, interview.id, InterviewState.RECORDING)
    answer(world, "withdrawn")
    assert standing(world, interview) == "begun"
    begin(world, interview)
    assert decisions(world, interview) == []


def test_practice_needs_no_consent(world: World) -> None:
    begin(world, world.interview(practice=True))
