"""Passkeys: whose they are, what they must have signed, and what a copy of one gives away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import cbor2
import pytest

from casework.clock import now
from casework.database.models import Challenge, Person, SignInMethod
from casework.errors import (
    AuthenticatorBehind,
    ChallengeOver,
    LinkNeeded,
    LinkOver,
    NotSignedIn,
    PasskeyNeeded,
    Refused,
)
from casework.people import (
    client_network,
    credentials,
    passkey_sign_in,
    passwords,
    people,
    sign_in_methods,
    webauthn_challenges,
)
from casework.people.credentials import Proof
from casework.people.webauthn_challenges import LIFETIME, MOST_OF_A_CLIENT, Purpose
from chain_of_custody.statements.webauthn import challenge_of
from tests.support.centers.casework_world import World
from tests.support.ledger.authenticators import eddsa, es256
from tests.support.people.passkey_device import Device, text

RP, ORIGIN = "amana.example", "https://amana.example"
NEAR = "192.0.2.1"
Told = dict[str, Any]


GOOD_ED25519 = eddsa().key[-32:]
X, Y = es256().key[-64:-32], es256().key[-32:]


def enrolled(world: World, person: Person, device: Device | None = None, cose: bytes | None = None) -> Device:
    """A device on which this person has made a passkey; a further one by a recovery code.

    `cose`: the key that it says to have."""
    device, challenge = device or Device(), challenge_of(b"any")
    options = {
        "rp": {"id": RP},
        "user": {"id": text(bytes.fromhex(person.id))},
        "challenge": text(challenge),
    }
    answer = device.make(options, ORIGIN, cose)
    proof = Proof.RECOVERY if credentials.of_person(world.center, person.id) else Proof.LINK
    credentials.enrol(
        world.center,
        person,
        person.id,
        answer,
        challenge=challenge,
        rp=RP,
        origin=ORIGIN,
        proof=proof,
    )
    return device


def signs_in(
    world: World, device: Device, origin: str = ORIGIN, told: Callable[[Told], Told] = lambda told: told
) -> tuple[Person, str]:
    message = webauthn_challenges.make(world.center, Purpose.SIGN_IN, "a browser", NEAR)
    answer = told(device.answer({"rpId": RP, "challenge": text(challenge_of(message))}, origin))
    taken = webauthn_challenges.take(world.center, Purpose.SIGN_IN, "a browser")
    return passkey_sign_in.sign_in(world.center, answer, message=taken, rp=RP, origin=ORIGIN)


def test_a_passkey_says_whose_it_is_and_begins_a_session_that_knows_it(world: World) -> None:
    device = enrolled(world, world.prosecutor)
    person, token = signs_in(world, device)
    began = people.signed_in(world.center, token)
    assert person.id == began.person.id == world.prosecutor.id
    assert began.method is SignInMethod.PASSKEY


def test_a_challenge_is_taken_once_in_its_browser_for_its_purpose_and_soon(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    center = world.center
    message = webauthn_challenges.make(center, Purpose.SIGN_IN, "a", NEAR)
    for purpose, browser in ((Purpose.SIGN_IN, "b"), (Purpose.ENROL, "a")):
        with pytest.raises(ChallengeOver):
            webauthn_challenges.take(center, purpose, browser)
    assert webauthn_challenges.take(center, Purpose.SIGN_IN, "a") == message
    with pytest.raises(ChallengeOver):
        webauthn_challenges.take(center, Purpose.SIGN_IN, "a")
    webauthn_challenges.make(center, Purpose.SIGN_IN, "a", NEAR)
    late = now() + LIFETIME
    monkeypatch.setattr(webauthn_challenges, "now", lambda: late)
    with pytest.raises(ChallengeOver):
        webauthn_challenges.take(center, Purpose.SIGN_IN, "a")


def test_a_new_challenge_of_a_browser_ends_the_one_before(world: World) -> None:
    device = enrolled(world, world.prosecutor)
    before = webauthn_challenges.make(world.center, Purpose.SIGN_IN, "a browser", NEAR)
    answer = device.answer({"rpId": RP, "challenge": text(challenge_of(before))}, ORIGIN)
    webauthn_challenges.make(world.center, Purpose.SIGN_IN, "a browser", NEAR)
    taken = webauthn_challenges.take(world.center, Purpose.SIGN_IN, "a browser")
    with pytest.raises(NotSignedIn):
        passkey_sign_in.sign_in(world.center, answer, message=taken, rp=RP, origin=ORIGIN)


def test_one_client_fills_nothing_and_takes_nobody_elses_challenge(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = now()
    webauthn_challenges.make(world.center, Purpose.SIGN_IN, "hers", "198.51.100.7")
    for number in range(MOST_OF_A_CLIENT + 20):
        moment = began + timedelta(milliseconds=number)
        monkeypatch.setattr(webauthn_challenges, "now", lambda moment=moment: moment)
        webauthn_challenges.make(world.center, Purpose.SIGN_IN, f"his {number}", f"2001:db8::{number:x}")
    with world.center.database() as session:
        assert session.query(Challenge).count() == MOST_OF_A_CLIENT + 1
    assert webauthn_challenges.take(world.center, Purpose.SIGN_IN, "hers")
    assert webauthn_challenges.take(world.center, Purpose.SIGN_IN, f"his {number}")


def test_all_networks_together_do_not_fill_the_database_either(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = now()
    monkeypatch.setattr(webauthn_challenges, "MOST", 10)
    for number in range(30):
        moment = began + timedelta(milliseconds=number)
        monkeypatch.setattr(webauthn_challenges, "now", lambda moment=moment: moment)
        webauthn_challenges.make(world.center, Purpose.SIGN_IN, f"no {number}", f"2001:db8:{number:x}::1")
    with world.center.database() as session:
        assert session.query(Challenge).count() == 10
    with pytest.raises(ChallengeOver):
        webauthn_challenges.take(world.center, Purpose.SIGN_IN, "no 19")
    for number in range(20, 30):  # the newest are those of people who are about to answer
        assert webauthn_challenges.take(world.center, Purpose.SIGN_IN, f"no {number}")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_an_ipv6_network_counts_as_one_client(address: str, network: str) -> None:
    assert client_network.network(address) == network


@pytest.mark.parametrize(
    "told",
    [
        lambda told: {},
        lambda told: told | {"id": 7},
        lambda told: told | {"id": "%" * 10},
        lambda told: told | {"id": text(b"unknown")},
        lambda told: told | {"response": None},
        lambda told: told | {"response": told["response"] | {"signature": text(b"no")}},
        lambda told: told | {"response": told["response"] | {"userHandle": text(bytes(16))}},
        lambda told: told | {"response": told["response"] | {"userHandle": None}},
        lambda told: told | {"response": told["response"] | {"clientDataJSON": text(b"{}")}},
        lambda told: told | {"response": told["response"] | {"authenticatorData": "A" * 9000}},
    ],
)
def test_an_answer_that_is_not_whole_and_right_signs_nobody_in(
    world: World, told: Callable[[Told], Told]
) -> None:
    device = enrolled(world, world.prosecutor)
    with pytest.raises(NotSignedIn):
        signs_in(world, device, told=told)


@pytest.mark.parametrize(
    "origin", ["https://amana.example:8443", "https://court.amana.example", "http://amana.example"]
)
def test_a_passkey_that_was_asked_on_another_page_signs_nobody_in(world: World, origin: str) -> None:
    device = enrolled(world, world.prosecutor)
    with pytest.raises(NotSignedIn):
        signs_in(world, device, origin)


ONE = bytes([1]) + bytes(31)
"""The neutral point of Ed25519: anybody can sign under it."""


NOT_KEYS: tuple[dict[int, object] | bytes, ...] = (
    {1: 1, 3: -8, -1: 6, -2: ONE},
    {1: 1, 3: -8, -1: 6, -2: bytes(31) + b"\x80"},
    {1: 1, 3: -8, -1: 6, -2: b"\xff" * 32},
    {1: 1, 3: -8, -1: 6, -2: GOOD_ED25519 + b"\0"},
    {1: 1, 3: -8, -1: 6, -2: 7},
    {1: 1, 3: -8, -1: 7, -2: GOOD_ED25519},
    {1: 2, 3: -7, -1: 1, -2: X, -3: bytes(32)},
    {1: 2, 3: -7, -1: 1, -2: X, -3: True},
    {1: 2, 3: -7, -1: 1, -2: b"\0" + X, -3: Y},
    {1: 2, 3: -7, -1: 1, -2: X, -3: b"\0" + Y},
    {1: 2, 3: -7, -1: 2, -2: X, -3: Y},
    b"\x04" + X + Y[:31],
)


def test_a_key_that_is_not_one_of_its_algorithm_becomes_no_passkey(world: World) -> None:
    size = world.center.ledger.size
    for cose in NOT_KEYS:
        with pytest.raises(Refused, match="answer was not taken"):
            enrolled(world, world.prosecutor, cose=cose if isinstance(cose, bytes) else cbor2.dumps(cose))
    assert credentials.of_person(world.center, world.prosecutor.id) == []
    assert world.center.ledger.size == size


def test_keys_of_these_forms_become_passkeys(world: World) -> None:
    """What is refused above is refused for what differs from these."""
    for cose in ({1: 1, 3: -8, -1: 6, -2: GOOD_ED25519}, {1: 2, 3: -7, -1: 1, -2: X, -3: Y}):
        enrolled(world, world.prosecutor, cose=cbor2.dumps(cose))
    algorithms = [one.algorithm for one in credentials.of_person(world.center, world.prosecutor.id)]
    assert sorted(algorithms) == ["eddsa", "es256"]


def test_an_authenticator_that_did_not_verify_its_user_signs_nobody_in(world: World) -> None:
    device = enrolled(world, world.prosecutor)
    device.flags = 0x01
    with pytest.raises(NotSignedIn):
        signs_in(world, device)


def test_a_revoked_passkey_and_one_of_somebody_who_left_sign_nobody_in(world: World) -> None:
    first, second = enrolled(world, world.prosecutor), enrolled(world, world.court)
    key = credentials.of_person(world.center, world.prosecutor.id)[0].key
    credentials.revoke(world.center, world.prosecutor, key, "lost")
    people.retire(world.center, world.administrator, world.court.id)
    for device in (first, second):
        with pytest.raises(NotSignedIn):
            signs_in(world, device)


def test_a_passkey_that_is_revoked_while_it_answers_begins_no_session(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would outlive the end of all sessions that comes with it."""
    device = enrolled(world, world.prosecutor)
    verify = passkey_sign_in.verify_assertion

    def meanwhile(*given: Any, **named: Any) -> None:
        verify(*given, **named)
        sign_in_methods.revoke_all(world.center, world.administrator, world.prosecutor.id)

    monkeypatch.setattr(passkey_sign_in, "verify_assertion", meanwhile)
    with pytest.raises(NotSignedIn):
        signs_in(world, device)
    assert sign_in_methods.sessions(world.center, world.prosecutor.id) == []


