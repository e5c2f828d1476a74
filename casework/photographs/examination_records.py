"""Records of examinations: a draft becomes a document of the case, and a sealed record is corrected.

A record is sealed as every document is (`uploads`): the same key, manifest and object lock. The center writes
the file itself, from a draft, so its format is not detected but known. `document.sealed` names the digest of
the form, and the record that it corrects.

`seal` in this order; after a crash at any line a second `seal` completes it:

1. The record is complete: every required field that is shown has a value, and a correction has its reason.
2. The file is sealed, and its statement is in the ledger.
3. The draft is deleted.

A record is corrected by whoever has it open: their page has its bytes, and sends them (`correct`). They are
compared with the digest by which the case knows the file, so nothing is opened again, and nothing else is
taken for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import delete, select

from casework.access.permissions import Act, require
from casework.center import Center
from casework.database.models import Evidence, EvidenceState, ExaminationDraft, Person, Photograph
from casework.errors import ExaminationMovedOn, NotTaken, Refused
from casework.evidence.sealed_items import DOCUMENT, sealed
from casework.photographs import examination_drafts, uploads
from casework.photographs.examination_drafts import OpenedDraft
from casework.photographs.uploads import AnnouncedFile, UploadStatus
from chain_of_custody.errors import Malformed
from chain_of_custody.items.examination_record import MAX_RECORD, Corrected, ExaminationRecord


@dataclass(frozen=True)
class Corrections:
    """The records that a record corrects, and by which it is corrected: (id, number) of documents."""

    corrects: tuple[str, int] | None
    corrected_by: Sequence[tuple[str, int]]


def seal(center: Center, person: Person, session: str, draft_id: str, version: int) -> UploadStatus:
    """Seal the record of a draft, at the version that the person has read.

    `session`: token of the person's session. Raises `Forbidden`, `Missing`, `VaultLocked`,
    `ExaminationMovedOn`, `NotTaken` if something required is missing, `Refused` for a value that its field
    cannot have, `RecordingFailed`.
    """
    draft = examination_drafts.opened(center, person, draft_id)
    if draft.version != version:
        raise ExaminationMovedOn(f"draft {draft_id} is at {draft.version}, not at {version}")
    try:
        data = _record(draft).canonical()
    except Malformed as error:
        raise Refused(str(error)) from error
    announced = AnnouncedFile(
        kind="document",
        name=f"{draft.form.id}.json",
        size=len(data),
        digest=sha256(data).hexdigest(),
        form=draft.form.digest,
        corrects=None if draft.corrects is None else draft.corrects[0],
    )
    status = uploads.begin(center, person, session, draft.case.id, announced)
    if status.state != "sealed":
        if status.received < status.size:
            uploads.take(center, person, session, status.id, status.received, data[status.received :])
        status = uploads.finish(center, person, session, status.id)
    with center.database.begin() as writing:
        writing.execute(delete(ExaminationDraft).where(ExaminationDraft.id == draft_id))
    return status


def correct(center: Center, person: Person, evidence_id: str, data: bytes) -> ExaminationDraft:
    """Begin the correction of a sealed record, whose bytes are `data`.

    Raises `Forbidden`, `Missing`, `Disposed`, `CaseVoided`, `NotTaken` if it is another file.
    """
    require(person, Act.ADD_PHOTOGRAPHS)
    row, record = held(center, person, evidence_id, data)
    return examination_drafts.begin_correction(
        center, person, row.case_id, record, (row.id, str(row.manifest_digest))
    )


def held(center: Center, person: Person, evidence_id: str, data: bytes) -> tuple[Evidence, ExaminationRecord]:
    """Return the item of a sealed record, and the record, whose bytes a page has opened and sends.

    Raises `Forbidden`, `Missing`, `Disposed`, `NotTaken` if it is another file.
    """
    with center.database() as session:
        row, _, _ = sealed(session, person, Act.VIEW_EVIDENCE, evidence_id, kinds=(DOCUMENT,))
        known = session.get_one(Photograph, row.id)
    if len(data) > MAX_RECORD or known.form is None or known.known_by != _known_by(row.case_id, data):
        raise NotTaken("another-record", f"these are not the bytes of {evidence_id}")
    return row, ExaminationRecord.parse(data)


def corrections(center: Center, person: Person, evidence_id: str) -> Corrections:
    """Return what a record corrects, and by what it is corrected. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        row, _, _ = sealed(session, person, Act.VIEW_EVIDENCE, evidence_id, kinds=(DOCUMENT,))
        earlier = session.get_one(Photograph, row.id).corrects
        found = session.execute(
            select(Evidence.id, Evidence.number, Photograph.corrects)
            .join(Photograph, Photograph.evidence_id == Evidence.id)
            .where(
                Evidence.case_id == row.case_id,
                Evidence.kind == DOCUMENT,
                Evidence.state == EvidenceState.COMPLETE,
                (Evidence.id == earlier) | (Photograph.corrects == row.id),
            )
            .order_by(Evidence.number)
        ).all()
    return Corrections(
        next(((id_, number) for id_, number, _ in found if id_ == earlier), None),
        [(id_, number) for id_, number, corrected in found if corrected == row.id],
    )


# --- inside -----------------------------------------------------------------------------------------------


def _record(draft: OpenedDraft) -> ExaminationRecord:
    """Return the record of a draft: only fields that are shown have values, without blanks around them."""
    trimmed = {
        name: value.strip() if isinstance(value, str) else list(value)
        for name, value in draft.filled.values.items()
    }
    given = {name: value for name, value in trimmed.items() if value}
    shown = list(draft.form.shown(given))
    missing = [one.id for one in shown if one.required and one.id not in given]
    reason = draft.filled.reason.strip()
    if missing or (draft.corrects is not None and not reason):
        raise NotTaken("examination-incomplete", f"missing: {', '.join(missing) or 'the reason'}")
    corrects = None if draft.corrects is None else Corrected(*draft.corrects, reason)
    values = {one.id: given[one.id] for one in shown if one.id in given}
    return ExaminationRecord(draft.form, values, corrects)


def _known_by(case_id: str, data: bytes) -> str:
    return uploads.known_by(case_id, sha256(data).hexdigest())
