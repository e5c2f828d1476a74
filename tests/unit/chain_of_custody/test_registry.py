"""The registry decides whose key counts for which statement, by its place in the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chain_of_custody.errors import Altered, CustodyError, Incomplete, NotProved, SignatureInvalid
from chain_of_custody.statements.registry import Registry, WrappedFor
from chain_of_custody.statements.statement import Actor, SignedStatement
from chain_of_custody.statements.types import REGISTRY_TYPES
from tests.support.ledger.authenticators import Authenticator, eddsa, es256, rs256
from tests.support.ledger.mutations import mutated
from tests.support.ledger.registry_chain import (
    CENTER_RECORD,
    DEPLOYMENT,
    ENROLMENT,
    GAP,
    PERSON,
    RECORDER,
    RECORDER_ID,
    Chain,
    act,
    recorded,
)

OTHER = Actor("b0" * 16, "court", "court")
ENDED = {"key": es256().id, "proof": "center", "reason": "lost"}
LATER = 1000
"""A position after everything that is said here."""


def read(chain: Chain) -> Registry:
    registry = Registry(DEPLOYMENT, CENTER_RECORD)
    for position, signed in chain.placed:
        registry.add(position, signed)
    return registry


def enrolled(*credentials: Authenticator) -> Chain:
    """A registry with a recorder at position 0 and these credentials at 10, 20, …"""
    chain = Chain()
    chain.say("recorder.enrolled", ENROLMENT)
    for credential in credentials:
        chain.say("credential.enrolled", credential.enrolment)
    return chain


# --- Since when, until when --------------------------------------------------------------------------------


def test_the_registry_says_who_may_sign() -> None:
    registry = read(enrolled(es256()))
    record = registry.keys[RECORDER_ID]
    assert (record.holder, record.name, record.enrolled, record.revoked) == ("recorder", "room-1", 0, None)
    person = registry.keys[es256().id]
    assert (person.holder, person.person, person.enrolled) == ("person", PERSON.id, GAP)
    assert registry.keys[CENTER_RECORD.id] == CENTER_RECORD
    assert len(registry.keys) == 3
    with pytest.raises(TypeError):
        registry.keys["00" * 8] = record  # type: ignore[index]


def test_a_recorders_key_counts_from_its_enrolment_until_it_is_revoked() -> None:
    chain = Chain()
    chain.say("role.given", {"organisation": "court", "person": OTHER.id, "role": "court"})
    since = chain.say("recorder.enrolled", ENROLMENT)
    until = chain.say("recorder.revoked", {"key": RECORDER_ID, "reason": "stolen"})
    keys = read(chain).keys
    recorded().verify(keys, since + 1)
    recorded().verify(keys, until - 1)
    for position in (0, since):
        with pytest.raises(SignatureInvalid, match="was enrolled only after this statement"):
            recorded().verify(keys, position)
    for index in (until, until + 1, None):
        with pytest.raises(SignatureInvalid, match="was revoked before this statement"):
            recorded().verify(keys, index)


@pytest.mark.parametrize("credential", [es256(), eddsa(), rs256()])
def test_a_credential_counts_from_its_enrolment_until_it_is_revoked(credential: Authenticator) -> None:
    chain = enrolled(credential)
    until = chain.say("credential.revoked", {"key": credential.id, "proof": "center", "reason": "lost"})
    keys = read(chain).keys
    act([credential]).verify(keys, GAP + 1)
    with pytest.raises(SignatureInvalid, match="was enrolled only after this statement"):
        act([credential]).verify(keys, GAP)
    with pytest.raises(SignatureInvalid, match="was revoked before this statement"):
        act([credential]).verify(keys, until)
    act().verify(keys, until)  # the center goes on signing


def test_people_sign_statements_of_the_registry_too() -> None:
    chain = enrolled(es256())
    chain.say(
        "role.given",
        {"organisation": "court", "person": OTHER.id, "role": "court"},
        actor=PERSON,
        beside=[es256()],
    )
    assert read(chain).role(OTHER.id, LATER) is not None
    chain.say("credential.revoked", {"key": es256().id, "proof": "center", "reason": "lost"})
    chain.say("role.withdrawn", {"person": OTHER.id, "reason": "left"}, actor=PERSON, beside=[es256()])
    with pytest.raises(SignatureInvalid, match=r"was revoked before this statement \(statement 40\)"):
        read(chain)


def test_a_credential_neither_begins_nor_ends_itself() -> None:
    chain = Chain()
    chain.say("credential.enrolled", es256().enrolment, actor=PERSON, beside=[es256()])
    with pytest.raises(SignatureInvalid, match="nobody has vouched for"):
        read(chain)
    chain = enrolled(es256())
    revocation = {"key": es256().id, "proof": "key", "reason": "lost"}
    chain.say("credential.revoked", revocation, actor=PERSON, beside=[es256()])
    with pytest.raises(SignatureInvalid, match="was revoked before this statement"):
        read(chain)


# --- Keys of people guard keys of people -------------------------------------------------------------------


def further(by: Authenticator, proof: str = "key") -> dict[str, str]:
    return by.enrolment | {"proof": proof}


def test_a_further_key_is_confirmed_by_an_earlier_one_and_rests_on_the_same() -> None:
    chain = enrolled(es256())
    chain.say("credential.enrolled", further(eddsa()), actor=PERSON, beside=[es256()])
    keys = read(chain).keys
    assert [keys[one.id].basis for one in (es256(), eddsa())] == ["first", "first"]


@pytest.mark.parametrize(
    ("proof", "options", "reason"),
    [
        ("key", {}, "no earlier key of person a0a0a0a0 signed the enrolment of a further one"),
        ("key", {"actor": PERSON}, "no earlier key of person a0a0a0a0"),
        ("key", {"actor": OTHER, "beside": [es256(2, person=OTHER.id)]}, "no earlier key of person a0a0a0a0"),
        ("key", {"actor": PERSON, "beside": [eddsa()]}, "nobody has vouched for"),
        ("link", {"actor": PERSON}, "a link enrols a key for person a0a0a0a0, who has one in force"),
        ("link", {"actor": PERSON, "beside": [es256()]}, "who has one in force"),
    ],
)
def test_a_further_key_without_what_it_says_to_be_confirmed_by_is_refused(
    proof: str, options: dict[str, Any], reason: str
) -> None:
    chain = enrolled(es256(), es256(2, person=OTHER.id))
    registry = read(chain)
    with pytest.raises(NotProved, match=reason):
        registry.add(chain.next, chain.make("credential.enrolled", further(eddsa(), proof), **options))
    assert eddsa().id not in registry.keys


def test_a_key_by_recovery_code_is_taken_and_told_with_what_it_confirms() -> None:
    chain = enrolled(es256())
    chain.say("credential.enrolled", further(eddsa(), "recovery"), actor=PERSON)
    chain.say("credential.enrolled", further(rs256()), actor=PERSON, beside=[eddsa()])
    chain.say("credential.enrolled", further(es256(3)), actor=PERSON, beside=[eddsa(), es256()])
    keys = read(chain).keys
    assert [keys[one.id].basis for one in (eddsa(), rs256(), es256(3))] == ["recovery", "recovery", "first"]


def test_a_link_gives_a_key_again_once_the_earlier_ones_are_revoked() -> None:
    chain = enrolled(es256())
    chain.say("credential.revoked", ENDED)
    chain.say("credential.enrolled", further(eddsa(), "link"))
    assert read(chain).keys[eddsa().id].basis == "again"


def test_a_revocation_that_says_to_be_confirmed_is_signed_by_another_key_of_that_person() -> None:
    chain = enrolled(es256(), es256(2, person=OTHER.id))
    chain.say("credential.enrolled", further(eddsa()), actor=PERSON, beside=[es256()])
    registry, confirmed = read(chain), ENDED | {"proof": "key"}
    stranger = {"actor": OTHER, "beside": [es256(2, person=OTHER.id)]}
    for options in ({}, {"actor": PERSON}, stranger):
        with pytest.raises(NotProved, match="no other key of its person signed the revocation of key"):
            registry.add(chain.next, chain.make("credential.revoked", confirmed, **options))
    assert registry.keys[es256().id].revoked is None
    registry.add(chain.next, chain.make("credential.revoked", confirmed, actor=PERSON, beside=[eddsa()]))
    assert registry.keys[es256().id].revoked is not None


# --- What makes no sense ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "body", "reason"),
    [
        ("recorder.enrolled", ENROLMENT, "enrolled a second time"),
        ("recorder.enrolled", ENROLMENT | {"name": "room-2"}, "enrolled a second time"),
        ("credential.enrolled", es256().enrolment | {"person": OTHER.id}, "enrolled a second time"),
        ("credential.enrolled", es256().enrolment | {"algorithm": "rs256"}, "not the one form of a key"),
        ("credential.enrolled", es256().enrolment | {"key": "AAAA"}, "not the one form of a key"),
        ("recorder.revoked", {"key": "ab" * 8, "reason": "lost"}, "no recorder's key in force"),
        ("recorder.revoked", {"key": es256().id, "reason": "lost"}, "no recorder's key in force"),
        ("recorder.revoked", {"key": CENTER_RECORD.id, "reason": "lost"}, "no recorder's key in force"),
        ("credential.revoked", ENDED | {"key": RECORDER_ID}, "no person's key in force"),
    ],
)
def test_what_contradicts_the_registry_is_refused(type_: str, body: dict[str, Any], reason: str) -> None:
    chain = enrolled(es256())
    registry = read(chain)
    before = (dict(registry.keys), registry.head, registry.position)
    with pytest.raises(NotProved, match=reason) as refused:
        registry.add(chain.next, chain.make(type_, body))
    assert refused.value.where == "statement 20"
    assert (dict(registry.keys), registry.head, registry.position) == before


def test_a_revoked_key_does_not_come_back_and_is_not_revoked_twice() -> None:
    chain = enrolled()
    revocation = {"key": RECORDER_ID, "reason": "lost"}
    chain.say("recorder.revoked", revocation)
    registry = read(chain)
    for again in (("recorder.enrolled", ENROLMENT), ("recorder.revoked", revocation)):
        with pytest.raises(SignatureInvalid):
            registry.add(chain.next, chain.make(*again))


# --- A chain, and the center's ----------------------------------------------------------------------------


def test_a_hole_a_branch_and_another_order_are_found() -> None:
    chain = enrolled(es256(), eddsa())
    (first, second, third) = chain.placed
    registry = Registry(DEPLOYMENT, CENTER_RECORD)
    registry.add(*first)
    with pytest.raises(Incomplete, match=r"statement 1 of the chain is expected, this is 2 \(statement 20\)"):
        registry.add(*third)
    other = Chain()
    other.say("recorder.enrolled", ENROLMENT | {"name": "room-2"})
    other.say("credential.enrolled", es256().enrolment)
    with pytest.raises(Altered, match="does not name the one before"):
        registry.add(*other.placed[1])
    with pytest.raises(NotProved, match="not in the ledger's order"):
        registry.add(first[0], second[1])
    registry.add(*second)


def test_how_far_the_registry_must_go_is_asked_for() -> None:
    registry = Registry(DEPLOYMENT, CENTER_RECORD)
    with pytest.raises(Incomplete, match="ends after 0 statements, number 0 is needed"):
        registry.require(0)
    registry = read(enrolled(es256()))
    registry.require(1)
    with pytest.raises(Incomplete, match="ends after 2 statements, number 2 is needed"):
        registry.require(2)


def test_only_the_center_writes_the_registry() -> None:
    chain = enrolled()
    for key in (RECORDER, Ed25519PrivateKey.generate()):
        registry = read(chain)
        with pytest.raises(SignatureInvalid):
            registry.add(chain.next, chain.make("recorder.enrolled", ENROLMENT, key=key))


def test_what_is_not_of_the_registry_does_not_go_in() -> None:
    registry = Registry(DEPLOYMENT, CENTER_RECORD)
    enrolment = ("recorder.enrolled", ENROLMENT)
    for wrong in (
        Chain().make(*enrolment, evidence="e0" * 16),
        Chain().make(*enrolment, case="c0" * 16),
        Chain().make("evidence.viewed", {}),
    ):
        with pytest.raises(NotProved):
            registry.add(0, wrong)


def test_statements_that_change_no_key_are_links_of_the_chain() -> None:
    chain = enrolled()
    renewal = {"authority": "authority-1", "root": "d1" * 32, "size": 1, "token": "d2" * 64}
    chain.say("policy.changed", {"policy": "d1" * 32})
    chain.say("timestamp.renewed", renewal)
    registry = read(chain)
    assert (registry.head, registry.position, len(registry.keys)) == (chain.head, 2 * GAP, 2)
    assert {signed.statement.type for _, signed in chain.placed} <= REGISTRY_TYPES


def test_a_ledger_that_succeeds_another_says_so_right_behind_its_entries() -> None:
    chain = enrolled()
    body = {"origin": f"amana/{DEPLOYMENT}", "root": "d1" * 32, "seen": 20, "size": chain.next}
    chain.say("ledger.succeeded", body)
    assert read(chain).head == chain.head
    for wrong in ({"size": chain.next - 1}, {"origin": "amana/" + "e0" * 16}):
        lying = enrolled()
        lying.say("ledger.succeeded", {**body, "size": lying.next, **wrong})
        with pytest.raises(NotProved, match="succeeds another ledger than the one whose entries it follows"):
            read(lying)


def rotated(kind: str, key: str, replaces: str | None, state: str) -> dict[str, object]:
    return {"items": 3, "key": key * 16, "kind": kind, "replaces": replaces and replaces * 16, "state": state}


def test_a_change_of_the_ledgers_keys_is_not_passed_over() -> None:
    """Whoever ignored it would go on believing a key that the center has given up."""
    chain = enrolled()
    chain.say("key.rotated", rotated("ledger", "a", "b", "begun"))
    with pytest.raises(NotProved, match=r"key\.rotated changes whose word counts") as caught:
        read(chain)
    assert caught.value.where == f"statement {GAP}"


def test_exchanges_of_the_vault_and_escrow_keys_are_followed_step_by_step() -> None:
    chain = enrolled()
    assert read(chain).wrapped_for("escrow") is None
    for kind, key, replaces, state in (
        ("escrow", "a", None, "begun"),
        ("vault", "c", "b", "begun"),
        ("escrow", "a", None, "complete"),
        ("vault", "d", "c", "begun"),  # before the one before was complete
        ("vault", "d", "c", "complete"),
        ("vault", "e", "d", "begun"),
    ):
        chain.say("key.rotated", rotated(kind, key, replaces, state))
    registry = read(chain)
    assert registry.wrapped_for("escrow") == WrappedFor("a" * 16, None, True)
    assert registry.wrapped_for("vault") == WrappedFor("e" * 16, "d" * 16, False)
    assert registry.keys.keys() == read(enrolled()).keys.keys()


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([("a", None, "complete")], "was not begun"),
        ([("a", None, "begun"), ("b", None, "complete")], "was not begun"),
        ([("a", None, "begun"), ("a", "b", "complete")], "was not begun"),
        ([("a", None, "begun"), *2 * [("a", None, "complete")]], "was not begun"),
        ([("a", None, "begun"), ("b", "c", "begun")], "another escrow key than the one in use"),
        ([("a", None, "begun"), ("a", "a", "begun")], "another escrow key than the one in use"),
        ([("a", None, "begun"), ("b", None, "begun")], "another escrow key than the one in use"),
        ([("a", None, "begun"), ("b", "a", "begun"), ("a", "b", "begun")], "takes up again the escrow key"),
    ],
)
def test_steps_that_do_not_follow_each_other_are_refused(
    steps: list[tuple[str, str | None, str]], says: str
) -> None:
    chain = enrolled()
    for key, replaces, state in steps:
        chain.say("key.rotated", rotated("escrow", key, replaces, state))
    with pytest.raises(NotProved, match=says):
        read(chain)


def test_a_statement_can_be_tried_on_a_copy() -> None:
    chain = enrolled()
    registry = read(chain)
    registry.copy().add(chain.next, chain.make("credential.enrolled", es256().enrolment))
    assert es256().id not in registry.keys
    registry.add(chain.next, chain.make("credential.enrolled", es256().enrolment))


# --- Roles ------------------------------------------------------------------------------------------------


def test_the_role_a_person_had_is_known_for_every_position() -> None:
    chain = enrolled()
    role = {"organisation": "prosecution", "person": PERSON.id, "role": "prosecutor"}
    given_at = chain.say("role.given", role)
    changed_at = chain.say("role.given", role | {"role": "court", "organisation": "court"})
    ended_at = chain.say("role.withdrawn", {"person": PERSON.id, "reason": "retired"})
    chain.say("role.withdrawn", {"person": PERSON.id, "reason": "retired"})
    again_at = chain.say("role.given", role)
    registry = read(chain)

    def at(index: int) -> str | None:
        held = registry.role(PERSON.id, index)
        return None if held is None else held.role

    assert [at(given_at), at(given_at + 1), at(changed_at)] == [None, "prosecutor", "prosecutor"]
    assert [at(changed_at + 1), at(ended_at), at(ended_at + 1)] == ["court", "court", None]
    assert [at(again_at), at(again_at + 1), at(LATER)] == [None, "prosecutor", "prosecutor"]
    assert registry.role(OTHER.id, LATER) is None
    assert [held.ended for held in registry.history(PERSON.id)] == [changed_at, ended_at, None]


# --- For those who read on and on -------------------------------------------------------------------------


def test_what_is_kept_grows_with_keys_and_roles_only() -> None:
    chain = enrolled()
    for n in range(50):
        chain.say("policy.changed", {"policy": f"{n:064x}"})
    registry = read(chain)
    assert not any(
        isinstance(kept, SignedStatement) or (hasattr(kept, "__len__") and len(kept) > 3)
        for kept in vars(registry).values()
        if not isinstance(kept, str)
    )
    assert registry.head == chain.head


@given(st.data())
def test_nothing_but_our_own_errors_comes_out_of_an_altered_registry(data: st.DataObject) -> None:
    chain = enrolled(es256())
    at = data.draw(st.integers(0, 1))
    position, signed = chain.placed[at]
    leaf = data.draw(mutated(signed.leaf))
    try:
        chain.placed[at] = (position, SignedStatement.parse(leaf))
        read(chain)
    except CustodyError:
        return
    assert leaf == signed.leaf
