"""Keys of Ed25519 under which anybody can sign, wherever one is named, and signatures in a second form."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import ED25519, ED25519_COSIGNATURE, encode_base64
from chain_of_custody.statements.court_receipt import sign_receipt
from chain_of_custody.statements.keys import key_id
from chain_of_custody.statements.sheets import ALONE
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import SIGNING_PREFIX
from chain_of_custody.statements.webauthn import ED25519_PREFIX, Assertion
from tests.support.ledger.authenticators import alone, authenticator_data, client_data, eddsa
from tests.support.packages.alterations import lines, listed
from tests.support.packages.court_packages import EVIDENCE, PROSECUTOR, Recording, key
from tests.vectors.packages.cases import SMALL, Case, Make, refused
from tests.vectors.packages.centers import Deployment, plant, sealed, view
from tests.vectors.packages.people import Story, registered, told
from tests.vectors.packages.receipts import AT

POLICY = "data/policy.txt"
ONE = bytes([1]) + bytes(31)
"""The neutral point."""
FORGED = ONE + bytes(32)
"""R = 1, S = 0: under that key a signature of every message."""
BEYOND = (2**255 - 19 + 3).to_bytes(32, "little")
"""y = p + 3, where y = 3 is meant."""
ORDER = 2**252 + 27742317777372353535851937790883648493
SMALL_ORDER = "an Ed25519 public key is a point of small order, for which anybody can sign"
TWICE = "an Ed25519 public key is not in the canonical encoding"
PASSKEY = eddsa(7, person=PROSECUTOR.id)
ENROLMENT = PASSKEY.enrolment | {"proof": "recovery"}
"""Its person has another key already."""


def policy(first: str, last: Callable[[str], str]) -> Make:
    """The line of the policy that begins so ends otherwise."""

    def each(old: list[bytes]) -> list[bytes]:
        at = next(number for number, one in enumerate(old) if one.startswith(first.encode()))
        *words, end = old[at].decode().split()
        return [*old[:at], f"{' '.join([*words, last(end)])}\n".encode(), *old[at + 1 :]]

    return listed(lines(POLICY, each))


def vkey(kind: int, point: bytes) -> Callable[[str], str]:
    """A verifier key → one of the same name with this key."""

    def other(of: str) -> str:
        name = of.split("+")[0]
        number = sha256(name.encode() + b"\n" + bytes([kind]) + point).hexdigest()[:8]
        return f"{name}+{number}+{encode_base64(bytes([kind]) + point)}"

    return other


def forged_by_anybody(center: Deployment, recording: Recording) -> None:
    """What was shown: a person without any key was enrolled, and an act that R = 1, S = 0 signs."""
    sealed(center, recording)
    anybody = ED25519_PREFIX + ONE
    registered(center, "credential.enrolled", ENROLMENT | {"key": encode_base64(anybody)})

    def beside(message: bytes) -> list[WebAuthnSignature]:
        assertion = Assertion(authenticator_data(), client_data(alone(message)), FORGED)
        return [WebAuthnSignature(key_id(anybody), assertion, ALONE)]

    view(center, beside=beside)


def s_beyond_the_order(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    registered(center, "credential.enrolled", ENROLMENT)

    def beside(message: bytes) -> list[WebAuthnSignature]:
        good = PASSKEY.beside(message)
        signature = good.assertion.signature
        s = int.from_bytes(signature[32:], "little") + ORDER
        other = signature[:32] + s.to_bytes(32, "little")
        return [replace(good, assertion=replace(good.assertion, signature=other))]

    view(center, beside=beside)


def planted(say: Callable[[Deployment, Callable[[bytes], bytes]], object]) -> Make:
    """A center that signs a statement which names such a key. (No writer would make it.)"""

    def make(folder: Path) -> None:
        center, recording = sealed(Deployment.small())
        say(center, partial(signed_again, center))
        plant(center, recording, folder)

    return make


def signed_again(center: Deployment, leaf: bytes) -> bytes:
    statement = json.loads(leaf)["statement"]
    named = statement["body"].get("receipt", statement["body"])
    named["key"] = encode_base64(ONE)
    if "signature" in named:
        named["signature"] = encode_base64(FORGED)
    signature = center.center_key.sign(SIGNING_PREFIX + canonical_json.serialise(statement))
    by = json.loads(leaf)["signatures"][0] | {"signature": encode_base64(signature)}
    return canonical_json.serialise({"signatures": [by], "statement": statement})


def receipt(center: Deployment, spell: Callable[[bytes], bytes]) -> None:
    good = sign_receipt(key(80), at=AT, organisation="court", outcome="intact", package="5a" * 32)
    center.say("custody.transferred", EVIDENCE, {"receipt": good}, spell=spell)


def named(name: str, altered: str, alter: Make, reason: str = SMALL_ORDER) -> Case:
    return Case(f"key-{name}", altered, refused(3, "Malformed", reason), alter=alter, policy=None)


def signed(name: str, altered: str, make: Make) -> Case:
    return Case(
        f"key-{name}", altered, refused(6, "Malformed", f"statement 5: {SMALL_ORDER}"), make, policy=SMALL
    )


def stated(name: str, altered: str, story: Story, step: int, kind: str, reason: str, where: str) -> Case:
    return Case(f"key-{name}", altered, refused(step, kind, reason, where), told(story), policy=SMALL)


CASES = (
    named(
        "of-small-order-of-the-center",
        "The center's key in the policy is one under which anybody can sign.",
        policy("center ", lambda _: encode_base64(ONE)),
    ),
    named(
        "of-small-order-of-the-ledger",
        "The ledger's Ed25519 key in the policy is one under which anybody can sign.",
        policy("log ", vkey(ED25519, ONE)),
    ),
    named(
        "of-small-order-of-a-witness",
        "A witness's Ed25519 key in the policy is one under which anybody can sign.",
        policy("witness ", vkey(ED25519_COSIGNATURE, ONE)),
    ),
    named(
        "in-a-second-spelling-of-the-center",
        "The center's key in the policy is in a second spelling.",
        policy("center ", lambda _: encode_base64(BEYOND)),
        TWICE,
    ),
    signed(
        "of-small-order-of-a-recorder",
        "The center enrols a recorder whose key is one under which anybody can sign.",
        planted(lambda center, spell: center.enrol(spell=spell)),
    ),
    stated(
        "of-small-order-of-a-person",
        "A person is enrolled with a key under which anybody can sign, and R = 1, S = 0 signs the viewing.",
        forged_by_anybody,
        6,
        "NotProved",
        SMALL_ORDER,
        "statement 7",
    ),
    signed(
        "of-small-order-of-a-court",
        "The center states a receipt that R = 1, S = 0 signs, under a key of no court.",
        planted(receipt),
    ),
    stated(
        "signature-in-a-second-form",
        "A person's Ed25519 signature whose S is larger by the group's order.",
        s_beyond_the_order,
        6,
        "SignatureInvalid",
        f"key {PASSKEY.id}: the person's signature does not hold",
        "statement 8",
    ),
)
