"""The summary at the top of a case's main pages: the person's name, consent, and the next end of a grant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from casework.access import police_consent
from casework.access.permissions import Act, may, require_case
from casework.cases import consent, description
from casework.center import Center
from casework.clock import now
from casework.database.models import Consent, Grant, Person
from casework.errors import VaultLocked
from casework.retention import legal_holds

CHIPS = {
    Act.CONDUCT_INTERVIEW: (consent.RECORDING,),
    Act.ADD_PHOTOGRAPHS: consent.OF_EXAMINATION,
    Act.GIVE_CASE: (police_consent.INFORMATION, police_consent.PHOTOGRAPHS),
}
"""Subjects of consent that are relevant for people who may do the act."""


@dataclass(frozen=True)
class Summary:
    """A case in one line, for one person."""

    called: str
    """The name of the person whom it is about; empty if none is written, or it cannot be read now."""
    consents: Mapping[str, Consent | None]
    """The newest answer on each subject that matters to the reader; None: not asked yet."""
    held: bool
    """Whether a legal hold is in force."""
    retained_until: datetime | None
    grant_ends: datetime | None
    """When the next of the grants in force ends."""


def of_case(center: Center, person: Person, case_id: str) -> Summary:
    """Return the summary of a case. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        case = require_case(session, person, Act.SEE_CASE, case_id)
        ends = session.scalar(
            select(func.min(Grant.ends_at)).where(
                Grant.case_id == case_id, Grant.withdrawn_at.is_(None), Grant.ends_at > now()
            )
        )
    subjects = [one for act, some in CHIPS.items() if may(person, act) for one in some]
    answers = consent.consents_in_force(center, person, case_id) if subjects else {}
    return Summary(
        called=_called(center, person, case_id),
        consents={subject: answers[subject] for subject in subjects},
        held=legal_holds.over(center, case_id),
        retained_until=case.keep_until if may(person, Act.KEEP_CASE) else None,
        grant_ends=ends if may(person, Act.GIVE_CASE) else None,
    )


def _called(center: Center, person: Person, case_id: str) -> str:
    if not may(person, Act.DESCRIBE_CASE):
        return ""
    try:
        described = description.read(center, person, case_id)
    except VaultLocked:
        return ""
    return described.called if described else ""
