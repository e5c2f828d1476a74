"""Staff and courts: who they are, one-time links, sessions.

A link's token travels in a URL fragment and is redeemed once, within 15 minutes; a session's token is in a
cookie. Both are 256 random bits and stored only as SHA-256 digests: a stolen database allows no sign-in.
Roles are given and withdrawn by statements, before they take effect, with ids and codes only: the database
never contains a person whose role the ledger does not know.

A session stores its sign-in method (`SignInMethod`): a link, as here, or a passkey (`passkey_sign_in`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from casework import codes, sealed_names
from casework.access.permissions import Act, Reach, may, reach, require
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import (
    Case,
    CaseAccess,
    Grant,
    Password,
    Person,
    RecoveryCode,
    Role,
    SignedIn,
    SignInLink,
    SignInMethod,
)
from casework.errors import HasCases, LinkOver, NameAlike, NotSignedIn, Refused
from casework.ledger import registry_statements
from casework.people import credentials, similar_names
from casework.short_text import identifying
from casework.tokens import new_token, token_digest

LEFT = "left"
"""Why roles are withdrawn and credentials revoked when a person leaves: a code that statements contain."""
LINK_LIFETIME = timedelta(minutes=15)
INVITATION_LIFETIME = timedelta(hours=72)
"""Validity of a link for a person's first sign-in: they may be absent."""
SESSION_LIFETIME = timedelta(hours=12)
RECOVERY_LIFETIME = timedelta(minutes=30)
NOTED_EVERY = timedelta(minutes=1)
LINK_PROVES_FOR = timedelta(minutes=30)
"""How long after a link was opened its session may make a passkey or a password: a session stolen later may
not."""
MAX_NAME = 200


def any_people(center: Center) -> bool:
    """Whether any person has been added: False on first run."""
    return bool(center.database.scalar(select(func.count()).select_from(Person)))


def first_administrator(center: Center, name: str) -> Person:
    """Add the person who adds all others. Raises `Refused` if a person exists already."""
    if any_people(center):
        raise Refused("there are people already; an administrator adds more")
    return _add(center, None, name, Role.ADMINISTRATOR, center.organisation)


def first_to_sign_in(center: Center, name: str = "Administrator") -> Person | None:
    """Return the first administrator, added if no person exists; None once any person has signed in."""
    if not any_people(center):
        return first_administrator(center, name)
    with center.database() as session:
        if session.scalar(select(func.count()).select_from(SignedIn)):
            return None
        first = session.scalar(
            select(Person)
            .where(Person.role == Role.ADMINISTRATOR, Person.active)
            .order_by(Person.added_at)
            .limit(1)
        )
    return None if first is None else sealed_names.with_name(center, first)


def find(center: Center, name_or_id: str) -> Sequence[Person]:
    """Return active people with this id or exactly this name; for the machine's own terminal."""
    people = center.database.scalars(select(Person).where(Person.active))
    return [person for person in sealed_names.named(center, people) if name_or_id in (person.id, person.name)]


def add(
    center: Center,
    by: Person,
    name: str,
    role: Role,
    organisation: str | None = None,
    *,
    namesake: bool = False,
) -> Person:
    """Add a new member of staff or of a court, with `role.given` in the ledger first.

    `organisation` is a code (`[a-z0-9._-]`), the center's own by default; every statement of the person
    contains it. `namesake`: the administrator knows that others have this name, or one that looks like it,
    and that this is another person. Raises `Forbidden`, `Refused`, `TextUnseen`; without `namesake`
    `NameAlike`.
    """
    require(by, Act.MANAGE_PEOPLE)
    name = identifying(name, MAX_NAME, "a name")
    if not namesake and (found := similar_names.held_by(center, name)):
        raise NameAlike(found)
    return _add(center, by, name, role, organisation or center.organisation)


def change(center: Center, by: Person, person_id: str, role: Role) -> Person:
    """Give a person another role, after `role.given` is in the ledger.

    An administrator decides nothing about cases: what was shared with a person as an observer must not be
    accessible to them as a prosecutor. Raises `Forbidden`, `Missing`; `HasCases` for a person who has opened
    a case, or was given a case or a grant that is not withdrawn; `Refused` for oneself, for a person who has
    left, and for the role that the person has.
    """
    require(by, Act.MANAGE_PEOPLE)
    person = get(center, person_id)
    if person.id == by.id:  # the only administrator could not regain the role
        raise Refused("a person cannot change their own role")
    if not person.active or person.role is role:
        raise Refused("this person has left, or has this role already")
    if _has_cases(center, person.id):
        raise HasCases(person.id)
    _role_given(center, by, person.id, role, person.organisation)
    with center.database.begin() as session:
        person = session.get_one(Person, person_id)
        person.role = role
    return sealed_names.with_name(center, person)


