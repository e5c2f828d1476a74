from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update

from casework.cases import cases, consent, history
from casework.clock import now
from casework.database.models import IntimateRequest, Person, Role
from casework.errors import ConsentGone, Forbidden, NeedsSecond, NotTaken, OwnRequest, Refused, WrongState
from casework.evidence import gateway
from casework.ledger import chains
from casework.people import people
from casework.photographs import intimate_approvals, uploads
from casework.photographs.uploads import AnnouncedFile
from chain_of_custody.items.file_manifest import ORIGINAL
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World
from tests.support.media.made_pictures import picture
from tests.support.people.adding import SESSION, added
from tests.support.people.passkeys import asked, completed, passkey
from tests.unit.casework.photographs.test_uploads import content_of

pytestmark = pytest.mark.starts

PICTURE = picture(seed=77)


@pytest.fixture
def nurse(world: World) -> Person:
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, examiner.id)
    return examiner


@pytest.fixture
def covered(world: World, nurse: Person) -> str:
    return added(world.center, nurse, world.case.id, PICTURE, intimate=True, agreed=True).id


def test_it_is_opened_by_who_asked_once_a_second_person_has_agreed(
    world: World, nurse: Person, covered: str
) -> None:
    with pytest.raises(NeedsSecond):
        gateway.view(world.center, nurse, covered, "review")
    request = intimate_approvals.ask(
        world.center, nurse, covered, "review", "to compare with the earlier finding"
    )
    assert intimate_approvals.ask(world.center, nurse, covered, "review", "again") == request
    with pytest.raises(NeedsSecond):
        gateway.view(world.center, nurse, covered, "review")
    with pytest.raises(OwnRequest):
        intimate_approvals.decide(world.center, nurse, request, approve=True)
    intimate_approvals.decide(world.center, world.prosecutor, request, approve=True)
    assert content_of(gateway.view(world.center, nurse, covered, "review"), ORIGINAL) == PICTURE
    with pytest.raises(NeedsSecond):  # who agreed has not asked
        gateway.view(world.center, world.prosecutor, covered, "review")
    said = [SignedStatement.parse(leaf).statement for leaf in chains.chain(world.center, covered).values()]
    assert [one.type for one in said] == [
        *("photograph.sealed", "intimate.requested", "intimate.approved", "evidence.viewed"),
    ]
    assert said[0].body["agreed"] is True
    assert said[2].body == {"person": nurse.id, "request": request}
    entries = history.of_item(world.center, world.prosecutor, covered)
    assert entries[1].details is not None
    assert entries[1].details["reason"] == "to compare with the earlier finding"


def test_who_answers_reads_the_reason_and_agrees_to_that_purpose_alone(
    world: World, nurse: Person, covered: str
) -> None:
    request = intimate_approvals.ask(
        world.center, nurse, covered, "charging", "to compare with the earlier finding"
    )
    [waiting] = intimate_approvals.listed(world.center, world.prosecutor, world.case.id)[0].asked
    assert waiting.reason == "to compare with the earlier finding"
    intimate_approvals.decide(world.center, world.prosecutor, request, approve=True)
    assert intimate_approvals.agreed_to(world.center, nurse, covered) == ["charging"]
    with pytest.raises(NeedsSecond):
        gateway.view(world.center, nurse, covered, "disclosure")
    gateway.view(world.center, nurse, covered, "charging")
    other = intimate_approvals.ask(world.center, nurse, covered, "disclosure", "the other party asks")
    assert other != request
    with pytest.raises(NeedsSecond):
        gateway.view(world.center, nurse, covered, "disclosure")
    assert intimate_approvals.agreed_to(world.center, world.prosecutor, covered) == []


def test_an_agreement_ends_after_a_day_for_what_is_open_too(
    world: World, nurse: Person, covered: str
) -> None:
    request = intimate_approvals.ask(world.center, nurse, covered, "review", "needed")
    intimate_approvals.decide(world.center, world.prosecutor, request, approve=True)
    viewing = gateway.view(world.center, nurse, covered, "review")
    gateway.viewing(world.center, nurse, viewing.id)
    with world.center.database.begin() as session:
        session.execute(update(IntimateRequest).values(expires_at=now() - timedelta(seconds=1)))
    with pytest.raises(NeedsSecond):
        gateway.viewing(world.center, nurse, viewing.id)


def test_a_refusal_opens_nothing_and_is_answered_once(world: World, nurse: Person, covered: str) -> None:
    request = intimate_approvals.ask(world.center, nurse, covered, "review", "needed")
    intimate_approvals.decide(world.center, world.prosecutor, request, approve=False)
    with pytest.raises(NeedsSecond):
        gateway.view(world.center, nurse, covered, "review")
    with pytest.raises(WrongState):
        intimate_approvals.decide(world.center, world.prosecutor, request, approve=True)
    [one] = intimate_approvals.listed(world.center, nurse, world.case.id)
    assert (one.open_now, [asked.approved for asked in one.asked]) == (False, [False])


