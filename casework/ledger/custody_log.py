"""The custody log: who did what to which item, appended to the ledger. (`history` reads it back.)

There are two ways to append:

- `append`: an act of a person or of the system. Signed by the center's key *on their behalf*; verifiers
  report exactly that. (`prepared_statements` adds the person's own signature.) Rows that follow from the
  statement are updated right after (`projections`).
- `recorder_statements.append_leaf`: a statement that a recorder signed in its child. Accepted only for the
  part whose ticket that recorder got, and only while its key is in force.

The place in the chain is decided once, in the ledger's own transaction (`sql_storage`): two writers that read
the same head cannot both follow it. The other one reads the new head and signs again.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import sealed_names
from casework.clock import now
from casework.database.models import Case, Person, StatementIndex
from casework.errors import Refused
from casework.ledger import projections, sealed_details
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import ChainConflict, NotProved, StorageFailed
from chain_of_custody.statements.keys import KeyRecord, key_id
from chain_of_custody.statements.registry import Registry
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import Actor, Head, SignedStatement, Statement, follow, sign
from chain_of_custody.statements.types import REGISTRY_TYPES
from chain_of_custody.tlog.ledger import Receipt

if TYPE_CHECKING:
    from casework.center import Center

ATTEMPTS = 100
"""Maximum number of signings of a statement when other processes take its place first."""


def actor_of(person: Person) -> Actor:
    """Return the actor that a person's statements name: id, role and organisation."""
    return Actor(person.id, person.role.value, person.organisation)


def system(center: Center) -> Actor:
    """Return the actor for the center's own software."""
    return Actor(center.deployment, "system", center.organisation)


@dataclass(frozen=True)
class Draft:
    """An act of `person` (None: of the system) that is to be stated.

    `evidence` is the evidence, interview or deployment id whose chain it belongs to. With a `case`, the
    person's current name is added to the sealed details, so the history shows it as it was then.
    """

    type: str
    evidence: str
    person: Person | None
    purpose: str
    body: Mapping[str, Any]
    case: Case | None = None
    details: Mapping[str, Any] | None = None
    commitment: str | None = None
    """That of details which were sealed before (`keep_details`), in place of `details`."""
    kept: bytes | None = None
    """Data that its rows need beyond its statement; stored with it while it waits for a signature."""


class State(Protocol):
    """A function that states acts: `append`, or one that requests their person's signature
    (`pending_acts`)."""

    def __call__(self, center: Center, /, *drafts: Draft) -> Receipt:
        """State one act, or several of one chain at once; return the receipt of the last."""
        ...


def append(center: Center, /, *drafts: Draft) -> Receipt:
    """Append acts of one chain, one after the other, all or none; return the receipt of the last.

    On return they are durable in the ledger, and the rows that follow from them are updated. Raises `Refused`
    for what contradicts the registry, `ChainConflict` if others repeatedly take the place, `StorageFailed` if
    the ledger gave no clear answer and the statements are not in it.
    """
    commitments = [commitment_of(center, draft) for draft in drafts]
    for attempt in range(ATTEMPTS):
        after = head(center, drafts[0].evidence)
        leaves: list[bytes] = []
        for draft, commitment in zip(drafts, commitments, strict=True):
            leaves.append(_leaf(center, draft, commitment, after))
            after = SignedStatement.parse(leaves[-1]).head
        try:
            receipts = append_signed(center, leaves)
        except ChainConflict:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            for draft, receipt in zip(drafts, receipts, strict=True):
                if draft.type in projections.PROJECTIONS:
                    projections.note(center, receipt.index)
            return receipts[-1]
    raise AssertionError("unreachable")


def append_together(center: Center, drafts: Sequence[Draft], heads: Mapping[str, Head]) -> list[Receipt]:
    """Append acts about different items, each directly after the head given for its chain; all or none.

    The rows are not updated: callers use `projections.note`. Raises `ChainConflict` if a chain has moved on,
    `StorageFailed` as `append`.
    """
    leaves = [
        _leaf(center, draft, commitment_of(center, draft), heads.get(draft.evidence)) for draft in drafts
    ]
    return append_signed(center, leaves)


def found(session: Session, center: Center, signed: SignedStatement) -> Receipt | None:
    """Return the receipt of this exact leaf, if it is in its chain already."""
    position = session.scalar(
        select(StatementIndex.position).where(
            StatementIndex.chain == signed.statement.evidence,
            StatementIndex.number == signed.statement.number,
            StatementIndex.leaf_hash == signed.leaf_hash.hex(),
        )
    )
    return None if position is None else Receipt(position, signed.leaf_hash, center.ledger.size)


def head(center: Center, chain: str) -> Head | None:
    """Return the head of a chain: of an evidence item, an interview, or the deployment."""
    with center.database() as session:
        row = session.execute(
            select(StatementIndex.number, StatementIndex.leaf_hash)
            .where(StatementIndex.chain == chain)
            .order_by(StatementIndex.number.desc())
            .limit(1)
        ).one_or_none()
    return None if row is None else Head(row.number, bytes.fromhex(row.leaf_hash))


