"""Consent: each thing asked for by itself, the newest answer counts, and every answer stays."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import pytest

from casework.cases import cases, consent, history
from casework.cases.consent import Answer
from casework.database.models import Role
from casework.errors import (
    Forbidden,
    GroundMissing,
    GuardianUnexpected,
    LimitsMissing,
    NothingAnswered,
    PasskeyElsewhere,
    PasskeyMissing,
    Refused,
    WrongState,
)
from casework.people import people
from casework.signing import pending_acts
from casework.signing.pending_acts import SignatureWanted
from tests.support.centers.casework_world import World
from tests.support.people.passkeys import ORIGIN, asked, completed, passkey, state

YES = [Answer("recording", "given")]
FIELDS = {"decided_by": "self", "form": "oral", "language": "ar", "explained_by": "Person E"}


def record(world: World, subject: str, outcome: str = "given", text: str = "", **changed: Any) -> None:
    answers = [Answer(subject, outcome, text)]
    consent.record(world.center, world.prosecutor, world.case.id, answers, **{**FIELDS, **changed})


def outcomes(world: World) -> dict[str, str]:
    found = consent.consents_in_force(world.center, world.prosecutor, world.case.id)
    return {subject: answer.outcome for subject, answer in found.items() if answer is not None}


def test_each_subject_is_answered_by_itself_and_the_newest_answer_counts(world: World) -> None:
    record(world, "recording")
    record(world, "photographs", "refused")
    by_both: dict[str, Any] = {"decided_by": "both", "form": "signed", "ground": "natural-guardian"}
    record(world, "photographs", "limited", text="Hands only", **by_both)
    assert outcomes(world) == {"recording": "given", "photographs": "limited"}
    newest, refused, first = consent.listed(world.center, world.prosecutor, world.case.id)
    assert (newest.text, newest.explained_by, newest.name) == ("Hands only", "Person E", "Person P")
    assert (newest.consent.by, newest.consent.form) == ("both", "signed")
    assert (refused.consent.outcome, first.consent.subject) == ("refused", "recording")


def test_a_sheet_is_recorded_whole_or_not_at_all(world: World) -> None:
    act = (world.center, world.prosecutor, world.case.id)
    size = world.center.ledger.size
    for answers, refusal in (
        ([], NothingAnswered),
        ([*YES, Answer("photographs", "limited", " ")], LimitsMissing),
        ([*YES, Answer("photographs", "perhaps")], Refused),
        ([*YES, *YES], Refused),
    ):
        with pytest.raises(refusal):
            consent.record(*act, answers, **FIELDS)
    assert world.center.ledger.size == size
    consent.record(*act, [*YES, Answer("share-court", "limited", "Not to the public")], **FIELDS)
    assert world.center.ledger.size == size + 2
    assert outcomes(world) == {"recording": "given", "share-court": "limited"}
    limited, given = consent.listed(*act)
    assert (limited.text, given.text) == ("Not to the public", None)
    assert limited.explained_by == given.explained_by == "Person E"


def test_what_is_stated_has_codes_and_no_words(world: World) -> None:
    record(world, "share-court", "limited", text="Not to the public")
    [entry] = history.of_item(world.center, world.prosecutor, world.case.id)
    assert entry.type == "consent.recorded"
    assert entry.body == {
        "by": "self",
        "form": "oral",
        "language": "ar",
        "outcome": "limited",
        "subject": "share-court",
    }
    assert entry.details == {"explained_by": "Person E", "name": "Person P", "text": "Not to the public"}


def test_a_guardian_agrees_on_a_legal_ground_and_who_they_are_is_sealed(world: World) -> None:
    act = partial(record, world, "examination", decided_by="guardian")
    size = world.center.ledger.size
    for wrong, refusal in (({}, GroundMissing), ({"ground": "neighbour"}, Refused)):
        with pytest.raises(refusal):
            act(**wrong)
    assert world.center.ledger.size == size
    act(ground="appointed-guardian", guardian="Person G, her aunt", interpreter=True)
    [stated] = history.of_item(world.center, world.prosecutor, world.case.id)
    assert (stated.body["by"], stated.body["ground"]) == ("guardian", "appointed-guardian")
    assert stated.body["interpreter"] is True
    assert "Person G" not in str(stated.body)
    [listed] = consent.listed(world.center, world.prosecutor, world.case.id)
    assert (listed.guardian, listed.ground) == ("Person G, her aunt", "appointed-guardian")
    assert listed.interpreter


def test_a_guardians_refusal_waits_for_no_ground(world: World) -> None:
    record(world, "examination", "refused", decided_by="guardian")
    [stated] = history.of_item(world.center, world.prosecutor, world.case.id)
    assert not {"ground", "interpreter"} & set(stated.body)
    assert "guardian" not in (stated.details or {})


@pytest.mark.parametrize("outcome", ["given", "refused"])
@pytest.mark.parametrize("given", [{"ground": "natural-guardian"}, {"guardian": "Person G"}])
def test_a_guardian_or_a_ground_of_an_answer_of_hers_alone_is_refused(
    world: World, outcome: str, given: dict[str, str]
) -> None:
    size = world.center.ledger.size
    with pytest.raises(GuardianUnexpected):
        record(world, "specimens", outcome, **given)
    assert world.center.ledger.size == size
    record(world, "specimens", outcome, guardian=" ")
    [stated] = history.of_item(world.center, world.prosecutor, world.case.id)
    assert "guardian" not in (stated.details or {})


def test_consent_is_taken_back_and_given_again(world: World) -> None:
    take_back = {"decided_by": "self", "form": "oral-recorded"}
    with pytest.raises(WrongState):
        consent.withdraw(world.center, world.prosecutor, world.case.id, "share-court", **take_back)
    record(world, "share-court")
    consent.withdraw(world.center, world.prosecutor, world.case.id, "share-court", **take_back)
    assert outcomes(world) == {"share-court": "withdrawn"}
    with pytest.raises(WrongState):
        consent.withdraw(world.center, world.prosecutor, world.case.id, "share-court", **take_back)
    record(world, "share-court")
    assert outcomes(world) == {"share-court": "given"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "perhaps"},
        {"outcome": "limited"},
        {"decided_by": "neighbour"},
        {"form": "guessed"},
        {"language": "Arabic, spoken"},
        {"language": "by-her-sister"},
        {"explained_by": " "},
        {"text": "x" * 2001},
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(world: World, wrong: dict[str, str]) -> None:
    size = world.center.ledger.size
    with pytest.raises(Refused):
        record(world, "recording", **wrong)
    with pytest.raises(Refused):
        record(world, "anything")
    assert world.center.ledger.size == size


def test_who_works_with_the_person_records_it_in_their_own_cases_alone(world: World) -> None:
    for role in (Role.EXAMINER, Role.SOCIAL_WORKER, Role.ADVOCATE):
        colleague = people.add(world.center, world.administrator, f"Person {role}", role)
        with pytest.raises(Forbidden):
            consent.record(world.center, colleague, world.case.id, YES, **FIELDS)
        cases.give(world.center, world.prosecutor, world.case.id, colleague.id)
        consent.record(world.center, colleague, world.case.id, YES, **FIELDS)
    for outside in (world.court, world.administrator):
        with pytest.raises(Forbidden):
            consent.listed(world.center, outside, world.case.id)


TAKEN_BACK = {"decided_by": "self", "form": "oral"}


def stated(world: World) -> list[tuple[str, str | None]]:
    said = history.of_item(world.center, world.prosecutor, world.case.id)
    return [(one.type, one.signed_by) for one in said]


def test_what_she_answers_and_takes_back_is_signed_by_whoever_records_it(world: World) -> None:
    key = passkey(world, world.prosecutor)
    act = (world.center, world.prosecutor, world.case.id)
    give = partial(consent.record, *act, YES, **FIELDS)
    completed(world.opened_again(), world.prosecutor, asked(give), key)
    assert outcomes(world) == {"recording": "given"}
    back = partial(consent.withdraw, *act, "recording", **TAKEN_BACK)
    waiting = asked(back)
    assert waiting.unsigned
    completed(world.opened_again(), world.prosecutor, waiting, key)
    assert outcomes(world) == {"recording": "withdrawn"}
    assert stated(world) == [("consent.recorded", "person"), ("consent.withdrawn", "person")]
    with pytest.raises(WrongState):
        back(state=state())


def test_a_no_waits_for_nobodys_passkey_and_a_yes_does(world: World) -> None:
    record(world, "recording")
    world = dataclasses.replace(world, center=dataclasses.replace(world.center, unsigned_acts="refused"))
    act = (world.center, world.prosecutor, world.case.id)
    yes = partial(consent.record, *act, [Answer("photographs", "given")], **FIELDS)
    limited = partial(consent.record, *act, [Answer("photographs", "limited", "Hands only")], **FIELDS)
    no = partial(consent.record, *act, [Answer("photographs", "refused")], **FIELDS)
    back = partial(consent.withdraw, *act, "recording", **TAKEN_BACK)
    # Nobody has a passkey, and unsigned acts are refused.
    with pytest.raises(PasskeyMissing):
        yes(state=state())
    back(state=state())
    no(state=state())
    assert outcomes(world) == {"recording": "withdrawn", "photographs": "refused"}
    # There is one, for another address.
    passkey(world, world.prosecutor, rp="elsewhere.example")
    record(world, "recording")
    with pytest.raises(PasskeyElsewhere):
        yes(state=state())
    back(state=state())
    # There is one, and it is not at hand: only a no is taken without it.
    passkey(world, world.prosecutor, 2, proof="recovery")
    record(world, "recording")
    without = pending_acts.by_its_person(session="s", origin=ORIGIN, leads_to="/", unsigned=True)
    assert not asked(yes).unsigned
    assert not asked(limited).unsigned
    with pytest.raises(SignatureWanted):
        yes(state=without)
    back(state=without)
    no(state=without)
    assert outcomes(world) == {"recording": "withdrawn", "photographs": "refused"}
    assert {signed for _, signed in stated(world)} == {"center"}
