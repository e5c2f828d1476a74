"""Facts about the center that both the page of its state and the metrics show, each read in one way.

Nothing here waits for an object store or another party, or changes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amana.keyholder import object_lock_renewal
from amana.keyholder.client import KeyholderClient
from amana.keyholder.object_lock_renewal import RenewalState
from amana.settings import Settings
from casework import nodes
from casework.center import Center
from casework.database import failover, postgresql
from casework.database.failover import Primary, Standbys
from casework.interviews import interviews
from casework.witnesses.cosignatures import Cosignatures
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.trust.named_parties import ThirdParties


@dataclass(frozen=True)
class LedgerFacts:
    """The newest checkpoint, and the keyholder's record of what it signed, if it is a process of its own."""

    checkpoint: Checkpoint
    abandoned: int | None
    """Checkpoints signed and never kept; None without such a keyholder."""
    rolled_back: bool
    """Whether the keyholder signed a larger ledger: the database is an old one."""


@dataclass(frozen=True)
class DatabaseFacts:
    """The working database. `standbys`: None where none is expected, as on SQLite."""

    kind: str
    version: str
    standbys: Standbys | None
    primary: Primary | None
    """The newest PostgreSQL server that this machine saw."""


def database(center: Center, settings: Settings) -> DatabaseFacts:
    """Return the state of the working database. Raises `DatabaseAway`."""
    with center.database.engine.connect() as connection:
        version = ".".join(str(number) for number in connection.dialect.server_version_info or ())
        if not settings.server:
            return DatabaseFacts(connection.dialect.name, version, None, None)
        standbys = postgresql.standbys(connection, settings.server)
    return DatabaseFacts("postgresql", version, standbys, failover.stored_primary(settings.primary))


def checkpoint(center: Center) -> Checkpoint:
    """Return the newest checkpoint, without the keyholder. Raises `CustodyError`, `VaultError`."""
    return open_checkpoint(center.ledger.checkpoint(), center.log_keys)


def ledger(center: Center) -> LedgerFacts:
    """Return the state of the ledger. Raises `CustodyError`, `VaultError`."""
    newest = checkpoint(center)
    if not isinstance(center.keyholder, KeyholderClient):
        return LedgerFacts(newest, None, False)
    signed, abandoned = center.keyholder.memory()
    return LedgerFacts(newest, abandoned, signed is not None and signed.size > newest.size)


def cosigned(center: Center, parties: ThirdParties) -> int:
    """Return how many statements the quorum of witnesses has cosigned. Raises `CustodyError`."""
    notes = Cosignatures(center.database, center.log_keys).newest(parties)
    return next((one.checkpoint.size for one in notes if one.quorum_met), 0)


def recorders(center: Center) -> tuple[Mapping[str, bool], int]:
    """Return by interview whether its recorder here answers, and the number of parts that are not sealed."""
    unfinished = interviews.unfinished(center)
    return {one: center.rooms.reach(one) is not None for one, _ in unfinished}, len(unfinished)


def lock_renewals(center: Center, settings: Settings) -> Mapping[str, RenewalState]:
    """Return by copy how its locks were renewed last. Empty without the lease: another machine renews."""
    leads = nodes.has_lease(center, nodes.CENTER_WIDE)
    return object_lock_renewal.renewal_states(settings.renewal) if leads else {}
