"""Fresh proof that a session's person is at the browser: a stolen session alone confirms nothing.

A person with a passkey answers a challenge made for one purpose in this session; a person without one enters
password and code anew. A link confirms nothing after its first minutes: its person sets up a sign-in method,
or opens another link.

- Recovery codes take a `Confirmation` of their own.
- Other acts that no statement of their person's is signed for (staff, links, room machines) take a session
  that was confirmed within `CONFIRMED_FOR`; a sign-in confirms too.

Trusts: nothing that a browser sends before it is verified.

Specification: W3C WebAuthn Level 2, section 7.2; docs/decisions/0044-keys-guard-keys.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from casework.center import Center
from casework.clock import now
from casework.database.models import SignedIn, SignInMethod
from casework.errors import ConfirmAnew, NotConfirmed, NotSignedIn
from casework.people import passkey_sign_in, passwords
from casework.people.webauthn_challenges import Confirmation, Purpose

CONFIRMED_FOR = timedelta(minutes=15)
"""How long after a sign-in or a confirmation a session may do acts that need a recent confirmation."""


def by_passkey(
    center: Center,
    signed_in: SignedIn,
    purpose: Purpose,
    assertion: Mapping[str, Any],
    *,
    message: bytes,
    rp: str,
    origin: str,
) -> Confirmation:
    """Confirm with the browser's answer (`PublicKeyCredential.toJSON()`) to `message`.

    `message`: taken from `webauthn_challenges` for this purpose and session. Raises `NotConfirmed`,
    `AuthenticatorBehind`.
    """
    try:
        person_id = passkey_sign_in.confirm(center, assertion, message=message, rp=rp, origin=origin)
    except NotSignedIn as refused:
        if type(refused) is not NotSignedIn:
            raise
        raise NotConfirmed(str(refused)) from refused
    if person_id != signed_in.person_id:
        raise NotConfirmed("another person's passkey")
    return Confirmation(person_id, purpose)


def by_password(
    center: Center, signed_in: SignedIn, purpose: Purpose, password: str, code: str, *, address: str
) -> Confirmation:
    """Confirm with password and code, for a person who has no passkey. Raises `NotConfirmed`, `Slowed`."""
    if signed_in.method is not SignInMethod.PASSWORD:
        raise NotConfirmed("a password confirms only what was begun with one")
    try:
        passwords.enter_anew(center, signed_in, password, code, address=address)
    except NotSignedIn as refused:
        raise NotConfirmed(str(refused)) from refused
    return Confirmation(signed_in.person_id, purpose)


def note(center: Center, signed_in: SignedIn, confirmation: Confirmation) -> None:
    """Note that this session was confirmed now. Raises `NotConfirmed` for another purpose or person."""
    confirmation.check(signed_in.person_id, Purpose.CONFIRM)
    with center.database.begin() as session:
        row = session.get(SignedIn, signed_in.token_digest)
        if row is not None and row.ended_at is None:
            row.confirmed_at = now()


def require_recent(signed_in: SignedIn) -> None:
    """Raise `ConfirmAnew` unless the session was confirmed within `CONFIRMED_FOR`."""
    if signed_in.confirmed_at <= now() - CONFIRMED_FOR:
        raise ConfirmAnew("this session was confirmed too long ago")
