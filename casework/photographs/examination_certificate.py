"""The facts for a medical certificate: what a sealed record says in the fields that its form names for it.

The page that has the record open sends its bytes; they are compared with the digest by which the case knows
the file (`examination_records.held`), so nothing is opened for it. More people read a certificate than may
open the record: only the fields with `certificate` are on it.

It lists the specimens of the case that were taken by then (`takings`): all of them, each with its time, or
none, so that nobody chooses among them. Their places on the body are on it only if its maker asks for them.
It says which of this was left out. Who has a specimen now is not on it.

A certificate shows what is sealed. So its digest becomes a statement in the record's chain, durable before
the paper is given (`state`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from casework import codes
from casework.access.permissions import Act, require
from casework.clock import now
from casework.database.models import Case, Evidence, Person
from casework.evidence import viewing
from casework.files.upload_staging import PURPOSE
from casework.ledger import chains, custody_log, sealed_details
from casework.photographs import examination_records
from casework.specimens import takings
from casework.specimens.takings import Takings
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.items.examination_record import ExaminationRecord
from chain_of_custody.statements.statement import Actor, SignedStatement
from chain_of_custody.trust.policy import TrustPolicy

if TYPE_CHECKING:
    from casework.center import Center

LIST, PLACES, NONE = SHOWN = ("list", "places", "none")
"""What a certificate shows of specimens: their list, the list with their places on the body, or nothing."""


@dataclass(frozen=True)
class CertifiedRecord:
    """One sealed record, as its certificate shows it."""

    item: Evidence
    case: Case
    record: ExaminationRecord
    sealed_at: datetime
    position: int
    """Of the statement that sealed it."""
    actor: Actor
    name: str | None
    """Of the person who sealed it, then; None once it is erased."""
    corrected_by: int | None
    """Number of the newest record that corrects it; None if none does."""
    specimens: Takings | None
    """Of its case; None if its maker left them out."""
    places: bool
    """Whether their places on the body are shown."""
    policy: TrustPolicy
    authority: bytes
    """The center's certificate authority, X.509 in DER."""
    at: datetime


def certified(
    center: Center, person: Person, evidence_id: str, data: bytes, specimens: str = LIST
) -> CertifiedRecord:
    """Return the facts of a record's certificate; `data`: the bytes of the record; `specimens`: of `SHOWN`.

    Raises `Forbidden`, `Missing`, `Disposed`, `NotTaken` if it is another file, `Refused`, `VaultLocked`,
    `NothingReadable`.
    """
    require(person, Act.ADD_PHOTOGRAPHS)
    codes.require_one_of(specimens, SHOWN, "what is shown of specimens")
    item, record = examination_records.held(center, person, evidence_id, data)
    position, leaf = next(iter(sorted(chains.chain(center, item.id).items())))
    seal = SignedStatement.parse(leaf).statement
    details = sealed_details.read(center, item.case, [seal.details] if seal.details else [])
    corrections = examination_records.corrections(center, person, item.id).corrected_by
    return CertifiedRecord(
        item=item,
        case=item.case,
        record=record,
        sealed_at=moment(seal.at),
        position=position,
        actor=seal.actor,
        name=details.get(seal.details or "", {}).get("name"),
        corrected_by=corrections[-1][1] if corrections else None,
        specimens=None if specimens == NONE else takings.of_case(center, item.case),
        places=specimens == PLACES,
        policy=viewing.policy(center),
        authority=center.keyholder.public_keys().authority,
        at=now(),
    )


def state(center: Center, person: Person, of: CertifiedRecord, paper: bytes) -> None:
    """State that this paper was made from the record; durable on return."""
    draft = custody_log.Draft(
        type="examination.certified",
        evidence=of.item.id,
        person=person,
        purpose=PURPOSE,
        body={"paper": sha256(paper).hexdigest()},
        case=of.case,
    )
    custody_log.append(center, draft)
