"""A registry chain being written: real statements and signatures, positions with gaps as in a busy ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.statements import statement as statements
from chain_of_custody.statements.keys import KeyRecord, key_id
from chain_of_custody.statements.statement import Actor, Head, SignedStatement
from tests.support.ledger.authenticators import Authenticator

DEPLOYMENT = "d0" * 16
CENTER = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
RECORDER = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
SYSTEM = Actor(DEPLOYMENT, "system", "center")
PERSON = Actor("a0" * 16, "prosecutor", "prosecution")
GAP = 10
"""Positions from one statement of the registry to the next."""


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


CENTER_RECORD = KeyRecord(public(CENTER), "center", "center")
RECORDER_ID = key_id(public(RECORDER))
ENROLMENT = {"key": encode_base64(public(RECORDER)), "name": "room-1"}


class Chain:
    """Says what it is told, true or not; `placed` is (position, statement), as a registry takes them."""

    def __init__(self) -> None:
        self.placed: list[tuple[int, SignedStatement]] = []

    @property
    def head(self) -> Head | None:
        return self.placed[-1][1].head if self.placed else None

    @property
    def next(self) -> int:
        return GAP * len(self.placed)

    def say(
        self,
        type_: str,
        body: dict[str, Any],
        *,
        actor: Actor = SYSTEM,
        beside: Sequence[Authenticator] = (),
        key: Ed25519PrivateKey = CENTER,
        **fields: Any,
    ) -> int:
        """Append a statement; its position."""
        position = self.next
        self.placed.append((position, self.make(type_, body, actor=actor, beside=beside, key=key, **fields)))
        return position

    def make(
        self,
        type_: str,
        body: dict[str, Any],
        *,
        actor: Actor = SYSTEM,
        beside: Sequence[Authenticator] = (),
        key: Ed25519PrivateKey = CENTER,
        head: Head | None = None,
        **fields: Any,
    ) -> SignedStatement:
        """A statement after the head (or the one given), not appended."""
        given: dict[str, Any] = {"evidence": DEPLOYMENT, "case": None, "purpose": "administration"}
        statement = statements.follow(
            head or self.head,
            type=type_,
            actor=actor,
            at="2026-11-24T20:15:03.120Z",
            body=body,
            **(given | fields),
        )
        own = [one.signature(statement) for one in beside]
        return SignedStatement.parse(statements.sign(statement, key, beside=own))


def act(
    by: Sequence[Authenticator] = (),
    type_: str = "evidence.viewed",
    body: dict[str, Any] | None = None,
    **fields: Any,
) -> SignedStatement:
    """Something that a person does with a piece of evidence."""
    given: dict[str, Any] = {"evidence": "e0" * 16, "case": "c0" * 16, "purpose": "court"}
    return Chain().make(type_, body or {}, actor=PERSON, beside=by, **(given | fields))


def recorded(key: Ed25519PrivateKey = RECORDER) -> SignedStatement:
    """Something a recorder says."""
    body = {"records": 1, "root": "d1" * 32}
    actor = Actor(key_id(public(key)), "recorder", "center")
    return Chain().make(
        "recording.progress", body, actor=actor, key=key, evidence="e0" * 16, case="c0" * 16, purpose="court"
    )
