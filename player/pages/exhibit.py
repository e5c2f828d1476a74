"""The data of a recording's page: which exhibit it is, and everything needed to verify it independently.

Reads only through `casework`, which checks permission for every call. The page's checks trust only the bytes
of `Proof`; names and circumstances are shown beside them, and the page marks them as the center's claim.
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
    """A recording part as its page introduces it, before it is opened."""

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
    """The part that a safety recording, made by the room's browser, accompanies."""
    disposed: datetime | None = None
    """When every key to it was destroyed; None before that, even if destruction is approved (`state`)."""


def exhibit(center: Center, person: Person, evidence_id: str, act: Act = Act.VIEW_EVIDENCE) -> Exhibit:
    """Return an exhibit for a person who may do `act` with it. Raises `Forbidden`, `Missing`."""
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
    """Return the input of the page's checks, as JSON; texts are exactly the bytes signed or digested.

    `manifest`, `index`, `policy`: text. `statements`: list of {`leaf`: base64, `proof`: `.tlog-proof` text}.
    Beside them, not proved: `allowed`: indices of the records that may be opened, if only an excerpt is
    granted, or null; `withheld`: indices of those left out because a court has excluded them; `names`: ledger
    position → the person's name at that time; `stated`: place, people present and wish as stated when the
    interview was opened, or null if this person's role may not see them. Raises `Missing`,
    `NothingReadable`, `VaultLocked`.
    """
    proof = viewing.proof()
    interview = exhibit(center, person, viewing.evidence).interview
    entries = [
        entry
        for about in (viewing.evidence, interview)
        for entry in history.of_item(center, person, about, proof.chains[about])
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
        "stated": interviews.opening_details(center, person, interview)
        if may(person, Act.READ_DETAILS)
        else None,
    }
