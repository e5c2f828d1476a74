"""People's own keys: passkeys and security keys, enrolled by statements, with which they sign their acts.

Keys protect keys: the enrolment of a further credential and the revocation of one are signed acts
(`casework.signing.pending_acts`), confirmed by another credential of the person. The statement gives the
basis if there was none (`Proof`), and the registry refuses contradictions.

A credential is enrolled once its authenticator has answered a challenge on a page of this center (WebAuthn
registration; its model is not requested). It counts from the statement of its enrolment. Once revoked, it
never counts again; what was signed before stays signed.

Trusts: nothing in a browser's answer before it is verified. The caller has established the identity of the
person at the browser.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import codes
from casework.access.permissions import Act, require
from casework.center import Center
from casework.clock import now
from casework.database.models import Credential, Person, PreparedAct
from casework.errors import Forbidden, Missing, Refused
from casework.ledger import custody_log, registry_statements
from casework.ledger.custody_log import State
from chain_of_custody.encoding.signed_note import decode_base64, encode_base64
from chain_of_custody.statements.keys import key_id
from chain_of_custody.statements.statement import Statement


class Proof(enum.StrEnum):
    """How the center identified the person who enrols a credential, as the statement says."""

    KEY = "key"
    """An earlier credential of theirs signed it."""
    LINK = "link"
    """A one-time link; they have no credential in force."""
    RECOVERY = "recovery"
    """A recovery code."""


ALGORITHMS: Mapping[int, str] = {-7: "es256", -8: "eddsa", -257: "rs256"}
"""Algorithms accepted, as authenticators (RFC 9053, RFC 8812) and as statements name them; pages request them
in this order."""


def enrol(
    center: Center,
    by: Person | None,
    person_id: str,
    answer: Mapping[str, Any],
    *,
    challenge: bytes,
    rp: str,
    origin: str,
    proof: Proof = Proof.LINK,
    state: State = custody_log.append,
) -> Credential:
    """Enrol a person's new credential; it is in the ledger on return.

    `answer`: the browser's `PublicKeyCredential.toJSON()` for `challenge`, which this server made and accepts
    once, on the page of `origin`, host `rp`. People enrol their own; an administrator (or `by` None: the
    machine's own terminal) any person's. `proof`: with `KEY`, `state` has the person sign the statement with
    an earlier credential. Raises `Forbidden`, `Missing`, `Refused`, and as `state`.
    """
    from casework.people.passkey_registration import registered  # slow to import

    if by is not None and by.id != person_id:
        require(by, Act.MANAGE_PEOPLE)
    person = _staying(center, person_id)
    credential_id, algorithm, public = registered(answer, ALGORITHMS, challenge, rp, origin)
    body = {
        "algorithm": algorithm,
        "key": encode_base64(public),
        "person": person.id,
        "proof": proof.value,
        "rp": rp,
    }
    draft = registry_statements.draft(center, by, "credential.enrolled", body)
    state(center, replace(draft, kept=credential_id))
    # A crash here leaves a credential that counts but that no page requests: the registry refuses to enrol it
    # again, and another one can be made.
    row = _row(body, credential_id)
    with center.database.begin() as session:
        session.add(row)
    return row


def enrolled(session: Session, act: PreparedAct, statement: Statement) -> None:
    """Add the row of a credential whose enrolment is in the ledger, confirmed by an earlier one."""
    session.add(_row(statement.body, act.kept or b""))


def check_own(center: Center, person: Person, statement: Statement) -> None:
    """Raise `Forbidden` unless a statement about a credential is about one of this person's own."""
    body = statement.body
    if "person" in body:
        owner: str | None = body["person"]
    else:
        record = custody_log.keys(center).get(body["key"])
        owner = None if record is None else record.person
    if owner != person.id:
        raise Forbidden("another person's credential")


def revoke(center: Center, by: Person | None, key: str, reason: str, state: State | None = None) -> None:
    """Revoke a credential, by its key id; does nothing if it is revoked already. `reason`: a code.

    People revoke their own, an administrator any person's. `state`: has the person whose it is sign the
    statement with another one; None: the statement says that none did. Raises `Forbidden`, `Missing`,
    `Refused`, and as `state`.
    """
    codes.require_code(reason, "reason")
    record = custody_log.keys(center).get(key)
    if record is None or record.holder != "person" or record.person is None:
        raise Missing(f"no credential {key[:16]}")
    if by is not None and by.id != record.person:
        require(by, Act.MANAGE_PEOPLE)
    if state is None:
        _revoke(center, by, key, reason)
    else:
        body = {"key": key, "proof": "key", "reason": reason}
        state(center, registry_statements.draft(center, by, "credential.revoked", body))


def revoke_all(center: Center, by: Person | None, person_id: str, reason: str) -> None:
    """Revoke all of a person's credentials. Raises as `revoke`."""
    for record in custody_log.keys(center).values():
        if record.person == person_id and record.revoked is None:
            _revoke(center, by, record.id, reason)


def of_person(center: Center, person_id: str) -> Sequence[Credential]:
    """Return the person's credentials in force, oldest first, for a page to request from the browser."""
    return center.database.scalars(
        select(Credential)
        .where(Credential.person_id == person_id, Credential.revoked_at.is_(None))
        .order_by(Credential.added_at, Credential.key)
    )


def _staying(center: Center, person_id: str) -> Person:
    person = center.database.require(Person, person_id, "person")
    if not person.active:
        raise Refused("this person has left")
    return person


def _revoke(center: Center, by: Person | None, key: str, reason: str) -> None:
    if custody_log.keys(center)[key].revoked is None:
        body = {"key": key, "proof": "center", "reason": reason}
        registry_statements.state(center, by, "credential.revoked", body)
    with center.database.begin() as session:
        note_revoked(session, key)


def note_revoked(session: Session, key: str) -> None:
    """Note that a credential was revoked, by a statement in the ledger; within the caller's transaction."""
    row = session.get(Credential, key)
    if row is not None and row.revoked_at is None:
        row.revoked_at = now()


def _row(body: Mapping[str, Any], credential_id: bytes) -> Credential:
    public = decode_base64(body["key"], "credential key")
    return Credential(
        key=key_id(public),
        person_id=body["person"],
        credential_id=credential_id,
        public_key=public,
        algorithm=body["algorithm"],
        relying_party=body["rp"],
        added_at=now(),
        revoked_at=None,
    )
