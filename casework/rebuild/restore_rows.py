"""Working rows from the ledger: the catalogue is seconds old, and the ledger decides.

The catalogue gives people, cases, interviews and parts as they were when it was written. Later changes come
from the statements; where both have a value, the statements count. What neither has is reported as lost, not
made up: a person added in the last seconds has a role and no name.

Trusts: statements in a tree that was proved, and manifests with the digest that `recording.sealed` names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.database.models import (
    Case,
    Credential,
    Derivative,
    DerivativeState,
    Evidence,
    EvidenceState,
    Exam,
    Interview,
    InterviewState,
    Person,
    Photograph,
    Role,
)
from casework.interviews.recorder_statements import duration_of, recording_sealed, recording_started, settle
from casework.ledger import projections
from casework.rebuild.verified_ledger import Copies
from casework.received_copies.kinds import SOUND
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.errors import CustodyError
from chain_of_custody.items.file_manifest import parse_manifest
from chain_of_custody.statements.registry import Registry
from chain_of_custody.statements.statement import SignedStatement, Statement
from chain_of_custody.statements.types import FILES_SEALED, OF_RECEIVED, TYPES
from vault.errors import StoreUnavailable, VaultError
from vault.spool.segments import file_key

LOST = "lost-with-its-machine"
"""Why an ordered derivative cannot be made."""
UNKNOWN_ROOM = UNKNOWN_NODE = "unknown"


@dataclass
class LedgerSummary:
    """Summary of the statements, collected while they are read in order."""

    deployment: str
    registry: Registry
    opened: dict[str, Statement] = field(default_factory=dict)
    """Interviews: `interview.opened`."""
    started: dict[str, Statement] = field(default_factory=dict)
    interrupted: dict[str, Statement] = field(default_factory=dict)
    sealed: dict[str, Statement] = field(default_factory=dict)
    """Parts: the recorder's statements by evidence id."""
    files: dict[str, Statement] = field(default_factory=dict)
    """Files: the statements that sealed them, by evidence id."""
    exams: dict[str, list[Statement]] = field(default_factory=dict)
    """Guided sets: the statements of each, in order."""
    revoked: dict[str, datetime] = field(default_factory=dict)
    """Key id of a credential → time of its revocation."""
    details: dict[str, str] = field(default_factory=dict)
    """Commitment → case."""
    policy: str | None = None
    """Fingerprint of the latest policy named in the registry."""
    disposed: set[str] = field(default_factory=set)
    """Items of which every wrapped key was destroyed."""
    projected: list[tuple[int, Statement]] = field(default_factory=list)
    """Statements from which other rows follow (`projections`), with their positions."""
    people: dict[str, datetime] = field(default_factory=dict)
    """When each person was first given a role, or had one withdrawn."""

    def take(self, position: int, leaf: bytes) -> None:
        """Take the next statement.

        Raises `CustodyError` for an invalid registry statement: this ledger could prove nothing any more.
        """
        signed = SignedStatement.parse(leaf)
        statement = signed.statement
        if statement.details is not None and statement.case is not None:
            self.details[statement.details] = statement.case
        match statement.type:
            case "interview.opened":
                self.opened[statement.evidence] = statement
            case "recording.started":
                self.started[statement.evidence] = statement
            case "recording.interrupted":
                self.interrupted[statement.evidence] = statement
            case "recording.sealed":
                self.sealed[statement.evidence] = statement
            case sealed if sealed in FILES_SEALED:
                self.files[statement.evidence] = statement
            case "exam.opened" | "exam.noted" | "exam.closed":
                self.exams.setdefault(statement.evidence, []).append(statement)
            case "role.given" | "role.withdrawn":
                self.people.setdefault(str(statement.body["person"]), moment(statement.at))
            case "evidence.disposed":
                self.disposed.add(statement.evidence)
            case "policy.changed":
                self.policy = str(statement.body["policy"])
            case "credential.revoked":
                self.revoked[str(statement.body["key"])] = moment(statement.at)
        if statement.type in projections.PROJECTIONS:
            self.projected.append((position, statement))
        if statement.evidence == self.deployment:
            self.registry.add(position, signed)


def apply(session: Session, summary: LedgerSummary, copies: Copies, lost: list[str]) -> None:
    """Update the catalogue's rows to the state of the ledger.

    `lost` receives what could not be restored and why, each as a sentence with ids and no names.
    """
    _people(session, summary, lost)
    _credentials(session, summary, lost)
    session.flush()
    _interviews(session, summary, lost)
    session.flush()
    for evidence, started in summary.started.items():
        _part(session, summary, copies, evidence, started, lost)
    for exam, stated in summary.exams.items():
        _exam(session, exam, stated, lost)
    for evidence, added in summary.files.items():
        _file(session, summary, copies, evidence, added, lost)
    _never_began(session, summary, lost)
    session.flush()
    for position, statement in summary.projected:
        projections.take(session, position, statement)
    for interview in session.scalars(select(Interview)):
        settle(interview)


