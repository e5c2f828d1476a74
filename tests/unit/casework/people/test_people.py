"""Staff, one-time links and sessions."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from casework.cases import cases
from casework.clock import now
from casework.database.models import Person, Role, SignInLink, SignInMethod
from casework.errors import Forbidden, HasCases, NameAlike, NotSignedIn, Refused, TextUnseen
from casework.grants import grants
from casework.ledger import chains, custody_log
from casework.people import people, sign_in_methods
from casework.people.sign_in_methods import SignInStatus, SignInSummary
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World
from tests.support.people.granting import granted
from tests.support.people.passkeys import passkey


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    moment: datetime = now() + by
    monkeypatch.setattr(people, "now", lambda: moment)


def test_a_link_signs_in_exactly_once(world: World) -> None:
    token = people.new_link(world.center, world.administrator, world.prosecutor.id)
    person, session = people.redeem(world.center, token)
    assert person.id == world.prosecutor.id
    began = people.signed_in(world.center, session)
    assert (began.person.id, began.method) == (person.id, SignInMethod.LINK)
    assert began.person.name == person.name
    with pytest.raises(NotSignedIn):
        people.redeem(world.center, token)


def test_of_several_who_redeem_a_link_at_once_one_gets_in(world: World) -> None:
    token = people.new_link(world.center, None, world.prosecutor.id)
    outcomes: list[bool] = []
    start = threading.Barrier(8)

    def redeem() -> None:
        start.wait()
        try:
            people.redeem(world.center, token)
        except NotSignedIn:
            outcomes.append(False)
        else:
            outcomes.append(True)

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 7 + [True]


def test_a_link_is_good_for_fifteen_minutes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    token = people.new_link(world.center, None, world.prosecutor.id)
    later(monkeypatch, timedelta(minutes=15, seconds=1))
    with pytest.raises(NotSignedIn):
        people.redeem(world.center, token)


def test_a_session_ends_by_itself_and_by_signing_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, first = people.redeem(world.center, people.new_link(world.center, None, world.prosecutor.id))
    _, second = people.redeem(world.center, people.new_link(world.center, None, world.prosecutor.id))
    people.sign_out(world.center, first)
    with pytest.raises(NotSignedIn):
        people.signed_in(world.center, first)
    assert people.signed_in(world.center, second)
    later(monkeypatch, people.SESSION_LIFETIME + timedelta(seconds=1))
    with pytest.raises(NotSignedIn):
        people.signed_in(world.center, second)


def test_leaving_ends_sessions_and_links_at_once(world: World) -> None:
    _, session = people.redeem(world.center, people.new_link(world.center, None, world.prosecutor.id))
    link = people.new_link(world.center, None, world.prosecutor.id)
    people.retire(world.center, world.administrator, world.prosecutor.id)
    with pytest.raises(NotSignedIn):
        people.signed_in(world.center, session)
    with pytest.raises(NotSignedIn):
        people.redeem(world.center, link)
    with pytest.raises(Refused):
        people.new_link(world.center, None, world.prosecutor.id)


def test_no_token_is_in_the_database(world: World) -> None:
    link = people.new_link(world.center, None, world.prosecutor.id)
    _, session = people.redeem(world.center, link)
    stored = world.database.stored()
    assert world.prosecutor.id.encode() in stored
    assert link.encode() not in stored
    assert session.encode() not in stored


def test_a_role_is_changed_by_another_person_while_somebody_works_here(world: World) -> None:
    center, by = world.center, world.administrator
    size = center.ledger.size
    for person, role in ((by, Role.COURT), (world.court, Role.COURT)):
        with pytest.raises(Refused):
            people.change(center, by, person.id, role)
    with pytest.raises(Forbidden):
        people.change(center, world.prosecutor, world.court.id, Role.DEFENCE)
    assert center.ledger.size == size
    people.retire(center, by, world.court.id)
    with pytest.raises(Refused):
        people.change(center, by, world.court.id, Role.DEFENCE)


def test_a_change_of_role_opens_no_case_that_was_shared_for_another_role(world: World) -> None:
    """An administrator and an observer together reach nothing that the prosecutor has shown to neither."""
    center, by = world.center, world.administrator
    observer = people.add(center, by, "Person O", Role.OBSERVER)
    cases.give(center, world.prosecutor, world.case.id, observer.id)
    grant = granted(center, world.prosecutor, world.case.id, world.court, accepted=False)
    size = center.ledger.size
    for person, role in (
        (observer, Role.PROSECUTOR),
        (world.court, Role.PROSECUTOR),
        (world.prosecutor, Role.OBSERVER),
    ):
        with pytest.raises(HasCases):
            people.change(center, by, person.id, role)
    assert center.ledger.size == size
    cases.withdraw(center, world.prosecutor, world.case.id, observer.id)
    grants.withdraw(center, world.prosecutor, grant.id, reason="ended")
    for person in (observer, world.court):
        assert people.change(center, by, person.id, Role.PROSECUTOR).role is Role.PROSECUTOR
    with pytest.raises(Forbidden):
        cases.get(center, people.get(center, observer.id), world.case.id)


def test_an_administrator_sees_how_far_everybody_is_with_signing_in(world: World) -> None:
    center, by = world.center, world.administrator

    def summary(person: Person) -> SignInSummary:
        return sign_in_methods.summaries(center, by)[person.id]

    assert summary(world.prosecutor) == SignInSummary(SignInStatus.NEVER, None, None)
    link = people.new_link(center, by, world.prosecutor.id)
    invited = summary(world.prosecutor)
    assert invited.status is SignInStatus.INVITED
    assert invited.invited_until is not None and invited.invited_until > now()
    people.redeem(center, link)
    by_link = summary(world.prosecutor)
    assert (by_link.status, by_link.invited_until) == (SignInStatus.BY_LINK, None)
    assert by_link.seen_at is not None
    passkey(world, world.prosecutor)
    assert summary(world.prosecutor).status is SignInStatus.ENROLLED
    people.new_link(center, by, world.court.id)
    with center.database.begin() as session:
        session.execute(update(SignInLink).values(expires_at=now() - timedelta(hours=1)))
    assert summary(world.court).status is SignInStatus.NEVER
    people.retire(center, by, world.prosecutor.id)
    assert summary(world.prosecutor).status is SignInStatus.LEFT
    with pytest.raises(Forbidden):
        sign_in_methods.summaries(center, world.prosecutor)


def test_roles_are_given_and_withdrawn_by_statements_before_they_count(world: World) -> None:
    people.change(world.center, world.administrator, world.court.id, Role.PROSECUTOR)
    people.retire(world.center, world.administrator, world.court.id)
    said = [
        (one.type, one.body.get("role") or one.body["reason"], one.actor.id)
        for leaf in chains.chain(world.center, world.center.deployment).values()
        if (one := SignedStatement.parse(leaf).statement).body.get("person") == world.court.id
    ]
    by = world.administrator.id
    assert said == [
        ("role.given", "court", by),
        ("role.given", "prosecutor", by),
        ("role.withdrawn", "left", by),
    ]
    registry = custody_log.registry(world.center)
    assert [held.role for held in registry.history(world.court.id)] == ["court", "prosecutor"]
    assert registry.role(world.court.id, world.center.ledger.size) is None


def test_every_person_has_the_role_that_the_registry_says(world: World) -> None:
    registry, size = custody_log.registry(world.center), world.center.ledger.size
    for person in people.everybody(world.center, world.administrator):
        held = registry.role(person.id, size)
        assert held is not None
        assert (held.role, held.organisation) == (person.role.value, person.organisation)


def test_a_reason_for_leaving_is_a_code(world: World) -> None:
    size = world.center.ledger.size
    with pytest.raises(Refused):
        people.retire(world.center, world.administrator, world.court.id, "She was rude to Person P")
    assert world.center.ledger.size == size


def test_only_an_administrator_adds_people(world: World) -> None:
    for person in (world.prosecutor, world.court):
        with pytest.raises(Forbidden):
            people.add(world.center, person, "Person N", Role.ADMINISTRATOR)


def test_there_is_one_first_administrator(world: World) -> None:
    with pytest.raises(Refused):
        people.first_administrator(world.center, "Person N")


@pytest.mark.parametrize(
    ("name", "organisation"),
    [
        ("   ", "court"),
        ("x" * 201, "court"),
        ("P\x1b[2J", "court"),
        ("P\u202eQ", "court"),
        ("P", "The Court"),
    ],
)
def test_a_person_needs_a_name_and_an_organisation_that_is_a_code(
    world: World, name: str, organisation: str
) -> None:
    with pytest.raises(Refused):
        people.add(world.center, world.administrator, name, Role.COURT, organisation)


@pytest.mark.parametrize("typed", ["Person J", "P\u0435rson J", "person  j"])
def test_a_name_that_could_be_taken_for_anothers_needs_a_second_look(world: World, typed: str) -> None:
    size = world.center.ledger.size
    with pytest.raises(NameAlike) as found:
        people.add(world.center, world.administrator, typed, Role.COURT)
    assert found.value.people == (world.court.id,)
    assert world.center.ledger.size == size
    other = people.add(world.center, world.administrator, typed, Role.COURT, namesake=True)
    assert other.id != world.court.id


def test_the_name_of_a_person_who_has_left_is_looked_at_too(world: World) -> None:
    people.retire(world.center, world.administrator, world.court.id)
    with pytest.raises(NameAlike):
        people.add(world.center, world.administrator, "Person J", Role.COURT)


def test_a_name_with_a_blank_that_is_not_seen_is_refused_also_for_a_namesake(world: World) -> None:
    with pytest.raises(TextUnseen):
        people.add(world.center, world.administrator, "Person\u200bJ", Role.COURT, namesake=True)
