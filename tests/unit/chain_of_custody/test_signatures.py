"""Who must have signed what: the recorder alone; the center always; the person beside it, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import CustodyError, Malformed, SignatureInvalid
from chain_of_custody.statements.court_receipt import sign_receipt, verify_receipt
from chain_of_custody.statements.keys import KeyRecord, key_id
from chain_of_custody.statements.signatures import MAX_SIGNATURES, signed_by
from chain_of_custody.statements.statement import SignedStatement
from tests.support.ledger.authenticators import eddsa, es256, rs256
from tests.support.ledger.mutations import mutated
from tests.support.ledger.registry_chain import CENTER, CENTER_RECORD, PERSON, RECORDER, act, public, recorded

RECORDER_RECORD = KeyRecord(public(RECORDER), "recorder", "room-1", enrolled=0)
KEYS = {
    record.id: record
    for record in (CENTER_RECORD, RECORDER_RECORD, *(make().record() for make in (es256, eddsa, rs256)))
}
BOTH = act([es256()])
RECEIPT = sign_receipt(
    Ed25519PrivateKey.from_private_bytes(b"\x03" * 32),
    at="2026-11-25T09:00:00.000Z",
    organisation="court",
    outcome="intact",
    package="d1" * 32,
)


def respell(leaf: bytes, change: Callable[[Any], object]) -> SignedStatement:
    value = json.loads(leaf)
    change(value)
    value["signatures"].sort(key=lambda signature: signature["key"])
    return SignedStatement.parse(rfc8785.dumps(value))


def without(signed: SignedStatement, key: str) -> SignedStatement:
    def drop(value: dict[str, Any]) -> None:
        value["signatures"] = [one for one in value["signatures"] if one["key"] != key]

    return respell(signed.leaf, drop)


def ed25519(message: bytes, key: Ed25519PrivateKey) -> dict[str, str]:
    return {"key": key_id(public(key)), "kind": "ed25519", "signature": encode_base64(key.sign(message))}


def test_a_statement_says_whether_the_person_signed_it() -> None:
    assert signed_by(act().verify(KEYS, 1)) == "center"
    assert signed_by(act([es256()]).verify(KEYS, 1)) == "person"
    assert signed_by(act([es256(), eddsa(), rs256()]).verify(KEYS, 1)) == "person"
    assert signed_by(recorded().verify(KEYS, 1)) == "recorder"


def test_a_leaf_with_a_persons_signature_is_written_in_one_way() -> None:
    keys = [signature.key for signature in BOTH.signatures]
    assert keys == sorted([CENTER_RECORD.id, es256().id])
    [own] = [one for one in json.loads(BOTH.leaf)["signatures"] if one["kind"] == "webauthn"]
    assert own.keys() == {"authenticator", "client", "key", "kind", "sheet", "signature"}


def test_the_centers_signature_is_never_missing() -> None:
    with pytest.raises(SignatureInvalid, match="the center's own signature is missing"):
        without(BOTH, CENTER_RECORD.id).verify(KEYS, 1)


def test_a_credential_signs_for_its_own_person_only() -> None:
    mine = es256(person="b0" * 16)
    with pytest.raises(SignatureInvalid, match="is another person's than the one who acts"):
        act([mine]).verify(KEYS | {mine.id: mine.record()}, 1)


def test_a_credential_that_nobody_enrolled_counts_for_nothing() -> None:
    with pytest.raises(SignatureInvalid, match="nobody has vouched for"):
        act([es256(seed=9)]).verify(KEYS, 1)


def test_a_persons_signature_under_another_statement_is_found() -> None:
    def exchange(value: dict[str, Any]) -> None:
        value["signatures"] = [
            ed25519(other.statement.signed_message(), CENTER),
            *(one for one in value["signatures"] if one["kind"] == "webauthn"),
        ]
        value["statement"] = json.loads(other.statement.canonical())

    other = act(purpose="appeal")
    with pytest.raises(SignatureInvalid, match=f"key {es256().id}: the person's signature is over another"):
        respell(BOTH.leaf, exchange).verify(KEYS, 1)


def test_a_recorder_signs_alone() -> None:
    message = recorded().statement.signed_message()

    def add(signature: dict[str, str]) -> SignedStatement:
        return respell(recorded().leaf, lambda value: value["signatures"].append(signature))

    own = es256().signature(recorded().statement).to_json()
    for more in (ed25519(message, CENTER), own):
        with pytest.raises(SignatureInvalid, match=r"a (center|person) key may not sign"):
            add(more).verify(KEYS, 1)
    second = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    two = KEYS | {key_id(public(second)): KeyRecord(public(second), "recorder", "room-2", 0)}
    with pytest.raises(SignatureInvalid, match="is not signed by its recorder alone"):
        add(ed25519(message, second)).verify(two, 1)


def test_a_recorder_signs_nothing_beside_the_center() -> None:
    message = act().statement.signed_message()
    with pytest.raises(SignatureInvalid, match="a recorder key may not sign"):
        respell(act().leaf, lambda value: value["signatures"].append(ed25519(message, RECORDER))).verify(KEYS)


def test_one_false_signature_beside_a_true_one_is_found() -> None:
    def spoil(kind: str) -> Callable[[Any], object]:
        def change(value: dict[str, Any]) -> None:
            [one] = [one for one in value["signatures"] if one["kind"] == kind]
            wrong = act([es256()], purpose="appeal")
            [other] = [one for one in json.loads(wrong.leaf)["signatures"] if one["kind"] == kind]
            one["signature"] = other["signature"]

        return change

    with pytest.raises(SignatureInvalid, match=f"the signature of key {CENTER_RECORD.id} does not hold"):
        respell(BOTH.leaf, spoil("ed25519")).verify(KEYS, 1)
    with pytest.raises(SignatureInvalid, match=f"key {es256().id}: the person's signature does not hold"):
        respell(BOTH.leaf, spoil("webauthn")).verify(KEYS, 1)


def test_a_key_makes_signatures_of_its_own_kind_only() -> None:
    as_center = {es256().id: replace(CENTER_RECORD), CENTER_RECORD.id: CENTER_RECORD}
    with pytest.raises(SignatureInvalid, match="does not make signatures of this kind"):
        BOTH.verify(as_center, 1)
    message = BOTH.statement.signed_message()
    forged = ed25519(message, CENTER) | {"key": es256().id}
    with pytest.raises(SignatureInvalid, match="does not make signatures of this kind"):
        respell(act().leaf, lambda value: value["signatures"].append(forged)).verify(KEYS, 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"authenticator": "AA"}, "signature authenticator is not standard base64"),
        ({"client": None}, "signature client: not base64"),
        ({"signature": "AB=="}, "signature signature is not standard base64"),
        ({"kind": "ed25519"}, "not known: authenticator, client"),
        ({"kind": "passkey"}, "keys differ"),
        ({"key": "AB" * 8}, "lower-case hexadecimal"),
        ({"more": ""}, "not known: more"),
    ],
)
def test_a_persons_signature_that_is_not_of_its_form_is_refused(change: dict[str, Any], reason: str) -> None:
    def apply(value: dict[str, Any]) -> None:
        next(one for one in value["signatures"] if one["kind"] == "webauthn").update(change)

    with pytest.raises(Malformed, match=reason):
        respell(BOTH.leaf, apply)


def test_no_more_people_sign_than_a_leaf_takes() -> None:
    people = [es256(seed=n) for n in range(1, MAX_SIGNATURES + 1)]
    keys = KEYS | {one.id: one.record() for one in people}
    act(people[:-1]).verify(keys, 1)
    with pytest.raises(Malformed, match="not 1 to 8 signatures"):
        act(people)


# --- A court's receipt ------------------------------------------------------------------------------------


def transferred(receipt: dict[str, str]) -> SignedStatement:
    return act(type_="custody.transferred", body={"receipt": receipt})


def test_a_receipt_is_signed_by_the_court_and_stated_by_the_center() -> None:
    assert verify_receipt({"receipt": RECEIPT}) == key_id(
        public(Ed25519PrivateKey.from_private_bytes(b"\x03" * 32))
    )
    assert signed_by(transferred(RECEIPT).verify(KEYS, 1)) == "center"


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "consistent"},
        {"package": "d2" * 32},
        {"organisation": "another-court"},
        {"at": "2026-11-25T09:00:00.001Z"},
        {"key": encode_base64(public(RECORDER))},
        {"signature": encode_base64(bytes(64))},
    ],
)
def test_a_receipt_that_the_court_did_not_sign_so_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(SignatureInvalid, match="the court's signature on its receipt does not hold"):
        transferred(RECEIPT | change).verify(KEYS, 1)


def test_a_receipt_is_not_made_over_what_is_none() -> None:
    key = Ed25519PrivateKey.generate()
    with pytest.raises(Malformed):
        sign_receipt(key, at="now", organisation="court", outcome="intact", package="d1" * 32)
    with pytest.raises(Malformed):
        verify_receipt({"receipt": RECEIPT | {"more": 1}})


# --- Nothing but our own errors ----------------------------------------------------------------------------


@given(mutated(BOTH.leaf))
def test_a_leaf_with_a_few_bytes_changed_is_refused_or_a_signature_does_not_hold(leaf: bytes) -> None:
    try:
        SignedStatement.parse(leaf).verify(KEYS, 1)
    except CustodyError:
        return
    assert leaf == BOTH.leaf


@given(st.sampled_from(("authenticator", "client", "signature")), st.binary(max_size=200))
def test_a_persons_signature_with_other_bytes_does_not_hold(name: str, data: bytes) -> None:
    def apply(value: dict[str, Any]) -> None:
        one = next(one for one in value["signatures"] if one["kind"] == "webauthn")
        one[name] = encode_base64(data)

    with pytest.raises(SignatureInvalid):
        respell(BOTH.leaf, apply).verify(KEYS, 1)
    assert PERSON.id == BOTH.statement.actor.id