def test_a_row_in_the_database_makes_no_passkey(world: World) -> None:
    """Who can write there, and not into the ledger, gets in as nobody."""
    device = Device()
    answer = device.make(
        {"rp": {"id": RP}, "user": {"id": text(bytes.fromhex(world.prosecutor.id))}, "challenge": "AA"},
        ORIGIN,
    )
    key, handle, _ = device.held[RP]
    with world.center.database.begin() as session:
        session.add(
            credentials.Credential(
                key=key.id,
                person_id=world.prosecutor.id,
                credential_id=handle,
                public_key=key.key,
                algorithm="es256",
                relying_party=RP,
                added_at=now(),
            )
        )
    assert answer["id"] == text(handle)
    with pytest.raises(NotSignedIn, match="no such passkey"):
        signs_in(world, device)


def test_a_counter_that_falls_behind_is_told_from_a_wrong_passkey(world: World) -> None:
    device = enrolled(world, world.prosecutor)
    signs_in(world, device)
    copy = Device(counter=0, held=device.held)
    with pytest.raises(AuthenticatorBehind):
        signs_in(world, copy)
    assert signs_in(world, device)[0].id == world.prosecutor.id


def test_an_authenticator_that_does_not_count_is_taken_as_it_is(world: World) -> None:
    device = enrolled(world, world.prosecutor, Device(counts=False))
    assert [signs_in(world, device)[0].id for _ in range(2)] == [world.prosecutor.id] * 2


