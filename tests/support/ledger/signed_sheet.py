"""A sheet of viewings that a person signs at once, and the leaves of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chain_of_custody.statements.sheets import challenge_of_acts, places
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import Actor, Head, SignedStatement, Statement, follow, sign
from tests.support.ledger.authenticators import Authenticator

EVIDENCE = "e0" * 16


def viewings(count: int, person: str, after: Head | None = None) -> list[Statement]:
    """Acts that follow each other, as they are prepared: only the first names the leaf before it."""
    acts: list[Statement] = []
    for _ in range(count):
        acts.append(
            follow(
                after,
                type="evidence.viewed",
                evidence=EVIDENCE,
                case=None,
                actor=Actor(person, "prosecutor", "prosecution"),
                at="2026-11-24T20:15:03.120Z",
                purpose="review",
                body={},
            )
        )
        after = Head(acts[-1].number, bytes(32))
    return acts


def leaves_of(
    acts: Sequence[Statement], by: Authenticator, center: Ed25519PrivateKey
) -> list[SignedStatement]:
    """These acts, signed at once by their person and one after the other by the center."""
    messages = [act.signed_message(index) for index, act in enumerate(acts)]
    answer = by.over(challenge_of_acts(messages))
    signed: list[SignedStatement] = []
    for act, place in zip(acts, places(messages), strict=True):
        placed = replace(act, previous=signed[-1].leaf_hash.hex()) if signed else act
        signed.append(
            SignedStatement.parse(sign(placed, center, beside=[WebAuthnSignature(by.id, answer, place)]))
        )
    return signed