def _has_case(session: Session, name: str, statement: Statement, lost: list[str]) -> bool:
    if statement.case is None or session.get(Case, statement.case) is None:
        lost.append(f"{name}: its case {statement.case} was opened after the catalogue")
        return False
    return True


def _people(session: Session, summary: LedgerSummary, lost: list[str]) -> None:
    for person_id, at in summary.people.items():
        held = summary.registry.history(person_id)[-1]
        person = session.get(Person, person_id)
        if person is None:
            person = Person(id=person_id, added_at=at)  # nameless: `sealed_names`
            session.add(person)
            lost.append(f"the name of person {person_id}, who was added after the catalogue")
        person.role, person.organisation = Role(held.role), held.organisation
        person.active = held.ended is None


def _credentials(session: Session, summary: LedgerSummary, lost: list[str]) -> None:
    for key, record in summary.registry.keys.items():
        if record.holder != "person":
            continue
        row = session.get(Credential, key)
        if row is None:
            if record.revoked is None:
                lost.append(f"the handle of credential {key}: it counts, and no page can ask for it")
        elif record.revoked is not None and row.revoked_at is None:
            row.revoked_at = summary.revoked[key]


def _interviews(session: Session, summary: LedgerSummary, lost: list[str]) -> None:
    for interview_id, opened in summary.opened.items():
        if session.get(Interview, interview_id) is not None:
            continue
        if not _has_case(session, f"interview {interview_id}", opened, lost):
            continue
        session.add(
            Interview(
                id=interview_id,
                case_id=opened.case,
                state=InterviewState.OPENED,
                practice=False,
                purpose=opened.purpose,
                room=UNKNOWN_ROOM,
                opened_by=opened.actor.id,
                opened_at=moment(opened.at),
            )
        )
        lost.append(f"the room of interview {interview_id}, which was opened after the catalogue")


def _part(
    session: Session,
    summary: LedgerSummary,
    copies: Copies,
    evidence: str,
    started: Statement,
    lost: list[str],
) -> None:
    part = session.get(Evidence, evidence)
    body = started.body
    interview = session.get(Interview, str(body["interview"]))
    if interview is None:
        lost.append(f"part {evidence}: its interview {body['interview']} could not be restored")
        return
    if part is None:
        at = moment(started.at)
        part = Evidence(
            id=evidence,
            case_id=interview.case_id,
            interview_id=interview.id,
            kind="recording",
            number=int(body["part"]),
            beside=body.get("beside"),
            state=EvidenceState.RECORDING,
            recorder=str(body["recorder"]),
            epoch=at,
            opened_at=at,
        )
        session.add(part)
        lost.append(f"the exact beginning of part {evidence}: its statement's time stands for it")
    part.state = EvidenceState.RECORDING
    recording_started(interview, part)
    if (interrupted := summary.interrupted.get(evidence)) is not None:
        part.reason = str(interrupted.body["reason"])
    if (sealed := summary.sealed.get(evidence)) is None:
        lost.append(f"the end of part {evidence}: it was being recorded and is not sealed")
        return
    recording_sealed(interview, part, sealed.body, moment(sealed.at))
    if evidence not in summary.disposed:
        _measure(part, copies, lost)


def _exam(session: Session, exam: str, stated: Sequence[Statement], lost: list[str]) -> None:
    """Restore a guided set; its figure and its injuries are in the details of its statements."""
    opened = stated[0]
    if not _has_case(session, f"set {exam}", opened, lost):
        return
    row = session.get(Exam, exam)
    if row is None:
        number = session.scalar(select(func.max(Exam.number)).where(Exam.case_id == opened.case))
        row = Exam(
            id=exam,
            case_id=opened.case,
            number=(number or 0) + 1,
            figure=None,  # sealed: it is read when the set is opened
            follows=opened.body.get("follows"),
            opened_by=opened.actor.id,
            opened_at=moment(opened.at),
            injuries=0,
            regions=0,
        )
        session.add(row)
    for statement in stated:
        if statement.type == "exam.noted":
            row.injuries = int(statement.body["injuries"])
            row.regions = int(statement.body["regions"])
        if statement.type == "exam.closed":
            row.closed_at = row.closed_at or moment(statement.at)
    session.flush()