def retire(center: Center, by: Person, person_id: str, reason: str = LEFT) -> None:
    """Deactivate a person: `role.withdrawn`, credentials revoked, no password or codes, sessions ended,
    links void.

    `reason`: a code. Raises `Forbidden`, `Missing`, `Refused`.
    """
    require(by, Act.MANAGE_PEOPLE)
    person = get(center, person_id)
    codes.require_code(reason, "reason")
    registry_statements.state(center, by, "role.withdrawn", {"person": person.id, "reason": reason})
    credentials.revoke_all(center, by, person.id, reason)
    with center.database.begin() as session:
        left = session.get_one(Person, person_id)
        left.active, left.sealed_email = False, None
        session.execute(delete(Password).where(Password.person_id == person_id))
        session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
        end_sessions(session, person_id)


def by_id(center: Center, ids: Collection[str]) -> Sequence[Person]:
    """Return the people with these ids, with their names."""
    people = center.database.scalars(select(Person).where(Person.id.in_(ids)))
    return sealed_names.named(center, people)


def get(center: Center, person_id: str) -> Person:
    """Return a person. Raises `Missing`."""
    person = center.database.require(Person, person_id, "person")
    return sealed_names.with_name(center, person)


def everybody(center: Center, by: Person) -> Sequence[Person]:
    """Return all people, including those who have left, by name."""
    require(by, Act.MANAGE_PEOPLE)
    people = center.database.scalars(select(Person))
    return sorted(
        sealed_names.by_name(sealed_names.named(center, people)), key=lambda person: not person.active
    )


def to_give_to(center: Center, by: Person) -> Sequence[Person]:
    """Return the others to whom this person can give a case: people of roles that see the cases given to
    them, or only prosecutors."""
    require(by, Act.HAND_CASE)
    people = center.database.scalars(select(Person).where(Person.active, Person.id != by.id))
    seeing = [one for one in people if reach(one, Act.SEE_CASE) is Reach.OWN_CASES]
    if not may(by, Act.GIVE_CASE):
        seeing = [one for one in seeing if one.role is Role.PROSECUTOR]
    return sealed_names.by_name(sealed_names.named(center, seeing))


def set_language(center: Center, person: Person, language: str) -> None:
    """Store the language in which a person wants pages, a code such as `ar`."""
    with center.database.begin() as session:
        session.get_one(Person, person.id).language = language


# --- signing in -------------------------------------------------------------------------------------------


def new_link(center: Center, by: Person | None, person_id: str) -> str:
    """Return a one-time token for a person, valid for 15 minutes. `by` None: the machine's own terminal.

    An administrator's link for a person without another sign-in method is an invitation, valid for 72 hours.
    Raises `Forbidden`, `Missing`, `Refused` for a person who has left.
    """
    if by is not None:
        require(by, Act.MANAGE_PEOPLE)
    if not get(center, person_id).active:
        raise Refused("this person has left")
    lifetime = INVITATION_LIFETIME if by is not None and is_new(center, person_id) else LINK_LIFETIME
    token, moment = new_token(), now()
    with center.database.begin() as session:
        session.add(
            SignInLink(
                token_digest=token_digest(token),
                person_id=person_id,
                made_at=moment,
                expires_at=moment + lifetime,
            )
        )
    return token


def is_new(center: Center, person_id: str) -> bool:
    """Whether the person can sign in only by a link: no passkey in force, no password."""
    if credentials.of_person(center, person_id):
        return False
    return center.database.get(Password, person_id) is None


def redeem(center: Center, token: str) -> tuple[Person, str]:
    """Use up a link's token; return the person, and the token of a new session. Raises `NotSignedIn`.

    Unknown, used and expired tokens get the same answer.
    """
    moment = now()
    with center.database() as session:
        if session.get(SignInLink, token_digest(token)) is None:  # guesses must not block writers
            raise NotSignedIn("this link is not valid")
    with center.database.begin() as session:
        # One conditional update decides: of two concurrent redeemers, exactly one changes the row.
        used = session.execute(
            update(SignInLink)
            .where(
                SignInLink.token_digest == token_digest(token),
                SignInLink.used_at.is_(None),
                SignInLink.expires_at > moment,
            )
            .values(used_at=moment)
            .returning(SignInLink.person_id)
        ).scalar_one_or_none()
        person = None if used is None else session.get_one(Person, used)
        if person is None or not person.active:
            raise NotSignedIn("this link is not valid")
        session_token = begin_session(session, person.id, SignInMethod.LINK)
    return sealed_names.with_name(center, person), session_token


