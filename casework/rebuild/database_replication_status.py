"""Replication status: how far each copy is, and which objects in it are superseded.

`database_replication` does the work; docs/spec/stores.md defines what is replicated, and under which keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.center import Center
from casework.database.models import Cosignature, PublishedCatalogue, PublishedCopy, Timestamp
from casework.rebuild import object_keys
from casework.rebuild.catalogue_versions import ROW, digest_now
from chain_of_custody.errors import CustodyError
from chain_of_custody.tlog.tiles import Tile, tile_at
from vault.errors import StoreUnavailable, VaultError
from vault.stores.base import Store


@dataclass(frozen=True)
class Published:
    """Replication progress of one copy, for people."""

    copy: str
    size: int
    behind: int
    """Statements that it does not have yet."""
    catalogue: int
    current: bool
    """Whether its newest catalogue describes the current state."""
    failing_since: datetime | None
    trouble: str | None


def published_copies(center: Center) -> list[Published]:
    """Compare each copy with the current database. Queries no store."""
    size, digest = center.ledger.size, digest_now(center)
    with center.database() as session:
        states = [progress(session, copy) for copy in center.stores]
        newest = session.get(PublishedCatalogue, ROW)
    number = None if newest is None or newest.digest != digest else newest.number
    return [
        Published(
            copy=row.copy,
            size=row.size,
            behind=size - row.size,
            catalogue=row.catalogue,
            current=row.catalogue == number,
            failing_since=row.failing_since,
            trouble=row.trouble,
        )
        for row in states
    ]


def progress(session: Session, copy: str) -> PublishedCopy:
    """Return the recorded progress of a copy; size 0 and catalogue 0 if it is new."""
    return session.get(PublishedCopy, copy) or PublishedCopy(copy=copy, size=0, catalogue=0, complete=0)


def superseded(center: Center) -> Callable[[str], bool]:
    """Return a test whether an object is superseded in every copy, and need not be retained.

    Superseded are partial tiles within the tree, checkpoints without signatures of others, and catalogues
    before the complete one that the newest builds on. False for anything unknown: an expired lock cannot be
    restored.
    """
    prefix = object_keys.ledger_prefix(center.origin)
    with center.database() as session:
        known = [progress(session, copy) for copy in center.stores]
        signed = {*session.scalars(select(Cosignature.size)), *session.scalars(select(Timestamp.size))}
    size = min((row.size for row in known), default=0)
    complete = min((row.complete for row in known), default=0)

    def superseded(key: str) -> bool:
        if (catalogue := object_keys.parse_catalogue_key(key)) is not None:
            return catalogue < complete
        if not key.startswith(prefix):
            return False
        if (place := object_keys.parse_checkpoint_key(key)) is not None:
            return place[0] < size and place[0] not in signed
        try:
            tile = Tile.parse(key.removeprefix(prefix))
        except CustodyError:
            return False
        return tile.partial and tile.within(size) and tile != tile_at(size, tile.level, tile.index)

    return superseded


def signed_checkpoints(store: Store, origin: str) -> Iterator[tuple[int, bytes]]:
    """Size and note of each checkpoint in a store with the ledger's own lines, the largest first.

    Skips those that cannot be read. Raises `StoreUnavailable`.
    """
    prefix = f"{object_keys.ledger_prefix(origin)}checkpoint/"
    parsed = [(object_keys.parse_checkpoint_key(key), key) for key in store.list(prefix)]
    own = [(place[0], key) for place, key in parsed if place and place[1] == object_keys.OWN]
    for size, key in sorted(own, reverse=True):
        try:
            yield size, store.get(key)
        except StoreUnavailable:
            raise
        except VaultError:
            continue
