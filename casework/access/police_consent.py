"""What the person agrees to give to the police and the prosecution of her examination: information,
photographs and specimens, each by an answer of its own.

A refusal or a withdrawal takes effect from the next request on, and only for the people of the police and
the prosecution: whoever treats her opens the same items as before. It reaches no grant to a court or the
defence, which rests on its own consent or on a court's order (`grants_in_force`).

Information is the record of an examination, any other document of a guided set, and the notes of the set
with its report. Photographs are all photographs of the case, with the sheets made of them, since only
examiners add any. Until she is asked, both open: the case is given to the prosecution by people who work with
her. A specimen leaves the center and cannot be recalled, so it may be given only after she has agreed.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from casework.access import grants_in_force
from casework.access.grants_in_force import WITHDRAWN_OUTCOMES
from casework.database.models import Derivative, Evidence, Person, Photograph, Role
from casework.errors import GivingRefused
from chain_of_custody.statements.types import EXAMINATION, OF_PHOTOGRAPHS

INFORMATION, PHOTOGRAPHS, SPECIMENS = "police-information", "police-photographs", "police-specimens"
"""Subjects of consent."""
TAKING_SPECIMENS = "specimens"
"""Subject of the consent to the taking of specimens."""
POLICE_AND_PROSECUTION = frozenset((Role.INTERVIEWER, Role.PROSECUTOR))
"""Interviewers may be police officers."""


def require(session: Session, person: Person, case_id: str, subject: str) -> None:
    """Raise `GivingRefused` for a person of the police or the prosecution if she refuses the subject."""
    if subject in refused_to(session, person, case_id, subject):
        raise GivingRefused(f"consent to {subject} is refused or withdrawn in case {case_id}")


def refused_to(session: Session, person: Person, case_id: str, *subjects: str) -> Sequence[str]:
    """Return which of these subjects she refuses to give to a person of this role; none to other roles."""
    if person.role not in POLICE_AND_PROSECUTION:
        return ()
    answers = {one: grants_in_force.consent_to(session, case_id, one) for one in subjects}
    return [one for one, answer in answers.items() if answer and answer.outcome in WITHDRAWN_OUTCOMES]


def require_item(session: Session, person: Person, item: Evidence) -> None:
    """Check `require` for an item, if it is of an examination. Raises `GivingRefused`."""
    subject = _subject(session, item)
    if subject is not None:
        require(session, person, item.case_id, subject)


def specimens_may_be_given(session: Session, case_id: str) -> bool:
    """Return whether specimens may be given to the police or the prosecution: the person has agreed to it,
    with limits or without, and has not refused that specimens are taken."""
    taken = grants_in_force.consent_to(session, case_id, TAKING_SPECIMENS)
    given = grants_in_force.consent_to(session, case_id, SPECIMENS)
    refused = taken is not None and taken.outcome in WITHDRAWN_OUTCOMES
    return not refused and given is not None and given.outcome not in WITHDRAWN_OUTCOMES


def subject_of_file(kind: str, format_: str, exam: str | None) -> str | None:
    """Return the subject of a photograph or another file of this format, which is of the set `exam` or of
    none; None if it is not of an examination."""
    if kind == "photograph":
        return PHOTOGRAPHS
    return INFORMATION if kind == "document" and (exam is not None or format_ == EXAMINATION) else None


def _subject(session: Session, item: Evidence) -> str | None:
    if item.kind in ("photograph", "document"):
        file = session.get_one(Photograph, item.id)
        return subject_of_file(item.kind, file.format, file.exam_id)
    if item.kind == "derivative" and session.get_one(Derivative, item.id).kind in OF_PHOTOGRAPHS:
        return PHOTOGRAPHS
    return None
