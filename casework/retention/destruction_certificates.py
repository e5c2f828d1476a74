"""The facts for a certificate of destruction: every version with its state, who authorised it, what remains.
Facts only, for the code that makes the documents in another layer. Only what a listing has shown is
certified: an existing version is reported with the end of its lock, and an unchecked place is named.

Trusts: rows for the location of objects, which have no other source. Statements are read through the ledger
and given with their proofs, and the digest in `evidence.disposed` fixes the list of wrapped keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from casework.center import Center
from casework.clock import now
from casework.database.engine import require_row
from casework.database.models import Disposal, DisposedVersion, Person
from casework.errors import Missing, WrongState
from casework.evidence import viewing
from casework.ledger import chains
from casework.retention import disposal_requests
from casework.retention.disposal_requests import DisposalDetails
from casework.retention.locations import versions_of
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.trust.policy import TrustPolicy


@dataclass(frozen=True)
class CertifiedDisposal:
    """One approved disposal, in its current state."""

    disposal_details: DisposalDetails
    details: bool
    """Whether the details of a case are erased, not a recording part."""
    versions: Sequence[DisposedVersion]
    """By place, key and version."""
    statements: Mapping[int, SignedStatement]
    """Position → statement: the item's whole chain, which is retained."""
    proofs: Mapping[int, bytes]
    """Position → `.tlog-proof`, all under one checkpoint."""
    not_looked: Sequence[str]
    """Places that did not answer in the last pass."""
    policy: TrustPolicy
    authority: bytes
    """The center's certificate authority, X.509 in DER."""
    at: datetime

    @property
    def disposal(self) -> Disposal:
        """Return the database row of the disposal."""
        return self.disposal_details.disposal

    @property
    def listed(self) -> str | None:
        """SHA-256 of the list of destroyed wrapped keys, as stated; None before that."""
        for one in self.statements.values():
            body = one.statement.body
            if one.statement.type == "evidence.disposed" and body["disposal"] == self.disposal.id:
                return str(body["list"])
        return None

    @property
    def pending(self) -> bool:
        """Whether anything is or may be left.

        Then destruction is not complete, and this is not a full certificate yet.
        """
        return self.disposal_details.state != "finished"

    @property
    def handed_out(self) -> Sequence[tuple[str, str]]:
        """Return time and digest of the court packages made of it: other parties hold these, and they
        remain."""
        return [
            (one.statement.at, str(one.statement.body["package"]))
            for one in self.statements.values()
            if one.statement.type == "evidence.exported"
        ]


def certified(center: Center, person: Person, disposal_id: str) -> CertifiedDisposal:
    """Return the facts about one disposal, for people who may see its item.

    Raises `Forbidden`, `Missing`, `WrongState` for one that was not approved.
    """
    with center.database() as session:
        disposal = require_row(session, Disposal, disposal_id, "disposal")
        versions = versions_of(session, disposal_id)
    listed = disposal_requests.listed(center, person, disposal.case_id)
    disposal_details = next((one for one in listed if one.disposal.id == disposal_id), None)
    if disposal_details is None:  # an item outside this person's grants
        raise Missing(f"no disposal {disposal_id[:32]}")
    if not disposal.approved:
        raise WrongState(f"disposal {disposal_id} was not agreed to")
    leaves = chains.chain(center, disposal.item)
    return CertifiedDisposal(
        disposal_details=disposal_details,
        details=disposal.item == disposal.case_id,
        versions=versions,
        statements={at: SignedStatement.parse(leaf) for at, leaf in leaves.items()},
        proofs=chains.prove(center, leaves),
        not_looked=[place.place for place in disposal_details.places if place.trouble is not None],
        policy=viewing.policy(center),
        authority=center.keyholder.public_keys().authority,
        at=now(),
    )
