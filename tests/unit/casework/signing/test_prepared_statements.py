"""Acts signed by the person who does them, and the credentials they sign with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casework.cases import history
from casework.database.models import Person
from casework.errors import Forbidden, Missing, Refused
from casework.ledger import chains, custody_log
from casework.ledger.custody_log import Draft
from casework.people import credentials, people
from casework.signing import prepared_statements
from chain_of_custody.errors import ChainConflict, NotProved, SignatureInvalid
from chain_of_custody.statements.sheets import MAX_ACTS
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World
from tests.support.ledger.authenticators import Authenticator, es256


def enrolled(world: World, person: Person, seed: int = 1, proof: str = "link") -> Authenticator:
    """A credential of this person's, in the registry."""
    credential = es256(seed, person=person.id)
    custody_log.append(
        world.center,
        custody_log.Draft(
            type="credential.enrolled",
            evidence=world.center.deployment,
            person=person,
            purpose="administration",
            body=credential.enrolment | {"proof": proof},
        ),
    )
    return credential


def given(world: World) -> Draft:
    """Something a prosecutor does in an interview, with details."""
    about = world.interview().id
    return Draft("evidence.viewed", about, world.prosecutor, "review", {}, world.case, {"why": "asked"})


def signed(world: World, draft: Draft, by: Authenticator) -> int:
    prepared = prepared_statements.prepare(world.center, draft)
    return prepared_statements.append_signed(
        world.center, prepared, by.id, by.over(prepared_statements.challenge(prepared))
    )[0].index


def test_an_act_is_signed_by_the_person_and_by_the_center(world: World) -> None:
    by = enrolled(world, world.prosecutor)
    draft = given(world)
    position = signed(world, draft, by)
    leaf = SignedStatement.parse(world.center.ledger.entry(position))
    assert {signature.key for signature in leaf.signatures} == {
        by.id,
        next(key.id for key in custody_log.keys(world.center).values() if key.holder == "center"),
    }
    opened, viewed = history.of_item(world.center, world.prosecutor, draft.evidence)
    assert (opened.signed_by, viewed.signed_by) == ("center", "person")
    assert viewed.details == {"why": "asked", "name": "Person P"}


def test_the_challenge_is_this_act_in_its_place(world: World) -> None:
    by = enrolled(world, world.prosecutor)
    draft = given(world)
    first = prepared_statements.prepare(world.center, draft)
    signed(world, draft, by)
    second = prepared_statements.prepare(world.center, draft)
    assert prepared_statements.challenge(first) != prepared_statements.challenge(second)
    assert second[0].number == first[0].number + 1
    with pytest.raises(ChainConflict):
        answer = by.over(prepared_statements.challenge(first))
        prepared_statements.append_signed(world.center, first, by.id, answer)


def test_only_the_acting_persons_credential_in_force_signs(world: World) -> None:
    by, other = enrolled(world, world.prosecutor), enrolled(world, world.court, 2)
    prepared = prepared_statements.prepare(world.center, given(world))
    challenge, size = prepared_statements.challenge(prepared), world.center.ledger.size
    with pytest.raises(Forbidden):
        prepared_statements.append_signed(world.center, prepared, other.id, other.over(challenge))
    with pytest.raises(Missing):
        prepared_statements.append_signed(world.center, prepared, "00" * 8, by.over(challenge))
    with pytest.raises(SignatureInvalid):
        prepared_statements.append_signed(world.center, prepared, by.id, other.over(challenge))
    altered = bytes([challenge[0] ^ 1]) + challenge[1:]
    with pytest.raises(SignatureInvalid):
        prepared_statements.append_signed(world.center, prepared, by.id, by.over(altered))
    assert world.center.ledger.size == size
    credentials.revoke(world.center, world.prosecutor, by.id, "lost")
    with pytest.raises(NotProved, match="was revoked before"):
        prepared_statements.append_signed(world.center, prepared, by.id, by.over(challenge))


