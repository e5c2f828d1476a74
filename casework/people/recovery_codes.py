"""Ten recovery codes on paper, for a lost device: shown once, each used once, stored as digests.

A code begins a session that can do one thing: give its person a new passkey or, to a person without one, a
new password. It identifies its person and has 80 random bits, so it cannot be guessed and is not throttled.

Trusts: any holder of the paper. The person's own page shows how many are left.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from casework import sealed_names
from casework.center import Center
from casework.clock import now
from casework.database.models import Password, Person, RecoveryCode, SignedIn, SignInMethod
from casework.errors import Forbidden, NotSignedIn
from casework.people import people
from casework.people.webauthn_challenges import Confirmation, Purpose
from casework.short_text import western_digits
from casework.tokens import token_digest

HOW_MANY = 10
LENGTH = 16
"""Letters of five bits each."""
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base32: no two letters look alike."""
_READ_AS = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None})


def make(center: Center, signed_in: SignedIn, confirmed: Confirmation) -> Sequence[str]:
    """Return ten new codes for a session's person, in groups of four; earlier codes are void.

    `confirmed`: the person's fresh confirmation of exactly this act (`NotConfirmed`). Raises `Forbidden`
    unless the session began with a passkey, or with a password that is still valid: a link, or one of the
    codes, must not turn into ten that work for ever.
    """
    if signed_in.method not in (SignInMethod.PASSKEY, SignInMethod.PASSWORD):
        raise Forbidden("recovery codes are made by a person who is signed in without a link")
    confirmed.check(signed_in.person_id, Purpose.RECOVERY_CODES)
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(LENGTH)) for _ in range(HOW_MANY)]
    moment = now()
    with center.database.begin() as session:
        password = session.get(Password, signed_in.person_id)
        if signed_in.method is SignInMethod.PASSWORD and password is None:
            raise Forbidden("this password is over")  # codes made with it would remain valid after it
        remove(session, signed_in.person_id)
        session.add_all(
            RecoveryCode(digest=token_digest(code, "recovery"), person_id=signed_in.person_id, made_at=moment)
            for code in codes
        )
    return ["-".join(code[at : at + 4] for at in range(0, LENGTH, 4)) for code in codes]


def codes_left(center: Center, person_id: str) -> int:
    """Return how many of a person's codes are unused."""
    with center.database() as session:
        unused = (RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
        return session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused)) or 0


def redeem(center: Center, code: str) -> tuple[Person, str]:
    """Use up a code; return the person, and the token of a session that can only set up a new sign-in method.

    Raises `NotSignedIn`; unknown and used codes get the same answer.
    """
    with center.database.begin() as session:
        # One conditional update decides: of two concurrent uses of the same code, one succeeds.
        used = session.execute(
            update(RecoveryCode)
            .where(
                RecoveryCode.digest == token_digest(_read(code), "recovery"), RecoveryCode.used_at.is_(None)
            )
            .values(used_at=now())
            .returning(RecoveryCode.person_id)
        ).scalar_one_or_none()
        person = None if used is None else session.get_one(Person, used)
        if person is None or not person.active:
            raise NotSignedIn("this code is not valid")
        person.recovery_used_at = now()
        token = people.begin_session(session, person.id, SignInMethod.RECOVERY)
    return sealed_names.with_name(center, person), token


def acknowledge(center: Center, person: Person) -> None:
    """Note that a person has confirmed that the use of their code was their own."""
    with center.database.begin() as session:
        session.get_one(Person, person.id).recovery_used_at = None


def remove(session: Session, person_id: str) -> None:
    """Remove the person's codes; within the caller's transaction."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))


def _read(code: str) -> str:
    return western_digits("".join(code.casefold().split())).translate(_READ_AS)
