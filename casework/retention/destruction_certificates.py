"""What a certificate of destruction rests on: every version with its state, who authorised it, what remains.

Facts only, for whoever makes the papers (this floor knows none). Nothing is certified that a listing has not
shown: what is not gone is told with the end of its lock, and a place that was not looked through is named.

Trusts: rows for what lies where, which nobody else can know. What was stated is read through the ledger and
given with its proofs, and the digest in `evidence.disposed` holds the list of wrapped keys to what it was
then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from casework.clock import now
from casework.database.models import Disposal, DisposedVersion, Person
from casework.errors import Missing, WrongState
from casework.evidence import viewing
from casework.ledger import chains
from casework.retention import disposal_requests
from casework.retention.disposal_requests import DisposalDetails
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.trust.policy import TrustPolicy

if TYPE_CHECKING:
    from casework.center import Center


@dataclass(frozen=True)
class Certified:
    """One approved disposal, as it stands now."""

    told: DisposalDetails
    details: bool
    """Whether it is the details of a case that are erased, not a recording part."""
    versions: Sequence[DisposedVersion]
    """By place, key and version."""
    statements: Mapping[int, SignedStatement]
    """Position → statement: the item's whole chain, which stays."""
    proofs: Mapping[int, bytes]
    """Position → `.tlog-proof`, all under one checkpoint."""
    not_looked: Sequence[str]
    """Places that did not answer when they were last looked through."""
    policy: TrustPolicy
    authority: bytes
    """The center's certificate authority, X.509 in DER."""
    at: datetime

    @property
    def disposal(self) -> Disposal:
        """Return the database row of the disposal."""
        return self.told.disposal

    @property
    def listed(self) -> str | None:
        """SHA-256 of the list of destroyed wrapped keys, as it was stated; None until that."""
        for one in self.statements.values():
            body = one.statement.body
            if one.statement.type == "evidence.disposed" and body["disposal"] == self.disposal.id:
                return str(body["list"])
        return None

    @property
    def pending(self) -> bool:
        """Whether anything is left, or may be: then it is no certificate of a whole destruction yet."""
        return self.told.state != "finished"

    @property
    def handed_out(self) -> Sequence[tuple[str, str]]:
        """Time and digest of the court packages that were made of it: those are with others, and stay."""
        return [
            (one.statement.at, str(one.statement.body["package"]))
            for one in self.statements.values()
            if one.statement.type == "evidence.exported"
        ]


def certified(center: Center, person: Person, disposal_id: str) -> Certified:
    """The facts about one disposal, for those who may see its item.

    Raises `Forbidden`, `Missing`, `WrongState` for one that was not approved.
    """
    with center.database() as session:
        disposal = session.get(Disposal, disposal_id)
        if disposal is None:
            raise Missing(f"no disposal {disposal_id[:32]}")
        versions = session.scalars(
            select(DisposedVersion)
            .where(DisposedVersion.disposal_id == disposal_id)
            .order_by(DisposedVersion.place, DisposedVersion.key, DisposedVersion.version)
        ).all()
    listed = disposal_requests.listed(center, person, disposal.case_id)
    told = next((one for one in listed if one.disposal.id == disposal_id), None)
    if told is None:  # of an item that what was granted does not reach
        raise Missing(f"no disposal {disposal_id[:32]}")
    if not disposal.approved:
        raise WrongState(f"disposal {disposal_id} was not agreed to")
    leaves = chains.chain(center, disposal.item)
    return Certified(
        told=told,
        details=disposal.item == disposal.case_id,
        versions=versions,
        statements={at: SignedStatement.parse(leaf) for at, leaf in leaves.items()},
        proofs=chains.prove(center, leaves),
        not_looked=[place.place for place in told.places if place.trouble is not None],
        policy=viewing.policy(center),
        authority=center.keyholder.public_keys().authority,
        at=now(),
    )
