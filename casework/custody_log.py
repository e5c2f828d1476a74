"""The custody log: who did what to which item, appended to the ledger and found again.

Two ways in:

- `append`: an act of a person or of the system. Signed by the center's key *on their behalf*; verifiers
  say exactly that. (The place of passkeys: the person's own signature joins here.)
- `append_leaf`: a statement that a recorder signed in its child. Taken only for the part whose ticket that
  recorder was given.

The place in the chain is decided once, in the ledger's own transaction (`ledger_storage`): two writers that
read the same head cannot both follow it. The loser reads the new head and signs anew.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import details as sealed_details
from casework import parts
from casework.center import now
from casework.errors import Refused
from casework.models import Case, LedgerEntry, Person, StatementIndex
from chain_of_custody import canonical
from chain_of_custody.bodies import RECORDER_TYPES
from chain_of_custody.errors import ChainConflict, StorageFailed
from chain_of_custody.keys import KeyRecord, key_id
from chain_of_custody.statements import (
    Actor,
    Head,
    SignedStatement,
    check_follows,
    follow,
    sign,
)

if TYPE_CHECKING:
    from casework.center import Center
    from chain_of_custody.ledger import Receipt

ATTEMPTS = 100
"""How often a statement is signed anew because another process took its place first."""


def actor_of(person: Person) -> Actor:
    return Actor(person.id, person.role.value, person.organisation)


def system(center: Center) -> Actor:
    """The center's software acting by itself."""
    return Actor(center.deployment, "system", center.organisation)


def append(
    center: Center,
    *,
    type: str,  # noqa: A002  # the field's own name
    evidence: str,
    person: Person | None,
    purpose: str,
    body: Mapping[str, Any],
    case: Case | None = None,
    details: Mapping[str, Any] | None = None,
) -> Receipt:
    """Append an act of `person` (None: of the system); durable in the ledger on return.

    `evidence` is the evidence, interview or deployment id whose chain it belongs to. With a `case`, the
    person's name as it is now goes into the sealed details, so the history shows it as it was then.
    Raises `ChainConflict` if other processes keep taking the place, `StorageFailed` if the ledger gave no
    clear answer and the statement is not in it.
    """
    actor = system(center) if person is None else actor_of(person)
    commitment = None
    if case is not None:
        values = dict(details or {}) | ({} if person is None else {"name": person.name})
        commitment = sealed_details.keep(center, case, values) if values else None
    elif details:
        raise ValueError("details need a case to be sealed to")
    public = center.keyholder.public_keys().center
    for attempt in range(ATTEMPTS):
        statement = follow(
            head(center, evidence),
            type=type,
            evidence=evidence,
            case=None if case is None else case.id,
            actor=actor,
            at=canonical.instant_text(now()),
            purpose=purpose,
            body=body,
            details=commitment,
        )
        leaf = sign(statement, lambda message: center.keyholder.sign("center", message), public)
        try:
            return _append(center, leaf)
        except ChainConflict:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def append_leaf(center: Center, leaf: bytes) -> Receipt:
    """Append a statement signed by a recorder; durable on return. The very same leaf again is no error.

    1. It is well formed, and of a type that recorders sign.
    2. Its signature is by a recorder key enrolled in this ledger.
    3. The part it speaks of exists, in that case and interview, and its ticket went to that key.
    4. It comes directly after the head of its chain.

    Raises `Malformed` (1), `SignatureInvalid` (2), `Refused` (3), `ChainConflict` (4: ask `head`).
    """
    signed = SignedStatement.parse(leaf)  # 1
    if signed.statement.type not in RECORDER_TYPES:
        raise Refused(f"recorders do not sign {signed.statement.type}")
    signed.verify(keys(center))  # 2
    with center.database() as session:
        parts.check_recorder_statement(session, center, signed)  # 3
        receipt = _found(session, center, signed.leaf_hash)
    if receipt is None:
        check_follows(head(center, signed.statement.evidence), signed.statement)  # 4
        try:
            receipt = _append(center, leaf)
        except ChainConflict:
            # The same leaf may have arrived twice at once; only another one in its place is a conflict.
            with center.database() as session:
                receipt = _found(session, center, signed.leaf_hash)
            if receipt is None:
                raise
    parts.take_note(center, signed)
    return receipt


def head(center: Center, chain: str) -> Head | None:
    """The end of a chain: of an evidence item, an interview, or the deployment."""
    with center.database() as session:
        row = session.execute(
            select(StatementIndex.number, StatementIndex.leaf_hash)
            .where(StatementIndex.chain == chain)
            .order_by(StatementIndex.number.desc())
            .limit(1)
        ).one_or_none()
    return None if row is None else Head(row.number, bytes.fromhex(row.leaf_hash))


def keys(center: Center) -> dict[str, KeyRecord]:
    """Who may sign statements: the center's key and every recorder key it has enrolled.

    The database is not believed: an enrolment counts only with the center's own signature on it.
    """
    center_key = KeyRecord(center.keyholder.public_keys().center, "center")
    known = {center_key.id: center_key}
    with center.database() as session:
        rows = session.execute(
            select(LedgerEntry.position, LedgerEntry.leaf)
            .join(StatementIndex, StatementIndex.position == LedgerEntry.position)
            .where(StatementIndex.type == "recorder.enrolled")
            .order_by(LedgerEntry.position)
        ).all()
    for position, leaf in rows:
        signed = SignedStatement.parse(leaf)
        signed.verify({center_key.id: center_key})
        body = signed.statement.body
        public = canonical.base64_bytes(body["key"], 32, "recorder key")
        record = KeyRecord(public, "recorder", body["name"], position)
        known.setdefault(record.id, record)
    return known


def enrol_recorder(center: Center, public: bytes, name: str, by: Person | None = None) -> str:
    """Vouch for a recorder's Ed25519 key (32 bytes) under a code for the machine; its key id.

    The first statement of a new ledger. Enrolling the same key again does nothing.
    """
    identity = key_id(public)
    if identity not in keys(center):
        append(
            center,
            type="recorder.enrolled",
            evidence=center.deployment,
            person=by,
            purpose="administration",
            body={"key": base64.b64encode(public).decode(), "name": name},
        )
    return identity


def _append(center: Center, leaf: bytes) -> Receipt:
    try:
        return center.ledger.append([leaf])[0]
    except StorageFailed:
        # A commit whose answer was lost may have been kept: look, rather than say something twice.
        with center.database() as session:
            receipt = _found(session, center, SignedStatement.parse(leaf).leaf_hash)
        if receipt is None:
            raise
        return receipt


def _receipt(position: int, leaf_hash: bytes, size: int) -> Receipt:
    from chain_of_custody.ledger import Receipt

    return Receipt(position, leaf_hash, size)


def _found(session: Session, center: Center, leaf_hash: bytes) -> Receipt | None:
    position = session.scalar(
        select(StatementIndex.position).where(StatementIndex.leaf_hash == leaf_hash.hex())
    )
    return None if position is None else _receipt(position, leaf_hash, center.ledger.size)