def test_who_may_not_asks_for_nothing_and_agrees_to_nothing(
    world: World, nurse: Person, covered: str
) -> None:
    request = intimate_approvals.ask(world.center, nurse, covered, "review", "needed")
    stranger = people.add(world.center, world.administrator, "Person M", Role.EXAMINER, "clinic")
    for person in (world.court, world.administrator, stranger):
        with pytest.raises(Forbidden):
            intimate_approvals.ask(world.center, person, covered, "review", "curious")
        with pytest.raises(Forbidden):
            intimate_approvals.decide(world.center, person, request, approve=True)
        with pytest.raises(Forbidden):
            intimate_approvals.listed(world.center, person, world.case.id)


def test_without_her_agreement_in_particular_none_is_taken(world: World, nurse: Person) -> None:
    with pytest.raises(NotTaken) as refused:
        added(world.center, nurse, world.case.id, PICTURE, intimate=True)
    assert refused.value.code == "not-agreed"


def test_a_document_is_not_taken_as_intimate_since_no_statement_would_say_so(
    world: World, nurse: Person
) -> None:
    wanted = AnnouncedFile("document", "a.pdf", 100, intimate=True, agreed=True)
    with pytest.raises(NotTaken) as refused:
        uploads.begin(world.center, nurse, SESSION, world.case.id, wanted)
    assert refused.value.code == "intimate-document"


@pytest.mark.parametrize("subject", ["intimate-photographs", "photographs"])
def test_what_she_takes_back_counts_at_once(world: World, nurse: Person, covered: str, subject: str) -> None:
    request = intimate_approvals.ask(world.center, nurse, covered, "review", "needed")
    intimate_approvals.decide(world.center, world.prosecutor, request, approve=True)
    gateway.view(world.center, nurse, covered, "review")
    answer = {"decided_by": "self", "form": "oral", "language": "ar", "explained_by": "Person N"}
    no = [consent.Answer(subject, "refused")]
    consent.record(world.center, world.prosecutor, world.case.id, no, **answer)
    with pytest.raises(ConsentGone):
        gateway.view(world.center, nurse, covered, "review")
    with pytest.raises(NotTaken) as refused:
        added(world.center, nurse, world.case.id, picture(seed=5), intimate=True, agreed=True)
    assert refused.value.code == ("consent-refused" if subject == "photographs" else "intimate-refused")


@pytest.mark.parametrize(("purpose", "reason"), [("curiosity", "x"), ("review", " "), ("review", "x" * 2001)])
def test_a_request_without_a_purpose_or_reason_is_refused(
    world: World, nurse: Person, covered: str, purpose: str, reason: str
) -> None:
    with pytest.raises(Refused):
        intimate_approvals.ask(world.center, nurse, covered, purpose, reason)


def test_what_is_not_intimate_is_not_asked_for(world: World, nurse: Person) -> None:
    plain = added(world.center, nurse, world.case.id, picture(seed=3)).id
    with pytest.raises(WrongState):
        intimate_approvals.ask(world.center, nurse, plain, "review", "needed")


def test_asking_and_agreeing_are_signed_by_each_with_their_own_passkey(
    world: World, nurse: Person, covered: str
) -> None:
    hers, second = passkey(world, nurse, 1), passkey(world, world.prosecutor, 2)
    ask = partial(intimate_approvals.ask, world.center, nurse, covered, "review", "needed")
    completed(world.opened_again(), nurse, asked(ask), hers)
    [one] = intimate_approvals.listed(world.center, nurse, world.case.id)
    [waiting] = one.asked
    assert (waiting.own, waiting.approved) == (True, None)
    agree = partial(intimate_approvals.decide, world.center, world.prosecutor, waiting.id, approve=True)
    completed(world.opened_again(), world.prosecutor, asked(agree), second)
    assert content_of(gateway.view(world.center, nurse, covered, "review"), ORIGINAL) == PICTURE
    said = history.of_item(world.center, world.prosecutor, covered)
    assert [(one.type, one.signed_by) for one in said] == [
        ("photograph.sealed", "center"),
        ("intimate.requested", "person"),
        ("intimate.approved", "person"),
        ("evidence.viewed", "center"),
    ]


def test_a_signature_that_comes_too_late_agrees_to_nothing(world: World, nurse: Person, covered: str) -> None:
    key = passkey(world, world.prosecutor)
    request = intimate_approvals.ask(world.center, nurse, covered, "review", "needed")
    agree = partial(intimate_approvals.decide, world.center, world.prosecutor, request, approve=True)
    waiting = asked(agree)
    with world.center.database.begin() as session:
        session.execute(update(IntimateRequest).values(expires_at=now() - timedelta(seconds=1)))
    with pytest.raises(WrongState):
        completed(world.center, world.prosecutor, waiting, key)
    with pytest.raises(NeedsSecond):
        gateway.view(world.center, nurse, covered, "review")
