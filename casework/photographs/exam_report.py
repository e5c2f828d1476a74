"""The facts for an examination report: the notes of a guided set, their authors, and the pictures. Facts
only, for the code that makes the paper in another layer. The people who began, changed and closed the set,
and the digest of each picture, are read through the ledger, with the values of their time. The digest is that
of the sealed item's manifest: it binds the original to the byte, every verifier computes it, and no picture
has to be opened for it. Of an intimate picture only the number is given, since more people read a paper than
may open the picture.

A report shows what is sealed. So its digest becomes a statement in the set's chain, durable before the paper
is given (`state`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import select

from casework.access.permissions import Act
from casework.cases import consent
from casework.cases.consent import ListedConsent
from casework.clock import now
from casework.database.models import Evidence, Person, Photograph, StatementIndex
from casework.errors import VaultLocked
from casework.evidence import viewing
from casework.files.upload_staging import PURPOSE
from casework.ledger import chains, custody_log, sealed_details
from casework.photographs import exam_sets
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.statements.statement import Actor, SignedStatement
from chain_of_custody.trust.policy import TrustPolicy

if TYPE_CHECKING:
    from casework.center import Center


@dataclass(frozen=True)
class SetAct:
    """An act on the set, with its person and time; the values of that time."""

    type: str
    at: datetime
    position: int
    actor: Actor
    name: str | None
    """None once it is erased."""


@dataclass(frozen=True)
class Picture:
    """A sealed picture of the set. All but the number is None for an intimate one."""

    number: int
    """Number within its case."""
    view: str | None = None
    injury: int | None = None
    format: str | None = None
    manifest: str | None = None
    """SHA-256 of its manifest, in hexadecimal, as its sealing statement names it."""


@dataclass(frozen=True)
class ReportedSet:
    """One guided set, as its report shows it."""

    set: exam_sets.Set
    follows: int | None
    """Number of the set that it follows."""
    acts: Sequence[SetAct]
    """Opening, the newest notes of each person, and closing, in ledger order."""
    consents: Mapping[str, ListedConsent | None]
    """Of `consent.OF_EXAMINATION`: the newest answer."""
    pictures: Sequence[Picture]
    """By number; intimate ones included."""
    policy: TrustPolicy
    authority: bytes
    """The center's certificate authority, X.509 in DER."""
    at: datetime

    @property
    def notes(self) -> exam_sets.Notes:
        """The newest notes; empty ones where nothing was noted."""
        return self.set.notes or exam_sets.Notes()


def reported(center: Center, person: Person, exam_id: str) -> ReportedSet:
    """Return the facts of a set's report. Raises `Forbidden`, `Missing`, `VaultLocked`, `NothingReadable`."""
    found = exam_sets.get(center, person, exam_id, Act.SEE_PHOTOGRAPHS)
    if found.locked:
        raise VaultLocked(f"the notes of set {exam_id} cannot be read now")
    answers = consent.listed(center, person, found.case.id)
    numbers = {one.id: one.number for one in exam_sets.of_case(center, person, found.case.id)}
    return ReportedSet(
        set=found,
        follows=None if found.follows is None else numbers.get(found.follows),
        acts=_acts(center, found),
        consents={
            subject: next((one for one in answers if one.consent.subject == subject), None)
            for subject in consent.OF_EXAMINATION
        },
        pictures=_pictures(center, exam_id),
        policy=viewing.policy(center),
        authority=center.keyholder.public_keys().authority,
        at=now(),
    )


def state(center: Center, person: Person, report: ReportedSet, paper: bytes) -> None:
    """State that this paper was made from the set; durable on return."""
    draft = custody_log.Draft(
        type="exam.reported",
        evidence=report.set.id,
        person=person,
        purpose=PURPOSE,
        body={"paper": sha256(paper).hexdigest()},
        case=report.set.case,
    )
    custody_log.append(center, draft)


# --- inside -------------------------------------------------------------------------------------------------


def _acts(center: Center, exam: exam_sets.Set) -> list[SetAct]:
    """Read the set's chain; of several `exam.noted` of a person, the newest."""
    chain = {at: SignedStatement.parse(leaf).statement for at, leaf in chains.chain(center, exam.id).items()}
    last = {(one.type, one.actor.id): at for at, one in sorted(chain.items()) if one.type != "exam.reported"}
    newest = {at: chain[at] for at in sorted(last.values())}
    opened = sealed_details.read(center, exam.case, [one.details for one in newest.values() if one.details])
    return [
        SetAct(one.type, moment(one.at), at, one.actor, opened.get(one.details or "", {}).get("name"))
        for at, one in newest.items()
    ]


def _pictures(center: Center, exam_id: str) -> list[Picture]:
    with center.database() as session:
        rows = session.execute(
            select(Evidence.number, Photograph, StatementIndex.position)
            .join(Photograph, Photograph.evidence_id == Evidence.id)
            .join(StatementIndex, StatementIndex.chain == Evidence.id)
            .where(
                Photograph.exam_id == exam_id,
                Evidence.kind == "photograph",
                StatementIndex.type == "photograph.sealed",
            )
            .order_by(Evidence.number)
        ).all()
    return [_picture(center, number, row, position) for number, row, position in rows]


def _picture(center: Center, number: int, row: Photograph, position: int) -> Picture:
    if row.intimate:
        return Picture(number)
    body = SignedStatement.parse(center.ledger.entry(position)).statement.body
    return Picture(number, row.view, row.injury, row.format, str(body["manifest"]))
