"""An item of the work queue, and the common parts of its queries."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, bindparam, exists
from sqlalchemy.orm import InstrumentedAttribute

from casework.access.permissions import TABLE, Act, Reach
from casework.cases import cases
from casework.database.models import (
    Case,
    Derivative,
    Role,
    Viewing,
)

NEWS = timedelta(days=14)
"""How long an answer is listed that its receiver has not opened, and a copy that is not authorised."""
PERSON: BindParameter[str] = bindparam("person")
AT: BindParameter[datetime] = bindparam("at")
NEWS_SINCE: BindParameter[datetime] = bindparam("news_since")
"""Parameters of the statements: id of the person, now, and `NEWS` ago."""


class Kind(enum.StrEnum):
    """Kind of work; values are codes."""

    GRANT_TO_ACCEPT = "grant-to-accept"
    """Read and accept the conditions of a grant."""
    GRANT_ENDING = "grant-ending"
    """A grant that this person gave or holds ends soon."""
    COPY_TO_AUTHORISE = "copy-to-authorise"
    """A grant provides for a copy, and its holder waits for the authorisation."""
    INTIMATE_REQUEST = "intimate-request"
    """Answer another person's request to open an intimate picture."""
    INTIMATE_AGREED = "intimate-agreed"
    """Open the picture that a second person agreed to, while the agreement lasts."""
    COPY_TO_CHECK = "copy-to-check"
    """Check a redacted film or a transcript that another person made."""
    COPY_ACCEPTED = "copy-accepted"
    COPY_REJECTED = "copy-rejected"
    """Another person has checked a working copy of this person."""
    COPY_FAILED = "copy-failed"
    """A working copy that this person ordered could not be made."""
    SEAL_TO_CONFIRM = "seal-to-confirm"
    """Confirm having stopped and sealed a recording; asked of the person who opened the interview."""
    DISPOSAL_TO_DECIDE = "disposal-to-decide"
    """Decide about another person's request to destroy an item."""
    RETENTION_ENDING = "retention-ending"
    """Decide what becomes of a case whose retention ends."""
    EXAM_OPEN = "exam-open"
    """Complete and close a photograph set."""
    EXAMINATION_OPEN = "examination-open"
    """Complete and seal the record of an examination."""
    SPECIMEN_TO_RECEIVE = "specimen-to-receive"
    """Confirm that a specimen was received, which was handed over to this person's organisation."""
    RECEIPT_OVERDUE = "receipt-overdue"
    """Nobody has confirmed in time that a specimen was received."""
    DRAFT_OPEN = "draft-open"
    """Complete a transcript."""
    CASE_TO_SHARE = "case-to-share"
    """Share a case with a prosecutor: none works with it yet."""
    CASES_WITHOUT_TYPE = "cases-without-type"
    """State the type of cases that hold evidence: until then the longest retention rule applies."""
    STAFF_TO_ADD = "staff-to-add"
    """Add staff: there is no one yet who could open a case."""
    INVITATION_EXPIRED = "invitation-expired"
    """Make a new link for a person who never used theirs."""
    COPIES_DAMAGED = "copies-damaged"
    """Look into damaged objects that no other copy has repaired."""


@dataclass(frozen=True)
class WorkItem:
    """An item of the work queue."""

    kind: Kind
    about: str
    """Id of the grant, derivative, evidence, exam, draft, case or person; the name of a damaged copy."""
    since: datetime
    case: Case | None = None
    until: datetime | None = None
    """Its deadline, or the end of its subject."""
    by: str | None = None
    """Id of the person who waits for it, or who has answered."""
    code: str = ""
    """The kind of a derivative."""
    number: int | None = None
    """Number of the item in its case, or how many."""
    within: str | None = None
    """Id of the interview that a derivative was made from; None for a sheet of photographs."""


def of_derivative(
    kind: Kind, row: Derivative, case: Case, *, since: datetime, by: str | None = None
) -> WorkItem:
    """Return the item about a working copy."""
    return WorkItem(kind, row.id, since, case, by=by, code=row.kind, within=row.interview_id)


def within(role: Role, act: Act, case: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether `PERSON`, who has this role and is active, may do `act` in the case; for roles that need no
    grant for it."""
    if TABLE[act][role] is Reach.CENTER:
        return case.is_not(None)
    return cases.is_own(PERSON, case)


def opened(
    item: InstrumentedAttribute[str], since: InstrumentedAttribute[datetime | None]
) -> ColumnElement[bool]:
    """Whether `PERSON` has opened the item since then."""
    return exists().where(Viewing.evidence_id == item, Viewing.person_id == PERSON, Viewing.at >= since)
