"""Signing in with a passkey: a person's credential answers a challenge, and a session begins.

No page asks for a name: the passkey identifies the person. So no name can be guessed, and guesses cannot lock
a person out.

Trusts: the registry (`credentials` are enrolled there), never the row that found the key. Nothing that the
browser sent is trusted before it is verified. The signature counter is checked where an authenticator counts:
one that falls behind may be a copy.

Specification: W3C WebAuthn Level 2, section 7.2; chain_of_custody.statements.webauthn.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import sealed_names
from casework.center import Center
from casework.clock import now
from casework.database.models import Credential, CredentialUse, Person, SignedIn, SignInMethod
from casework.errors import AuthenticatorBehind, LinkNeeded, NotSignedIn, PasskeyNeeded
from casework.ledger import custody_log
from casework.people import passwords, people, recovery_codes
from casework.people.credentials import Proof
from chain_of_custody.errors import CustodyError
from chain_of_custody.statements.keys import KeyRecord
from chain_of_custody.statements.webauthn import Assertion, challenge_of, verify_assertion

MAX_FIELD = 8192
"""Characters of base64 in one field of an answer."""


@dataclass(frozen=True)
class Answer:
    """The content of a browser's `PublicKeyCredential`, decoded but not yet verified."""

    credential: bytes
    user: bytes
    """The handle given at enrolment: the bytes of the person's id."""
    assertion: Assertion

    @classmethod
    def read(cls, credential: Mapping[str, Any]) -> Answer:
        """Decode the credential's `toJSON()`. Raises `NotSignedIn`."""
        try:
            response = credential["response"]
            return cls(
                credential=_bytes(credential["id"]),
                user=_bytes(response["userHandle"]),
                assertion=Assertion(
                    authenticator=_bytes(response["authenticatorData"]),
                    client=_bytes(response["clientDataJSON"]),
                    signature=_bytes(response["signature"]),
                ),
            )
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise NotSignedIn("the browser's answer is not in its form") from error


def sign_in(
    center: Center, credential: Mapping[str, Any], *, message: bytes, rp: str, origin: str
) -> tuple[Person, str]:
    """Return the person whose passkey answered, and the token of a new session.

    `message`: the challenge to this browser, taken from `webauthn_challenges`. `rp`, `origin`: of the
    center's pages.

    1. The credential is known, of this host, in force in the registry, and its person's.
    2. It signed exactly this message, its user verified, on exactly this page.
    3. Its counter has increased, if it counts.
    4. The person has not left, and the credential was not revoked meanwhile. Code that ends sessions after
       that also ends this one, or it is not begun.

    Raises `NotSignedIn`, for (3) `AuthenticatorBehind`.
    """
    record, counter = _verified(center, credential, message, rp, origin)  # 1, 2
    with center.database.begin() as session:
        _count(session, record.id, counter)  # 3
        person, row = session.get(Person, record.person), session.get(Credential, record.id)
        if person is None or not person.active or row is None or row.revoked_at is not None:  # 4
            raise NotSignedIn("this person has left, or the passkey was revoked meanwhile")
        token = people.begin_session(session, person.id, SignInMethod.PASSKEY)
    return sealed_names.with_name(center, person), token


def confirm(center: Center, credential: Mapping[str, Any], *, message: bytes, rp: str, origin: str) -> str:
    """Return the id of the person whose passkey answered, as `sign_in`, without beginning a session.

    Raises `NotSignedIn`, `AuthenticatorBehind`.
    """
    record, counter = _verified(center, credential, message, rp, origin)
    with center.database.begin() as session:
        _count(session, record.id, counter)
    return str(record.person)


