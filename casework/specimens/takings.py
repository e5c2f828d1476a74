"""The takings of a case's specimens, for a paper about the examination: what each was when it was taken.

Read from the ledger, not from the rows, which show the present state. Who has a specimen now is not here.

For callers who have checked that the details of the case may be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from casework.clock import now
from casework.ledger import sealed_details
from casework.specimens import custody
from chain_of_custody.encoding.canonical_json import moment

if TYPE_CHECKING:
    from casework.center import Center
    from casework.database.models import Case
    from chain_of_custody.verifier.specimens import Custody


@dataclass(frozen=True)
class Takings:
    """The takings of a case in the first `size` entries of the ledger, by their number; `at`: when it had
    these. A taking that was withdrawn there is not among them, and none that was signed earlier and came into
    the ledger later."""

    at: datetime
    size: int
    found: Sequence[Taking]


@dataclass(frozen=True)
class Taking:
    """A specimen as its taking states it."""

    number: int
    kind: str
    seal: str
    kit: int | None
    """Number of the kit that it was put into."""
    side: str | None
    region: str | None
    """Its place on the body map; None without one, and once the details of the case are erased."""
    at: datetime


def of_case(center: Center, case: Case) -> Takings:
    """Return the takings that are in the ledger now.

    Raises `VaultLocked`, `NothingReadable`, and as `custody.replay`.
    """
    at, size = now(), center.ledger.size
    found = custody.replay(center, case.id)
    stated = {about: one.taken.statement for about, one in found.items() if _stands(one, size)}
    details = sealed_details.read(center, case, [one.details for one in stated.values() if one.details])
    takings = []
    for about, statement in stated.items():
        body, sealed = statement.body, details.get(statement.details or "", {})
        kit = found[about].kit
        takings.append(
            Taking(
                number=body["number"],
                kind=body["kind"],
                seal=body["seal"],
                kit=None if kit is None else kit.number,
                side=sealed.get("side"),
                region=sealed.get("region"),
                at=moment(statement.at),
            )
        )
    return Takings(at, size, sorted(takings, key=lambda one: one.number))


def _stands(one: Custody, size: int) -> bool:
    """Whether these entries have its taking, and not its withdrawal."""
    withdrawn = one.withdrawn and one.ended is not None and one.ended.position < size
    return one.taken.position < size and not withdrawn