def _file(
    session: Session, summary: LedgerSummary, copies: Copies, evidence: str, added: Statement, lost: list[str]
) -> None:
    """Restore a file from the one statement that made it evidence."""
    if not _has_case(session, f"{added.type} {evidence}", added, lost):
        return
    row = session.get(Evidence, evidence)
    if row is None:
        kind = TYPES[added.type].chain
        at = moment(added.at)
        row = Evidence(
            id=evidence,
            case_id=added.case,
            kind=kind,
            number=int(added.body["number"]),
            recorder="",
            epoch=at,
            opened_at=at,
        )
        session.add(row)
        # Its size and its place in the guided set are sealed, or were in the catalogue alone.
        session.add(
            Photograph(
                evidence_id=evidence,
                added_by=added.actor.id,
                format=str(added.body["format"]),
                size=0,
                intimate=bool(added.body.get("intimate", False)),
                shown=kind != "received" and "form" not in added.body,
                form=added.body.get("form"),
                corrects=added.body.get("corrects"),
                exam_id=added.body.get("exam"),
                source=added.body.get("source"),
                request_id=added.body.get("request"),
            )
        )
        lost.append(f"the size of {kind} {evidence}, and which picture of its set it is")
    row.state = EvidenceState.COMPLETE
    row.records, row.manifest_digest = int(added.body["records"]), str(added.body["manifest"])
    row.sealed_at = row.sealed_at or moment(added.at)
    if evidence not in summary.disposed:
        _measure(row, copies, lost)
    session.flush()
    if added.type == "derivative.made":
        _derivative(session, evidence, added, lost)


def _derivative(session: Session, evidence: str, made: Statement, lost: list[str]) -> None:
    """Restore the sources, which its statement names; how it was made is sealed in it."""
    row = session.get(Derivative, evidence)
    if row is None:
        first = session.get(Evidence, made.body["sources"][0]["evidence"])
        row = Derivative(
            id=evidence,
            case_id=made.case,
            interview_id=None if first is None else first.interview_id,
            kind=str(made.body["kind"]),
            purpose=made.purpose,
            node=UNKNOWN_NODE,
            ordered_by=made.actor.id,
            ordered_at=moment(made.at),
        )
        session.add(row)
        if row.kind in OF_RECEIVED - {SOUND}:
            lost.append(f"the fingerprint of copy {evidence}: similar files are not recognised by it")
    row.state, row.failure = DerivativeState.MADE, None
    row.sources = list(made.body["sources"])


def _measure(part: Evidence, copies: Copies, lost: list[str]) -> None:
    """Sizes and duration, from a correct manifest and index in any copy."""
    manifest = _right(copies, file_key(part.id, "manifest"), str(part.manifest_digest))
    index = None
    if manifest is not None:
        index = _right(copies, file_key(part.id, "index"), parse_manifest(manifest).index)
    if index is None:
        lost.append(f"manifest or index of part {part.id}: no copy that answers has them right")
        return
    part.duration = duration_of(index)
    part.segment_sizes = part.segment_sizes or _sizes(copies, part.id)


def _right(copies: Copies, key: str, digest: str) -> bytes | None:
    for name, data in copies.each(key):
        if sha256(data).hexdigest() == digest:
            return data
        copies.was_wrong(name, key)
    return None


def _sizes(copies: Copies, evidence: str) -> list[int] | None:
    for name, store in copies.stores.items():
        if name in copies.away:
            continue
        try:
            sizes = [size for _, size in store.sizes(f"recordings/{evidence}/segments/")]
        except StoreUnavailable as error:
            copies.is_away(name, error)
            continue
        except (VaultError, CustodyError):
            continue
        if sizes:
            return sizes
    return None


def _never_began(session: Session, summary: LedgerSummary, lost: list[str]) -> None:
    """Void parts that the catalogue has and the ledger does not: no picture was taken.

    Derivatives still to be made on a lost machine fail.
    """
    for row in session.scalars(
        select(Derivative).where(
            Derivative.state.in_((DerivativeState.WAITING, DerivativeState.MAKING)),
            Derivative.id.not_in(summary.files),
        )
    ):
        row.state, row.failure = DerivativeState.FAILED, LOST
    for part in session.scalars(select(Evidence).where(Evidence.state != EvidenceState.VOID)):
        if part.id in summary.started or part.id in summary.files:
            continue
        if part.state is not EvidenceState.OPENING:
            lost.append(f"part {part.id}, of which the ledger knows nothing")
        part.state = EvidenceState.VOID
