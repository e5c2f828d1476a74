"""The name of the person whom a case is about, and notes: for the staff who work with it, sealed to the case.

Each change is a statement (`case.described`) with the text in its details; the newest counts. The text is in
no column, address, title or log, and is erased when the case's key is destroyed. Grant holders cannot read
it.
"""

from __future__ import annotations

from dataclasses import dataclass

from casework.access.permissions import Act, Reach, reach, require_case
from casework.cases import cases
from casework.center import Center
from casework.database.models import Case, Person
from casework.errors import Refused
from casework.ledger import custody_log, sealed_details, statement_index
from casework.ledger.reasons import MAX_TEXT
from casework.short_text import identifying

TYPE = "case.described"
PURPOSE = "work"
MAX_NAME = 200


@dataclass(frozen=True)
class Description:
    """The decrypted description."""

    called: str
    notes: str


def describe(center: Center, by: Person, case_id: str, *, called: str, notes: str) -> None:
    """Write the name of the person whom the case is about, and notes.

    Raises `Forbidden`, `Missing`, `CaseVoided`, `Refused`, `TextUnseen`.
    """
    called, notes = identifying(called, MAX_NAME, "a name"), notes.strip()
    if len(notes) > MAX_TEXT:
        raise Refused(f"notes have at most {MAX_TEXT} characters")
    case = cases.get(center, by, case_id, Act.DESCRIBE_CASE)  # 1. Permission
    cases.require_in_use(case)
    custody_log.append(  # 2. Statement
        center,
        custody_log.Draft(
            type=TYPE,
            evidence=case.id,
            person=by,
            purpose=PURPOSE,
            body={},
            case=case,
            details={"called": called, "notes": notes},
        ),
    )


def readable(person: Person) -> bool:
    """Return whether the person's role may read descriptions: courts and the defence, who hold grants, may
    not."""
    return reach(person, Act.READ_DETAILS) is Reach.OWN_CASES


def read(center: Center, person: Person, case_id: str) -> Description | None:
    """Return the newest description; None if there is none, it was erased, or this person's role may not read
    it.

    Raises `Forbidden`, `Missing`, `VaultLocked`.
    """
    with center.database() as session:
        case = require_case(session, person, Act.READ_DETAILS, case_id)
        if not readable(person):
            return None
        newest = statement_index.newest(session, case.id, TYPE)
    return None if newest is None or newest.details is None else opened(center, case, newest.details)


def opened(center: Center, case: Case, commitment: str) -> Description | None:
    """Return the description behind a commitment; None if it was erased. The caller has checked the
    permission.

    Raises `VaultLocked`, and as `sealed_details.read`.
    """
    details = sealed_details.read(center, case, [commitment]).get(commitment)
    return (
        None
        if details is None
        else Description(str(details.get("called", "")), str(details.get("notes", "")))
    )
