"""All sign-in methods of a person together: their sessions, and ending all of them at once.

A person ends their own sessions and revokes their own passkeys. An administrator ends all methods of another
person if they are lost or compromised. Passkeys are revoked by statements, before anything else ends.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from casework.access.permissions import Act, require
from casework.center import Center
from casework.clock import now
from casework.database.models import (
    Credential,
    CredentialUse,
    Password,
    Person,
    PreparedAct,
    SignedIn,
    SignInLink,
    SignInMethod,
)
from casework.errors import LastPasskey, Missing, PasskeyNeeded
from casework.ledger.custody_log import State
from casework.people import credentials, passwords, people, recovery_codes
from casework.short_text import identifying
from chain_of_custody.statements.statement import Statement
from vault.errors import VaultError

LOST = "lost"
"""Why credentials are revoked here: a code that statements contain."""
MAX_LABEL = 60


class SignInStatus(enum.StrEnum):
    """State of a person's sign-in methods; values are codes."""

    LEFT = "left"
    ENROLLED = "enrolled"
    """They have a passkey or a password."""
    INVITED = "invited"
    """They have an unused link that is valid."""
    BY_LINK = "by-link"
    """They have signed in, and now have no passkey, password or valid link."""
    NEVER = "never"
    """They have never signed in, and have no valid link."""


@dataclass(frozen=True)
class SignInSummary:
    """A person's sign-in state, as an administrator sees it."""

    status: SignInStatus
    seen_at: datetime | None
    """When a session of theirs was last used; None if never."""
    invited_until: datetime | None
    """The end of an unused link, also of an expired one."""


def summaries(center: Center, by: Person) -> Mapping[str, SignInSummary]:
    """Return the sign-in state of all people, by id. Raises `Forbidden`."""
    require(by, Act.MANAGE_PEOPLE)
    last = func.max(func.coalesce(SignedIn.seen_at, SignedIn.began_at))
    link = select(SignInLink.person_id, func.max(SignInLink.expires_at)).where(SignInLink.used_at.is_(None))
    with center.database() as session:
        everybody = session.execute(select(Person.id, Person.active)).all()
        last_seen = dict(session.execute(select(SignedIn.person_id, last).group_by(SignedIn.person_id)).all())
        invited = dict(session.execute(link.group_by(SignInLink.person_id)).all())
        enrolled = {
            *session.scalars(select(Credential.person_id).where(Credential.revoked_at.is_(None))),
            *session.scalars(select(Password.person_id)),
        }
    at = now()

    def status(person_id: str, active: bool) -> SignInStatus:
        if not active:
            return SignInStatus.LEFT
        if person_id in enrolled:
            return SignInStatus.ENROLLED
        if person_id in invited and invited[person_id] > at:
            return SignInStatus.INVITED
        return SignInStatus.BY_LINK if person_id in last_seen else SignInStatus.NEVER

    return {
        person_id: SignInSummary(status(person_id, active), last_seen.get(person_id), invited.get(person_id))
        for person_id, active in everybody
    }


def sessions(center: Center, person_id: str) -> Sequence[SignedIn]:
    """Return the active sessions, newest first."""
    rows = center.database.scalars(
        select(SignedIn)
        .where(SignedIn.person_id == person_id, SignedIn.ended_at.is_(None), SignedIn.expires_at > now())
        .order_by(SignedIn.began_at.desc())
    )
    return [one for one in rows if people.is_open(center, one)]


def end_session(center: Center, signed_in: SignedIn, which: str) -> None:
    """End one of a person's own sessions, by its digest; an ended one is no error."""
    with center.database.begin() as session:
        people.end_sessions(session, signed_in.person_id, SignedIn.token_digest == which)


def end_others(center: Center, signed_in: SignedIn) -> None:
    """End all sessions of a person except this one."""
    with center.database.begin() as session:
        others = SignedIn.token_digest != signed_in.token_digest
        people.end_sessions(session, signed_in.person_id, others)


def last_used(center: Center, held: Sequence[Credential]) -> Mapping[str, datetime]:
    """Return when each credential was last used to sign in, by key id; unused ones are left out."""
    with center.database() as session:
        found = session.scalars(select(CredentialUse).where(CredentialUse.key.in_([one.key for one in held])))
        return {use.key: use.used_at for use in found}


def name_passkey(center: Center, signed_in: SignedIn, key: str, label: str) -> None:
    """Label one's own passkey with where it is stored ("my phone"); sealed as names are.

    Empty: no label. Raises `Missing`, `Refused`, `TextUnseen`.
    """
    label = identifying(label, MAX_LABEL, "a passkey's name")
    [sealed] = center.keyholder.seal_catalogue([(_place(signed_in.person_id, key), label.encode())])
    with center.database.begin() as session:
        row = session.get(Credential, key)
        if row is None or row.person_id != signed_in.person_id:
            raise Missing(f"no credential {key[:16]}")
        row.sealed_label = sealed if label else None


def labels(center: Center, held: Sequence[Credential]) -> Mapping[str, str]:
    """Return people's labels of these credentials, by key id; labels that do not open now are left out."""
    named = [one for one in held if one.sealed_label is not None]
    sealed = [(_place(one.person_id, one.key), one.sealed_label or b"") for one in named]
    try:
        opened = center.keyholder.open_catalogue(sealed) if sealed else []
    except VaultError:
        return {}
    return {one.key: label.decode() for one, label in zip(named, opened, strict=True)}


def revoke_passkey(center: Center, signed_in: SignedIn, key: str, *, state: State) -> None:
    """Revoke one of a person's own passkeys, by a statement that another one of theirs signs (`state`).

    Then all their other sessions end (`revoked`). Raises `PasskeyNeeded` in a session that did not begin with
    one: people who can make links, or know a password, must not be able to replace another person's key with
    their own. `Missing` for another person's, `LastPasskey` for the only one, and as `state`.
    """
    if signed_in.method is not SignInMethod.PASSKEY:
        raise PasskeyNeeded("a passkey is revoked by a person who is signed in with one")
    held = {one.key for one in credentials.of_person(center, signed_in.person_id)}
    if key not in held:
        raise Missing(f"no credential {key[:16]}")
    if len(held) == 1:
        raise LastPasskey("no other passkey is left to confirm it with")
    credentials.revoke(center, signed_in.person, key, LOST, state)


def revoked(session: Session, act: PreparedAct, statement: Statement) -> None:
    """Note a revocation that its person confirmed, and end their other sessions."""
    credentials.note_revoked(session, str(statement.body["key"]))
    people.end_sessions(session, act.person_id, SignedIn.token_digest != act.session)


def revoke_all(center: Center, by: Person, person_id: str) -> None:
    """End all of a person's sign-in methods: passkeys by statements, password, codes, links, sessions.

    Raises `Forbidden`, `Missing`.
    """
    require(by, Act.MANAGE_PEOPLE)
    person = people.get(center, person_id)
    credentials.revoke_all(center, by, person.id, LOST)
    with center.database.begin() as session:
        passwords.remove(session, person.id)
        recovery_codes.remove(session, person.id)
        session.execute(delete(SignInLink).where(SignInLink.person_id == person.id))
        people.end_sessions(session, person.id)


def _place(person_id: str, key: str) -> bytes:
    return f"people/{person_id}/credentials/{key}".encode()
