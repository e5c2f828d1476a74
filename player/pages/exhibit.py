"""What the court room's page is given: which exhibit it is, and everything needed to check it alone.

Reads only through `casework`: permission is asked there for every call. Nothing here is trusted by the page's
checks but the bytes of `Proof`; names and circumstances are told beside them, and the page says that they are
the center's word.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from casework.access.permissions import Act, may, require_item
from casework.cases import history
from casework.database.models import Evidence, EvidenceState, Person
from casework.errors import Missing
from casework.evidence.viewing import Viewing
from casework.interviews import interviews
from casework.interviews.interviews import Part, Safety
from casework.retention import disposal_requests

if TYPE_CHECKING:
    from casework.center import Center


@dataclass(frozen=True)
class Exhibit:
    """A recording part as its page introduces it, before anybody has opened it."""

    evidence: str
    number: int
    """Part 1, 2, … of its interview."""
    state: EvidenceState
    begins: datetime
    ends: datetime | None
    """None while it is recorded."""
    interview: str
    purpose: str
    """Why the interview was held: a code."""
    case: str
    code: str
    """The case's number, for people."""
    parts: Sequence[Part]
    """All parts of the interview, with the gaps between them."""
    beside: str | None = None
    """Of a safety recording, which the room's browser made: the part it stands beside."""
    disposed: datetime | None = None
    """When every key to it was gone; None before that, though its destruction may be agreed to (`state`)."""


def exhibit(center: Center, person: Person, evidence_id: str, act: Act = Act.VIEW_EVIDENCE) -> Exhibit:
    """Introduce an exhibit to somebody who may do `act` with it. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        row = session.get(Evidence, evidence_id)
        if row is None or row.interview_id is None:  # a photograph or a document has no film
            raise Missing(f"no recording {evidence_id[:32]}")
        require_item(session, person, act, row)
    interview = interviews.get(center, person, row.interview_id, act)
    parts = interviews.list_parts(interview)
    listed = interviews.list_items(interview)
    part = next((part for part in listed if part.evidence == evidence_id), None)
    if part is None:
        raise Missing(f"part {evidence_id} was never begun")
    return Exhibit(
        evidence=part.evidence,
        number=part.number,
        state=part.state,
        begins=part.begins,
        ends=part.ends,
        interview=interview.id,
        purpose=interview.purpose,
        case=interview.case_id,
        code=interview.case.code,
        parts=parts,
        beside=part.beside if isinstance(part, Safety) else None,
        disposed=None
        if (ended := disposal_requests.disposed(center, evidence_id)) is None
        else ended.disposed_at,
    )


def bundle(center: Center, person: Person, viewing: Viewing) -> dict[str, Any]:
    """What the page's checks need, as JSON; texts are exactly the bytes that were signed or digested.

    `manifest`, `index`, `policy`: text. `statements`: list of {`leaf`: base64, `proof`: `.tlog-proof` text}.
    Beside them, told and not proved: `allowed`: indices of the records that may be opened, where only an
    excerpt is granted, or null; `withheld`: indices of those that are left out, since a court has excluded
    them; `names`: ledger position → who it was, by the name of that time;
    `told`: place, people present and wish as stated when the interview was opened; or null, where they are
    not for this person's role too. Raises `Missing`, `NothingReadable`, `VaultLocked`.
    """
    proof = viewing.proof()
    interview = exhibit(center, person, viewing.evidence).interview
    entries = [
        entry for about in (viewing.evidence, interview) for entry in history.of_item(center, person, about)
    ]
    return {
        "manifest": proof.manifest.decode(),
        "index": proof.index.decode(),
        "policy": proof.policy.decode(),
        "statements": [
            {"leaf": base64.b64encode(leaf).decode(), "proof": text.decode()}
            for leaf, text in proof.statements.values()
        ],
        "allowed": None if viewing.allowed is None else sorted(viewing.allowed),
        "withheld": sorted(viewing.withheld),
        "names": {str(entry.position): entry.name for entry in entries if entry.name is not None},
        "told": interviews.opening_details(center, person, interview)
        if may(person, Act.READ_DETAILS)
        else None,
    }