def test_a_link_makes_the_first_passkey_and_no_second_one(world: World) -> None:
    """Else whoever makes links could add a key of their own to somebody's."""
    _, token = people.redeem(world.center, people.new_link(world.center, None, world.prosecutor.id))
    with_link = people.signed_in(world.center, token)
    assert passkey_sign_in.proof_to_enrol(world.center, with_link) is Proof.LINK
    device = enrolled(world, world.prosecutor)
    with pytest.raises(PasskeyNeeded):
        passkey_sign_in.proof_to_enrol(world.center, with_link)
    _, token = signs_in(world, device)
    with_passkey = people.signed_in(world.center, token)
    assert passkey_sign_in.proof_to_enrol(world.center, with_passkey) is Proof.KEY
    key = credentials.of_person(world.center, world.prosecutor.id)[0].key
    credentials.revoke(world.center, world.administrator, key, "lost")
    assert passkey_sign_in.proof_to_enrol(world.center, with_link) is Proof.LINK
    with pytest.raises(LinkNeeded):  # nothing is left to confirm a further one with
        passkey_sign_in.proof_to_enrol(world.center, with_passkey)


def test_a_link_that_was_opened_long_ago_gives_no_new_way_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a session that was stolen later could."""
    _, token = people.redeem(world.center, people.new_link(world.center, None, world.prosecutor.id))
    with_link = people.signed_in(world.center, token)
    late = now() + people.LINK_PROVES_FOR
    monkeypatch.setattr(people, "now", lambda: late)
    for may in (passkey_sign_in.proof_to_enrol, passwords.may_set):
        with pytest.raises(LinkOver):
            may(world.center, with_link)


def test_who_made_a_passkey_goes_on_in_a_new_session_and_the_old_one_is_over(world: World) -> None:
    _, token = people.redeem(world.center, people.new_link(world.center, None, world.prosecutor.id))
    people.began_at(world.center, token, NEAR, "Firefox, Windows")
    before = people.signed_in(world.center, token)
    device = enrolled(world, world.prosecutor)
    key = credentials.of_person(world.center, world.prosecutor.id)[0].key
    after = passkey_sign_in.begin_with_new(world.center, before, key)
    assert people.signed_in(world.center, after).method is SignInMethod.PASSKEY
    with pytest.raises(NotSignedIn):
        people.signed_in(world.center, token)
    assert NEAR.encode() not in world.database.stored()  # where it began is forgotten with it
    assert signs_in(world, device)[0].id == world.prosecutor.id
