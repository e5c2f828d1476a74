"""Sealed items of every kind, and the permission for each: the gateway's first step (`gateway`).

People who may view evidence open a recording or a received file. People who may open photographs open a
photograph or document, an intimate one once a second person has agreed. A derivative is opened as its sources
are.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from casework.access import intimate_access, police_consent
from casework.access.permissions import OF_A_SHEET, Act, act_with, may, require, require_item
from casework.database.models import Case, Evidence, Grant, Person, Photograph
from casework.database.models import EvidenceState as State
from casework.errors import Disposed, Missing, WrongState
from casework.ledger import projection_retention

RECORDING, PHOTOGRAPH, DOCUMENT, RECEIVED = "recording", "photograph", "document", "received"
DERIVATIVE = "derivative"
FILES = (PHOTOGRAPH, DOCUMENT)
"""Kinds that arrive as a file, and are opened as photographs are."""
ADDED = (*FILES, RECEIVED)
"""Kinds that people add as files."""
KINDS = (RECORDING, *ADDED, DERIVATIVE)


def sealed(
    session: Session,
    person: Person,
    act: Act,
    evidence_id: str,
    purpose: str | None = None,
    *,
    kinds: Collection[str] = KINDS,
) -> tuple[Evidence, Case, Grant | None]:
    """Return the item, its case, and the grant by which `person` may do `act` (None: not by a grant).

    `act`: as for a recording; with a photograph or a sheet, the corresponding act applies. Raises
    `Forbidden`, `GivingRefused`, `NeedsSecond` and `ConsentGone` for an intimate one, `Missing` for none of
    these kinds, `Disposed`, `WrongState` for one that is not sealed.
    """
    _require_role(person, act, kinds)
    item = session.get(Evidence, evidence_id)
    if item is None or item.kind not in kinds:
        raise Missing(f"no {' or '.join(kinds)} {evidence_id[:32]}")
    case, grant = require_item(session, person, act_with(session, act, item), item, purpose)
    if grant is None:
        police_consent.require_item(session, person, item)
    if item.kind != RECORDING and session.get_one(Photograph, item.id).intimate:
        intimate_access.require_agreed(session, person, item, purpose)
    if item.state is State.DISPOSED:
        raise Disposed(_disposed(session, item.id))
    if not item.state.sealed:
        raise WrongState(f"evidence {item.id} is {item.state}, not sealed")
    return item, case, grant


def require_derivatives_role(person: Person, act: Act) -> None:
    """Raises `Forbidden` for people who do this with no kind of derivative, so that they cannot find out
    which ids exist."""
    _require_role(person, act, (DERIVATIVE,))


# --- inside -------------------------------------------------------------------------------------------------


def _require_role(person: Person, act: Act, kinds: Collection[str]) -> None:
    """Raise `Forbidden` if the role permits this for none of these kinds, before any id is looked up."""
    files, others = set(kinds) <= set(FILES), OF_A_SHEET.get(act, act)
    require(person, others if files or not may(person, act) else act)


def _disposed(session: Session, evidence_id: str) -> str:
    disposal = projection_retention.approved(session, evidence_id)
    if disposal is None or disposal.disposed_at is None:
        return f"the destruction of evidence {evidence_id} was authorised; nothing opens it any more"
    return f"evidence {evidence_id} was disposed of on {disposal.disposed_at:%Y-%m-%d}"
