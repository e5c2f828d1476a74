"""Sign-in by password and code, for people without an authenticator: the weaker method, marked as such.

A person signs in with a *number* of six digits that the center assigns, which reveals nothing about them and
can be typed in any script; a password; and a code of an app (`totp`). Such a session can do no signed acts:
nothing in it is signed by a key of the person's own. A person who makes a passkey loses the password.

A wrong number, a wrong password and a wrong code get the same answer after the same work. Each code is
accepted once. Attempts are throttled (`sign_in_throttle`).

The hash is Argon2id (RFC 9106, the second recommended choice: 64 MiB, three passes). Few are computed at a
time: mass guessing would exhaust memory.
"""

from __future__ import annotations

import functools
import secrets
import threading
import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from casework import sealed_names
from casework.center import Center
from casework.clock import now
from casework.database.models import Password, PasswordUse, Person, SignedIn, SignInMethod
from casework.errors import LinkNeeded, NotSignedIn, PasskeyNeeded, Refused, WeakPassword, WrongCode
from casework.ledger import custody_log
from casework.people import people, sign_in_throttle, totp
from casework.people.sign_in_throttle import Attempt
from casework.short_text import western_digits
from casework.tokens import new_token
from vault.errors import Altered
from vault.sealing.sealing import sealed_size

SHORTEST, LONGEST = 12, 200
"""Characters. NIST SP 800-63B: length counts; no rules about which characters."""
AT_ONCE = 2
"""Hashes that a process computes at once: 64 MiB each."""

_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, type=Type.ID)
_turns = threading.Semaphore(AT_ONCE)


def may_set(center: Center, signed_in: SignedIn) -> None:
    """Raises `PasskeyNeeded` or `LinkNeeded` where this session must not give its person a password.

    1. A passkey permits no weaker method beside it.
    2. Only a session that began with a link, in its first minutes, or with a recovery code may: in any other
       one a stolen cookie would become a password.
    3. It sets one password: a stolen cookie must not replace it.
    """
    held = custody_log.keys(center).values()
    if any(one.person == signed_in.person_id and one.revoked is None for one in held):  # 1
        raise PasskeyNeeded("who has a passkey signs in with that")
    if signed_in.method not in (SignInMethod.LINK, SignInMethod.RECOVERY):  # 2
        raise LinkNeeded("a password is set in a session that began with a link or a recovery code")
    people.require_fresh_link(signed_in)
    if was_set_in(signed_in, center.database.get(Password, signed_in.person_id)):  # 3
        raise LinkNeeded("this session has set a password")


def was_set_in(signed_in: SignedIn, password: Password | None) -> bool:
    """Return whether this password was set after the session had begun."""
    return password is not None and password.set_at >= signed_in.began_at


def number_of(center: Center, person_id: str) -> str | None:
    """Return the number under which this person signs in; None: they have no password."""
    row = center.database.get(Password, person_id)
    return None if row is None else row.number


def number_shown(center: Center, signed_in: SignedIn) -> str | None:
    """Return the number, in a session that began with the password or has set it; None in any other one."""
    row = center.database.get(Password, signed_in.person_id)
    shown = signed_in.method is SignInMethod.PASSWORD or was_set_in(signed_in, row)
    return row.number if row is not None and shown else None


def offered_secret(center: Center, person_id: str, sealed_secret: bytes) -> bytes:
    """Open the secret of an app, from `totp.seal`, that the form carries until it is taken.

    Raises `Refused` if it was not made for this person, `vault.errors.VaultError`.
    """
    try:
        return totp.opened(center.keyholder, person_id, sealed_secret)
    except Altered as altered:
        raise Refused("this secret was not made for this person") from altered


def set_password(center: Center, signed_in: SignedIn, password: str, sealed_secret: bytes, code: str) -> str:
    """Give a session's person a password; return their number. An earlier password is void.

    `sealed_secret`: from `totp.seal`; `code` proves that the app has it.

    Raises `PasskeyNeeded`, `LinkNeeded`, `WeakPassword`, `WrongCode`, `Refused`, `vault.errors.VaultError`.
    """
    may_set(center, signed_in)
    person_id, password = signed_in.person_id, _usual(password)
    if not SHORTEST <= len(password) <= LONGEST or len(set(password)) < SHORTEST // 2:
        raise WeakPassword(f"a password has {SHORTEST} to {LONGEST} characters, and not the same few")
    secret = offered_secret(center, person_id, sealed_secret)
    step = totp.step_of(secret, code, now().timestamp())
    if step is None:
        raise WrongCode("the code is not one of this moment")
    hashed = _hashed(password)
    with center.database.begin() as session:
        before = session.get(Password, person_id)
        if was_set_in(signed_in, before):  # meanwhile
            raise LinkNeeded("this session has set a password")
        number = _new_number(session) if before is None else before.number
        session.merge(
            Password(
                person_id=person_id, number=number, hash=hashed, sealed_secret=sealed_secret, set_at=now()
            )
        )
        session.merge(PasswordUse(person_id=person_id, step=step, used_at=now()))
    return number