def test_a_sheet_is_signed_once_and_each_act_is_a_statement_of_its_own(world: World) -> None:
    by = enrolled(world, world.prosecutor)
    draft = given(world)
    prepared = prepared_statements.prepare(world.center, draft, draft, draft)
    answer = by.over(prepared_statements.challenge(prepared))
    receipts = prepared_statements.append_signed(world.center, prepared, by.id, answer)
    size = world.center.ledger.size
    assert [receipt.index for receipt in receipts] == [size - 3, size - 2, size - 1]
    leaves = chains.chain(world.center, draft.evidence)
    assert list(leaves)[-3:] == [size - 3, size - 2, size - 1]
    told = history.of_item(world.center, world.prosecutor, draft.evidence)
    assert [one.signed_by for one in told] == ["center", "person", "person", "person"]
    with pytest.raises(ChainConflict):  # the same answer again
        prepared_statements.append_signed(world.center, prepared, by.id, answer)
    with pytest.raises(SignatureInvalid, match="another statement"):  # a part of what was signed
        prepared_statements.append_signed(world.center, prepared[:2], by.id, answer)
    assert world.center.ledger.size == size


def test_a_sheet_is_entered_whole_or_not_at_all(world: World) -> None:
    by = enrolled(world, world.prosecutor)
    draft = given(world)
    prepared = prepared_statements.prepare(world.center, draft, draft)
    other = prepared_statements.prepare(world.center, draft)
    answer = by.over(prepared_statements.challenge(other))
    prepared_statements.append_signed(world.center, other, by.id, answer)
    size = world.center.ledger.size
    with pytest.raises(ChainConflict):
        answer = by.over(prepared_statements.challenge(prepared))
        prepared_statements.append_signed(world.center, prepared, by.id, answer)
    assert world.center.ledger.size == size


def test_a_sheet_is_of_one_person_and_one_chain_and_not_too_long(world: World) -> None:
    enrolled(world, world.prosecutor)
    draft = given(world)
    for sheet in (
        [draft, replace(draft, evidence="0b" * 16)],
        [draft, replace(draft, person=world.court)],
        [draft] * (MAX_ACTS + 1),
    ):
        with pytest.raises(Refused, match="a sheet is of one person"):
            prepared_statements.prepare(world.center, *sheet)


def test_who_has_no_credential_and_the_system_itself_prepare_nothing(world: World) -> None:
    with pytest.raises(Refused, match="no credential"):
        prepared_statements.prepare(world.center, given(world))
    with pytest.raises(Refused, match="the system"):
        prepared_statements.prepare(world.center, Draft("evidence.viewed", "0a" * 16, None, "review", {}))


def test_people_revoke_their_own_credentials_and_administrators_everybodys(world: World) -> None:
    first = enrolled(world, world.prosecutor)
    second = enrolled(world, world.prosecutor, 2, "recovery")
    with pytest.raises(Forbidden):
        credentials.revoke(world.center, world.court, first.id, "lost")
    with pytest.raises(Missing):
        credentials.revoke(world.center, world.administrator, "00" * 8, "lost")
    with pytest.raises(Refused):
        credentials.revoke(world.center, world.administrator, first.id, "She lost it")
    credentials.revoke(world.center, world.prosecutor, first.id, "lost")
    credentials.revoke(world.center, world.administrator, second.id, "lost")
    size = world.center.ledger.size
    credentials.revoke(world.center, None, second.id, "lost")
    assert world.center.ledger.size == size
    keys = custody_log.keys(world.center)
    assert None not in (keys[first.id].revoked, keys[second.id].revoked)


def test_who_leaves_signs_nothing_more(world: World) -> None:
    by = enrolled(world, world.court)
    people.retire(world.center, world.administrator, world.court.id, "transferred")
    assert custody_log.keys(world.center)[by.id].revoked is not None
    last, before = [
        SignedStatement.parse(world.center.ledger.entry(world.center.ledger.size - n)).statement
        for n in (1, 2)
    ]
    assert (last.type, before.type) == ("credential.revoked", "role.withdrawn")
    assert last.body["reason"] == before.body["reason"] == "transferred"
