"""The recorders enrolled by this center, and their revocation.

A recorder's key counts from its enrolment (`custody_log.enrol_recorder`) until it is revoked. What it
recorded and sealed before stays proved. Its later statements are refused here and by every verifier. So a
recording that is running at the revocation can never be sealed: revoking waits for it unless the key must
end at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from casework import codes
from casework.access.permissions import Act, require
from casework.center import Center
from casework.database.models import Evidence, EvidenceState, Person
from casework.errors import Missing, WrongState
from casework.ledger import custody_log, registry_statements


@dataclass(frozen=True)
class Recorder:
    """`enrolled`, `revoked`: positions in the ledger. `open`: ids of the parts that it has not sealed."""

    key: str
    name: str
    enrolled: int
    revoked: int | None
    open: tuple[str, ...]


def listed(center: Center) -> Sequence[Recorder]:
    """Return every recorder that was ever enrolled, in order of enrolment."""
    recorders = []
    for record in custody_log.keys(center).values():
        if record.holder == "recorder" and record.enrolled is not None:
            parts = _open_parts(center, record.id)
            recorders.append(Recorder(record.id, record.name, record.enrolled, record.revoked, parts))
    return recorders


def in_force(center: Center) -> list[str]:
    """Return the key ids of the recorders that may record, the newest last."""
    known = custody_log.keys(center).values()
    return [record.id for record in known if record.holder == "recorder" and record.revoked is None]


def revoke(center: Center, by: Person | None, key: str, reason: str, *, at_once: bool = False) -> None:
    """Revoke a recorder's key, by its id; does nothing if it is revoked already. `reason`: a code.

    `at_once`: also while it records; its current recording can then never be sealed. `by` None: the machine's
    own terminal. Raises `Forbidden`, `Missing`, `Refused`, `WrongState`.
    """
    if by is not None:
        require(by, Act.MANAGE_PEOPLE)
    codes.require_code(reason, "reason")
    record = custody_log.keys(center).get(key)
    if record is None or record.holder != "recorder":
        raise Missing(f"no recorder {key[:16]}")
    if record.revoked is not None:
        return
    if not at_once and (parts := _open_parts(center, key)):
        raise WrongState(f"recorder {key} has not sealed {', '.join(parts)}")
    registry_statements.state(center, by, "recorder.revoked", {"key": key, "reason": reason})


def _open_parts(center: Center, key: str) -> tuple[str, ...]:
    return tuple(
        center.database.scalars(
            select(Evidence.id)
            .where(Evidence.recorder == key, Evidence.state == EvidenceState.RECORDING)
            .order_by(Evidence.opened_at)
        )
    )