def sign_in(
    center: Center, number: str, password: str, code: str, *, address: str, browser: str = ""
) -> tuple[Person, str, str]:
    """Return the person, the token of a new session, and a token that identifies this browser from now on.

    1. The attempt is counted (`address`, `browser`: `sign_in_throttle.begin`).
    2. Password and code are both checked, also for an unassigned number.
    3. The code was not used before, and the person has not left.

    Raises `NotSignedIn` without giving the cause, `Slowed`, `vault.errors.VaultError`.
    """
    number = _digits(number)
    attempt = sign_in_throttle.begin(center, number, address, browser)  # 1
    row = center.database.scalar(select(Password).where(Password.number == number))
    placeholder = _placeholder()  # also if it is not needed: the first time takes as long as another hash
    expected = row or placeholder
    right = _verified(expected.hash, _usual(password))  # 2
    try:
        secret = totp.opened(center.keyholder, expected.person_id, expected.sealed_secret)
    except Altered:
        if row is not None:
            raise
        secret = totp.new_secret()
    step = totp.step_of(secret, code, now().timestamp())
    if row is None or not right or step is None:
        raise NotSignedIn("number, password and code do not belong together")
    return _begin(center, row.person_id, step, attempt)  # 3


def enter_anew(center: Center, signed_in: SignedIn, password: str, code: str, *, address: str) -> None:
    """Check password and code of a session's person, counted and slowed as at a sign-in.

    Raises `NotSignedIn` without giving the cause, `Slowed`, `vault.errors.VaultError`.
    """
    row = center.database.get(Password, signed_in.person_id)
    if row is None:
        raise NotSignedIn("this password is over")
    attempt = sign_in_throttle.begin(center, row.number, address)
    right = _verified(row.hash, _usual(password))
    secret = totp.opened(center.keyholder, row.person_id, row.sealed_secret)
    step = totp.step_of(secret, code, now().timestamp())
    if not right or step is None:
        raise NotSignedIn("password and code do not belong together")
    with center.database.begin() as session:
        if not _use(session, row.person_id, step) or session.get(Password, row.person_id) is None:
            raise NotSignedIn("this code was used before, or the password is over")
        failed = sign_in_throttle.succeeded(session, attempt)
        if (this := session.get(SignedIn, signed_in.token_digest)) is not None:
            this.failed_before += failed  # *Today* shows them


def remove(session: Session, person_id: str) -> None:
    """Remove the person's password; within the caller's transaction."""
    session.execute(delete(Password).where(Password.person_id == person_id))


def _begin(center: Center, person_id: str, step: int, attempt: Attempt) -> tuple[Person, str, str]:
    browser = new_token()
    with center.database.begin() as session:
        fresh = _use(session, person_id, step)
        person = session.get_one(Person, person_id)
        if not fresh or not person.active or session.get(Password, person_id) is None:
            raise NotSignedIn("this code was used before, or this person has left")
        failed = sign_in_throttle.succeeded(session, attempt)
        token = people.begin_session(session, person_id, SignInMethod.PASSWORD, failed)
        sign_in_throttle.remember_browser(session, attempt.account, browser)
    return sealed_names.with_name(center, person), token, browser


def _use(session: Session, person_id: str, step: int) -> bool:
    """Use up a code; return whether it was not used before."""
    # One conditional update decides: of two concurrent uses of the same code, one succeeds.
    taken = session.execute(
        update(PasswordUse)
        .where(PasswordUse.person_id == person_id, PasswordUse.step < step)
        .values(step=step, used_at=now())
        .returning(PasswordUse.person_id)
    ).scalar_one_or_none()
    if session.get(PasswordUse, person_id) is not None:
        return taken is not None
    session.add(PasswordUse(person_id=person_id, step=step, used_at=now()))  # a rebuild has deleted it
    return True


def _new_number(session: Session) -> str:
    while True:
        number = f"{secrets.randbelow(900_000) + 100_000}"
        if session.scalar(select(Password.number).where(Password.number == number)) is None:
            return number


def _digits(number: str) -> str:
    digits = "".join(one for one in western_digits(number) if one.isdecimal())
    return digits if len(digits) == 6 else "none"


def _usual(password: str) -> str:
    # Another keyboard may produce other code points for the same letters.
    return unicodedata.normalize("NFKC", password)[: LONGEST + 1]


def _hashed(password: str) -> str:
    with _turns:
        return _hasher.hash(password)


def _verified(hashed: str, password: str) -> bool:
    try:
        with _turns:
            return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@functools.cache
def _placeholder() -> Password:
    """Return a placeholder for an unassigned number: the same work, and no input matches it."""
    return Password(
        person_id="0" * 32,
        number="none",
        hash=_hashed(secrets.token_urlsafe()),
        sealed_secret=bytes(sealed_size(totp.SECRET)),
    )