def registry(center: Center) -> Registry:
    """Return who may sign what, and who has which role, up to the newest statement about that.

    The database only gives positions: a statement counts if it is in the ledger's signed tree, the center
    signed it, and it comes next in the registry's chain. Raises `NotProved` for one that does not.
    """

    def begin() -> Registry:
        public = center.keyholder.public_keys().center
        return Registry(center.deployment, KeyRecord(public, "center", "center"))

    def later(number: int) -> list[tuple[int, bytes]]:
        with center.database() as session:
            positions = session.scalars(
                select(StatementIndex.position)
                .where(StatementIndex.chain == center.deployment, StatementIndex.number > number)
                .order_by(StatementIndex.number)
            ).all()
        return list(zip(positions, center.ledger.entries(positions), strict=True))

    return center.registry.now(begin, later)


def keys(center: Center) -> Mapping[str, KeyRecord]:
    """Return key id → each key that may or once could sign, with its time: center's, recorders', people's."""
    return registry(center).keys


def enrol_recorder(center: Center, public: bytes, name: str, by: Person | None = None) -> str:
    """Enrol a recorder's Ed25519 key (32 bytes) under a code for the machine; return its key id.

    The first statement of a new ledger. Enrolling a key again does nothing: a revoked one stays revoked.
    """
    identity = key_id(public)
    if identity not in keys(center):
        append(
            center,
            Draft(
                type="recorder.enrolled",
                evidence=center.deployment,
                person=by,
                purpose="administration",
                body={"key": base64.b64encode(public).decode(), "name": name},
            ),
        )
    return identity


def keep_details(
    center: Center, person: Person | None, case: Case | None, details: Mapping[str, Any] | None
) -> str | None:
    """Seal the details of an act of `person`; once they are durable, return their commitment."""
    values = dict(details or {})
    if case is None:
        if values:
            raise ValueError("details need a case to be sealed to")
        return None
    name = None if person is None else sealed_names.with_name(center, person).name
    if name is not None:  # otherwise only their number: a missing name never prevents an act
        values["name"] = name
    return sealed_details.keep(center, case, values) if values else None


def commitment_of(center: Center, draft: Draft) -> str | None:
    """Return the commitment to the act's details, sealed before or now."""
    return draft.commitment or keep_details(center, draft.person, draft.case, draft.details)


def statement_of(center: Center, draft: Draft, commitment: str | None, after: Head | None) -> Statement:
    """Return the statement to be signed: the act, placed after the head of its chain."""
    return follow(
        after,
        type=draft.type,
        evidence=draft.evidence,
        case=None if draft.case is None else draft.case.id,
        actor=system(center) if draft.person is None else actor_of(draft.person),
        at=canonical_json.instant_text(now()),
        purpose=draft.purpose,
        body=draft.body,
        details=commitment,
    )


def sign_for_center(center: Center, statement: Statement, beside: Sequence[WebAuthnSignature] = ()) -> bytes:
    """Return the leaf, signed by the center's key, with the person's own signatures (verified before)."""
    public = center.keyholder.public_keys().center
    return sign(statement, lambda message: center.keyholder.sign("center", message), public, beside)


def append_signed(center: Center, leaves: Sequence[bytes]) -> list[Receipt]:
    """Append leaves unchanged, all or none; durable on return.

    Raises `Refused` for what contradicts the registry: no verifier would accept the registry again, and
    nothing here could be proved any more. `ChainConflict`, `StorageFailed` as `append`; `DatabaseAway` if it
    is unknown whether they are stored.
    """
    for leaf in leaves:
        _check_registry(center, SignedStatement.parse(leaf))
    try:
        return center.ledger.append(leaves)
    except StorageFailed:
        # A commit whose answer was lost may be stored: check, rather than state it twice. Check in a writing
        # transaction: a disconnected server may still be executing that commit, and holds the lock until its
        # end.
        with center.database.begin() as session:
            receipts = [found(session, center, SignedStatement.parse(leaf)) for leaf in leaves]
        kept = [receipt for receipt in receipts if receipt is not None]
        if len(kept) != len(leaves):
            raise
        return kept


def _leaf(center: Center, draft: Draft, commitment: str | None, after: Head | None) -> bytes:
    return sign_for_center(center, statement_of(center, draft, commitment, after))


def _check_registry(center: Center, signed: SignedStatement) -> None:
    statement = signed.statement
    about_center = statement.evidence == center.deployment
    if (statement.type in REGISTRY_TYPES) != about_center:
        raise Refused(f"{statement.type} is not stated about {statement.evidence}")
    if not about_center:
        return
    known = registry(center)
    if statement.number != (0 if known.head is None else known.head.number + 1):
        raise ChainConflict("the registry has moved on")
    try:
        known.add(center.ledger.size, signed)
    except NotProved as contradiction:
        raise Refused(contradiction.reason) from contradiction
