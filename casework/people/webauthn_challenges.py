"""Challenges for an authenticator to sign on a page of this center: made here, accepted once, short-lived.

A challenge belongs to one purpose and to one browser, by a cookie's token that no script can read: an answer
that was obtained from a person elsewhere fits no other browser. It is stored in the database, since another
machine of the center may get the answer.

A challenge is a digest over its purpose and 32 random bytes, so what is signed at sign-in is never the digest
of a statement. (docs/limitations.md says that a compromised server could request the other.)

Trusts nothing that a browser sends except the token.
"""

from __future__ import annotations

import enum
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select

from casework.center import Center
from casework.clock import now
from casework.database.models import Challenge
from casework.errors import ChallengeOver, NotConfirmed
from casework.people.client_network import network
from casework.tokens import token_digest

LIFETIME = timedelta(minutes=3)
"""Long enough to fetch a phone; browsers time out earlier."""
MOST_OF_A_CLIENT = 50
"""Maximum number of pending challenges of one network; beyond it, only that network's oldest is dropped."""
MOST = 5_000
"""Maximum number of pending challenges of all networks; beyond it, the oldest of all is dropped."""


class Purpose(enum.StrEnum):
    """Purpose of a challenge; the bytes that are signed begin with it."""

    SIGN_IN = "sign-in"
    ENROL = "enrol"
    CONFIRM = "confirm"
    """The session's person confirms their presence."""
    RECOVERY_CODES = "recovery-codes"
    """The session's person requests new recovery codes."""


@dataclass(frozen=True)
class Confirmation:
    """Evidence that a person has just confirmed one purpose; made only by `confirmations`."""

    person_id: str
    purpose: Purpose

    def check(self, person_id: str, purpose: Purpose) -> None:
        """Raise `NotConfirmed` unless it is this person's, for this purpose."""
        if self != Confirmation(person_id, purpose):
            raise NotConfirmed("confirmed by another person, or for another purpose")


def make(center: Center, purpose: Purpose, token: str, address: str) -> bytes:
    """Return the message whose digest (`chain_of_custody.statements.webauthn.challenge_of`) the authenticator
    is to sign.

    `token`: a cookie of this browser, at least 128 random bits. An earlier challenge for it is void.
    `address`: an IP address, to prevent one client from filling the database.
    """
    moment, nonce = now(), secrets.token_bytes(32)
    client = network(address)
    with center.database.begin() as session:
        session.execute(delete(Challenge).where(Challenge.expires_at <= moment))
        of_client = select(Challenge.token_digest).where(Challenge.client == client)
        newest = of_client.order_by(Challenge.made_at.desc()).limit(MOST_OF_A_CLIENT - 1)
        session.execute(
            delete(Challenge).where(Challenge.client == client, Challenge.token_digest.not_in(newest))
        )
        surplus = (session.scalar(select(func.count()).select_from(Challenge)) or 0) - (MOST - 1)
        if surplus > 0:
            oldest = select(Challenge.token_digest).order_by(Challenge.made_at).limit(surplus)
            session.execute(delete(Challenge).where(Challenge.token_digest.in_(oldest)))
        session.merge(
            Challenge(
                token_digest=token_digest(token, purpose),
                nonce=nonce,
                client=client,
                made_at=moment,
                expires_at=moment + LIFETIME,
            )
        )
    return _message(purpose, nonce)


def take(center: Center, purpose: Purpose, token: str) -> bytes:
    """Return the message that this browser was to sign; it is accepted once, even if the answer is invalid.

    Raises `ChallengeOver` where there is none, or it has expired.
    """
    with center.database.begin() as session:
        # One statement decides: of two concurrent answers, exactly one finds the row.
        nonce = session.execute(
            delete(Challenge)
            .where(Challenge.token_digest == token_digest(token, purpose), Challenge.expires_at > now())
            .returning(Challenge.nonce)
        ).scalar_one_or_none()
    if nonce is None:
        raise ChallengeOver("no challenge waits for this browser")
    return _message(purpose, nonce)


def _message(purpose: Purpose, nonce: bytes) -> bytes:
    return f"amana/{purpose}/v1\0".encode() + nonce