def signed_in(center: Center, token: str) -> SignedIn:
    """Return the session with this token: its `person`, with their name, and its sign-in `method`.

    Raises `NotSignedIn`.
    """
    row = center.database.get(SignedIn, token_digest(token))
    if row is None or not is_open(center, row) or not row.person.active:
        raise NotSignedIn("no such session")
    sealed_names.with_name(center, row.person)
    return row


def require_fresh_link(signed_in: SignedIn) -> None:
    """Raise `LinkOver` in a session that a link began too long ago to give its person a new way in."""
    if signed_in.method is SignInMethod.LINK and signed_in.began_at <= now() - LINK_PROVES_FOR:
        raise LinkOver("the one-time link was opened too long ago")


def note_use(center: Center, signed_in: SignedIn) -> None:
    """Note that a session is used, at most once a minute; an ended one stays ended."""
    moment = now()
    if signed_in.seen_at is not None and signed_in.seen_at > moment - NOTED_EVERY:
        return
    with center.database.begin() as session:
        row = session.get(SignedIn, signed_in.token_digest)
        if row is not None and is_open(center, row):
            row.seen_at = moment


def is_open(center: Center, row: SignedIn) -> bool:
    """Return whether a session has not been ended, is not too old, and was used lately."""
    moment = now()
    if row.ended_at is not None or row.expires_at <= moment:
        return False
    return (row.seen_at or row.began_at) > moment - center.session_idle


def began_at(center: Center, token: str, address: str, browser: str) -> None:
    """Store the address and browser of a session's beginning, for its person; delete those of expired
    sessions."""
    moment = now()
    with center.database.begin() as session:
        over = (SignedIn.expires_at <= moment) & SignedIn.address.is_not(None)
        session.execute(update(SignedIn).where(over).values(address=None, browser=None))
        row = session.get(SignedIn, token_digest(token))
        if row is not None:
            row.address, row.browser, row.seen_at = address[:64], browser[:64], moment


def sign_out(center: Center, token: str) -> None:
    """End a session; an unknown one is no error."""
    with center.database.begin() as session:
        row = session.get(SignedIn, token_digest(token))
        if row is not None and row.ended_at is None:
            row.ended_at, row.address, row.browser = now(), None, None


def begin_session(session: Session, person_id: str, method: SignInMethod, failed: int = 0) -> str:
    """Return the token of a new session, within the caller's transaction. The caller identified the person.

    `failed`: attempts before it, to be reported to the person.
    """
    token, moment = new_token(), now()
    session.add(
        SignedIn(
            token_digest=token_digest(token),
            person_id=person_id,
            began_at=moment,
            expires_at=moment + (RECOVERY_LIFETIME if method is SignInMethod.RECOVERY else SESSION_LIFETIME),
            method=method,
            confirmed_at=moment,
            failed_before=failed,
        )
    )
    return token


def end_sessions(session: Session, person_id: str, *which: ColumnElement[bool]) -> None:
    """End a person's sessions, those of `which` or all, and delete their addresses and browsers; within a
    transaction."""
    session.execute(
        update(SignedIn)
        .where(SignedIn.person_id == person_id, SignedIn.ended_at.is_(None), *which)
        .values(ended_at=now(), address=None, browser=None)
    )


def _add(center: Center, by: Person | None, name: str, role: Role, organisation: str) -> Person:
    name = identifying(name, MAX_NAME, "a name")
    if not name:
        raise Refused("a name has at least one character")
    codes.require_code(organisation, "organisation")
    person_id = new_id()
    person = Person(
        id=person_id,
        sealed_name=sealed_names.seal(center.keyholder, person_id, name),
        role=role,
        organisation=organisation,
        active=True,
        added_at=now(),
    )
    # Statement first: a crash in between leaves an unused role, never a person whose role is not stated.
    _role_given(center, by, person.id, role, organisation)
    with center.database.begin() as session:
        session.add(person)
    return sealed_names.with_name(center, person)


def _has_cases(center: Center, person_id: str) -> bool:
    given = CaseAccess.person_id == person_id, CaseAccess.withdrawn_at.is_(None)
    granted = Grant.person_id == person_id, Grant.withdrawn_at.is_(None)
    of_any = exists().where(Case.opened_by == person_id) | exists().where(*given) | exists().where(*granted)
    return bool(center.database.scalar(select(of_any)))


def _role_given(center: Center, by: Person | None, person_id: str, role: Role, organisation: str) -> None:
    body = {"organisation": organisation, "person": person_id, "role": role.value}
    registry_statements.state(center, by, "role.given", body)
