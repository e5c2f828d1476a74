"""What persons sign with their own keys: assertions as a browser and an authenticator make them, or not."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from chain_of_custody.encoding import canonical_json
from chain_of_custody.statements.sheets import ALONE
from chain_of_custody.statements.signatures import WebAuthnSignature
from tests.support.ledger.authenticators import (
    Authenticator,
    alone,
    authenticator_data,
    client_data,
    eddsa,
    rs256,
)
from tests.support.packages.court_packages import PROSECUTOR, Recording
from tests.vectors.packages.cases import INTACT, SMALL, Case, Make, refused
from tests.vectors.packages.centers import PASSKEY, Deployment, sealed, view
from tests.vectors.packages.people import STRANGER, UNKNOWN, Story, further, large, registered, told

Beside = Callable[[bytes], Sequence[Any]]


def viewed(beside: Beside) -> Make:
    """The viewing is signed by whoever is `beside` the center."""

    def story(center: Deployment, recording: Recording) -> None:
        sealed(center, recording)
        registered(center, "credential.enrolled", STRANGER.enrolment)
        view(center, beside=beside)

    return told(story)


def answered(
    who: Authenticator = PASSKEY, *, rp: str | None = None, flags: int = 0x05, **client: Any
) -> Beside:
    """An assertion in which something is not as a browser and an authenticator would have it."""

    def beside(message: bytes) -> list[WebAuthnSignature]:
        answered = who.sign(
            authenticator_data(rp or who.rp, flags), client_data(alone(message), who.rp, **client)
        )
        return [WebAuthnSignature(who.id, answered, ALONE)]

    return beside


def false_signature(message: bytes) -> list[WebAuthnSignature]:
    good, other = (PASSKEY.beside(one) for one in (message, message + b"!"))
    return [replace(good, assertion=replace(good.assertion, signature=other.assertion.signature))]


def person_alone(center: Deployment, recording: Recording) -> None:
    """A viewing that only the person signed, not the center."""

    def alone(leaf: bytes) -> bytes:
        fields = json.loads(leaf)
        fields["signatures"] = [one for one in fields["signatures"] if one["kind"] == "webauthn"]
        return canonical_json.serialise(fields)

    sealed(center, recording)
    view(center, spell=alone)


def with_key(who: Authenticator) -> Story:
    def story(center: Deployment, recording: Recording) -> None:
        sealed(center, recording)
        further(center, who)
        view(center, by=[who])

    return story


SIGNED = "statement 8"


def person(name: str, altered: str, beside: Beside, reason: str) -> Case:
    return Case(name, altered, refused(6, "SignatureInvalid", reason, SIGNED), viewed(beside), policy=SMALL)


CASES = (
    large(
        "person-without-the-center",
        "The person signed, the center did not.",
        person_alone,
        "the center's own signature is missing",
        "statement 7",
    ),
    Case(
        "intact-eddsa",
        "Nothing: a person signed with Ed25519.",
        INTACT,
        told(with_key(eddsa(7, person=PROSECUTOR.id))),
        policy=SMALL,
    ),
    Case(
        "intact-rs256",
        "Nothing: a person signed with RSA.",
        INTACT,
        told(with_key(rs256(1, person=PROSECUTOR.id))),
        policy=SMALL,
    ),
    person(
        "assertion-of-another-person",
        "Another person's key signed beside the center.",
        answered(STRANGER),
        "key dafc418eb082e83c is another person's than the one who acts",
    ),
    person(
        "assertion-by-an-unknown-key",
        "A key that nobody enrolled signed beside the center.",
        answered(UNKNOWN),
        "signed by key e26630d1233ed92d, which nobody has vouched for",
    ),
    person(
        "assertion-over-another-statement",
        "A person's signature over another statement.",
        lambda message: [PASSKEY.beside(message + b"!")],
        "key 5cd252fb0ce89324: the person's signature is over another statement",
    ),
    person(
        "assertion-false",
        "A person's signature that does not hold.",
        false_signature,
        "key 5cd252fb0ce89324: the person's signature does not hold",
    ),
    person(
        "assertion-for-another-host",
        "The authenticator signed for another host.",
        answered(rp="else.example"),
        "key 5cd252fb0ce89324: the authenticator signed for another host",
    ),
    person(
        "assertion-on-another-page",
        "The person signed on a page of another host.",
        answered(origin="https://amana.example.else.example"),
        "key 5cd252fb0ce89324: the person signed on a page of another host",
    ),
    person(
        "assertion-within-another-page",
        "The person signed in a page inside another one.",
        answered(crossOrigin=True),
        "key 5cd252fb0ce89324: the person signed in a page inside another one",
    ),
    person(
        "assertion-at-enrolment",
        "What the browser was asked for is an enrolment.",
        answered(type="webauthn.create"),
        "key 5cd252fb0ce89324: the browser was not asked for a signature",
    ),
    person(
        "assertion-unverified",
        "The authenticator did not verify its user.",
        answered(flags=0x01),
        "key 5cd252fb0ce89324: the authenticator did not verify its user",
    ),
    Case(
        "assertion-with-the-port",
        "Nothing: the person signed on a page at another port.",
        INTACT,
        viewed(answered(origin="https://amana.example:8443")),
        policy=SMALL,
    ),
)
