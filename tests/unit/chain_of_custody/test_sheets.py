"""Sheets of acts: each act at its place, the sheet whole, and nothing in the place of another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
import rfc8785

from chain_of_custody.errors import Incomplete, Malformed, SignatureInvalid
from chain_of_custody.statements.sheets import (
    ALONE,
    MAX_ACTS,
    MAX_PATH,
    SheetPlace,
    challenge_of_acts,
    places,
)
from chain_of_custody.statements.signatures import WebAuthnSignature, check_sheet, signed_by
from chain_of_custody.statements.statement import SIGNING_PREFIX, Head, SignedStatement
from tests.support.ledger.authenticators import es256
from tests.support.ledger.registry_chain import CENTER, CENTER_RECORD
from tests.support.ledger.signed_sheet import leaves_of, viewings

BY = es256()
KEYS = {CENTER_RECORD.id: CENTER_RECORD, BY.id: BY.record()}


def sheet(count: int, number: int = 3) -> list[SignedStatement]:
    return leaves_of(viewings(count, BY.person, Head(number - 1, b"\x11" * 32)), BY, CENTER)


def moved(signed: SignedStatement, place: SheetPlace) -> SignedStatement:
    """The same leaf with another place on the sheet."""
    value = json.loads(signed.leaf)
    for one in value["signatures"]:
        if one["kind"] == "webauthn":
            one["sheet"] = place.to_json()
    return SignedStatement.parse(rfc8785.dumps(value))


def place_of(signed: SignedStatement) -> SheetPlace:
    [own] = [one for one in signed.signatures if isinstance(one, WebAuthnSignature)]
    return own.place


def checked(chain: Sequence[SignedStatement]) -> None:
    before: SignedStatement | None = None
    for signed in chain:
        check_sheet(before.signatures if before else (), signed.signatures)
        before = signed
    check_sheet(before.signatures if before else (), ())


@pytest.mark.parametrize("count", [1, 2, 3, 5, MAX_ACTS])
def test_each_act_of_a_sheet_is_signed_by_its_person(count: int) -> None:
    signed = sheet(count)
    for one in signed:
        assert signed_by(one.verify(KEYS, 9)) == "person"
    checked(signed)
    assert max(len(place_of(one).path) for one in signed) <= MAX_PATH


def test_every_place_of_every_sheet_leads_to_its_challenge_and_no_other_does() -> None:
    for size in range(1, MAX_ACTS + 1):
        messages = [b"%d" % n for n in range(size)]
        for message, place in zip(messages, places(messages), strict=True):
            assert place.challenge(message) == challenge_of_acts(messages)
            assert SheetPlace.from_json(place.to_json()) == place
            assert place.challenge(message + b"!") != challenge_of_acts(messages)
    for count in (0, MAX_ACTS + 1):
        with pytest.raises(Malformed, match="not 1 to 64 acts"):
            places([b""] * count)


def test_an_act_alone_is_a_sheet_of_one() -> None:
    [signed] = sheet(1)
    assert place_of(signed) == ALONE
    assert challenge_of_acts([b"act"]) == ALONE.challenge(b"act")


def test_only_the_first_act_is_signed_with_the_statement_before_it() -> None:
    first, second, _ = sheet(3)
    assert b'"previous":"' in first.statement.signed_message(0)
    message = second.statement.signed_message(1)
    assert message.startswith(SIGNING_PREFIX)
    assert b'"previous":null' in message
    other = replace(first.statement, previous="22" * 32)
    assert other.signed_message(0) != first.statement.signed_message(0)
    assert other.signed_message(1) == first.statement.signed_message(1)


def test_an_act_in_another_place_is_refused() -> None:
    first, second, third = sheet(3)
    for signed, place in ((second, place_of(third)), (second, place_of(first)), (first, place_of(second))):
        with pytest.raises(SignatureInvalid, match="over another statement"):
            moved(signed, place).verify(KEYS, 9)
    with pytest.raises(SignatureInvalid, match="over another statement"):
        moved(second, ALONE).verify(KEYS, 9)


def test_a_path_of_another_sheet_and_of_another_length_is_refused() -> None:
    signed = sheet(3)[1]
    place = place_of(signed)
    with pytest.raises(SignatureInvalid, match="over another statement"):
        moved(signed, place_of(sheet(3, number=4)[1])).verify(KEYS, 9)
    for path, reason in (
        (place.path[:1], "hashes are missing from the proof"),
        ((*place.path, bytes(32)), "the proof has surplus hashes"),
    ):
        with pytest.raises(SignatureInvalid, match=f"the act's place on its sheet: {reason}"):
            moved(signed, replace(place, path=path)).verify(KEYS, 9)


@pytest.mark.parametrize(
    "place",
    [
        {"index": 0, "path": [], "size": 0},
        {"index": 0, "path": [], "size": MAX_ACTS + 1},
        {"index": 1, "path": [], "size": 1},
        {"index": -1, "path": [], "size": 1},
        {"index": True, "path": [], "size": 2},
        {"index": 0, "path": ["00" * 32] * (MAX_PATH + 1), "size": MAX_ACTS},
        {"index": 0, "path": ["00" * 31], "size": 2},
        {"index": 0, "path": [None], "size": 2},
        {"index": 0, "path": {}, "size": 1},
        {"index": 0, "size": 1},
        {"index": 0, "more": 0, "path": [], "size": 1},
        None,
    ],
)
def test_a_place_in_another_form_is_refused(place: object) -> None:
    with pytest.raises(Malformed):
        SheetPlace.from_json(place)


def test_a_sheet_that_is_not_whole_is_refused() -> None:
    first, second, third = sheet(3)
    other, whole = sheet(2, number=4), sheet(1)
    before, after = "the act before this one is missing", "its next act is missing"
    for chain, reason in (
        ([first, second], after),
        ([first], after),
        ([second, third], before),
        ([first, third], before),
        ([first, whole[0], second, third], after),
        ([first, other[1], third], before),
        ([first, first], after),
        ([first, second, third, third], before),
    ):
        with pytest.raises(Incomplete, match=f"not whole: {reason}"):
            checked(chain)
    checked([whole[0], first, second, third, whole[0], *other])