def proof_to_enrol(center: Center, signed_in: SignedIn) -> Proof:
    """Return what proves that it is its person who makes a passkey in this session.

    Raises `PasskeyNeeded` or `LinkNeeded` where the session must make none.

    A link session makes the first passkey, soon after the link was opened. Every other one is confirmed by an
    existing passkey: otherwise a person who can make links, or has stolen a session, could add their own key
    to another person's, and sign as that person. A password session makes none: with an observed password, an
    attacker could get a signing key. A recovery code makes one, for a person with a passkey and no password:
    it was made in a session of that passkey, since the first passkey voids what a password had made
    (`begin_with_new`; a crash before that leaves the password).
    """
    person, method = signed_in.person_id, signed_in.method
    known = custody_log.keys(center).values()
    held = any(one.person == person and one.revoked is None for one in known)
    strong = held and passwords.number_of(center, person) is None
    if method is SignInMethod.PASSKEY and held:
        return Proof.KEY
    weak = method is SignInMethod.RECOVERY and not strong
    if weak or method in (SignInMethod.PASSKEY, SignInMethod.PASSWORD):
        raise LinkNeeded("a password makes no passkey")
    if method is SignInMethod.LINK and held:
        raise PasskeyNeeded("a further passkey is made in a session that began with one")
    if method is SignInMethod.RECOVERY:
        return Proof.RECOVERY
    people.require_fresh_link(signed_in)
    return Proof.LINK


def begin_with_new(center: Center, signed_in: SignedIn, key: str) -> str:
    """Return the token of a new session of a person who has just made the passkey `key`, on a link or a code.

    The session before ends. The first passkey also ends the weaker sign-in method and its results: its
    sessions, and recovery codes made in them, which could otherwise make another passkey from now on.
    """
    with center.database.begin() as session:
        people.end_sessions(session, signed_in.person_id, SignedIn.token_digest == signed_in.token_digest)
        passwords.remove(session, signed_in.person_id)
        if signed_in.method is SignInMethod.LINK:  # the first
            weaker = SignedIn.method.in_((SignInMethod.PASSWORD, SignInMethod.RECOVERY))
            people.end_sessions(session, signed_in.person_id, weaker)
            recovery_codes.remove(session, signed_in.person_id)
        _count(session, key, 0)
        return people.begin_session(session, signed_in.person_id, SignInMethod.PASSKEY)


def note_use(session: Session, key: str, counter: int) -> None:
    """Store an authenticator's counter when its passkey signs an act, so that a copy of it that signs in
    later is detected as behind. Within a writing transaction."""
    use = session.get(CredentialUse, key)
    highest = counter if use is None else max(use.counter, counter)
    session.merge(CredentialUse(key=key, counter=highest, used_at=now()))


def _verified(
    center: Center, credential: Mapping[str, Any], message: bytes, rp: str, origin: str
) -> tuple[KeyRecord, int]:
    """Return the key that signed `message`, and its authenticator's counter. Raises `NotSignedIn`."""
    answer = Answer.read(credential)
    record = _record(center, answer, rp)
    try:
        verify_assertion(
            answer.assertion,
            algorithm=record.algorithm,
            key=record.public,
            rp=rp,
            challenge=challenge_of(message),
        )
    except CustodyError as refused:
        raise NotSignedIn(f"the passkey's answer does not hold: {refused}") from refused
    # Its form is verified. Another port of the same host is another page.
    if json.loads(answer.assertion.client)["origin"] != origin:
        raise NotSignedIn("the passkey was asked on another page")
    return record, int.from_bytes(answer.assertion.authenticator[33:37], "big")


def _record(center: Center, answer: Answer, rp: str) -> KeyRecord:
    credentials = center.database.scalars(
        select(Credential).where(
            Credential.credential_id == answer.credential,
            Credential.relying_party == rp,
            Credential.revoked_at.is_(None),
        )
    )
    known = custody_log.keys(center)
    for row in credentials:
        record = known.get(row.key)
        if record is None or record.holder != "person" or record.person is None or record.rp != rp:
            continue
        if record.revoked is None and bytes.fromhex(record.person) == answer.user:
            return record
    raise NotSignedIn("no such passkey is in force")


def _count(session: Session, key: str, counter: int) -> None:
    """Raises `AuthenticatorBehind`. Within a writing transaction, of which there is one at a time: of two
    answers with the same count one is accepted."""
    use = session.get(CredentialUse, key)
    if use is not None and (use.counter or counter) and counter <= use.counter:
        raise AuthenticatorBehind(f"the counter of credential {key} did not go on")
    session.merge(CredentialUse(key=key, counter=counter, used_at=now()))


def _bytes(text: object) -> bytes:
    if not isinstance(text, str) or len(text) > MAX_FIELD or not text.isascii():
        raise ValueError("not base64url")
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
