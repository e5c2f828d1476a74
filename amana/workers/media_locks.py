"""Renewal of the locks of all media that must be retained (`amana.keyholder.object_lock_renewal`).

The database says which items must be retained. It is queried again during a walk: a walk may take hours, or
be suspended, and what was disposed of meanwhile must not be locked for another three months. Items that the
database does not know are renewed, too: it may have been restored from an older backup, and an expired lock
cannot be restored.
"""

from __future__ import annotations

import functools
import re
import time
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from amana.keyholder.object_lock_renewal import EVERY, PAUSE, Lives, LivesUnknown, Renewal
from casework.center import Center
from casework.database.models import Evidence, EvidenceState
from casework.errors import DatabaseAway
from casework.rebuild import database_replication_status

FRESH = 30.0
"""Seconds for which a query result is valid."""

_EVIDENCE = re.compile(r"recordings/([0-9a-f]{32})/")


class LockRenewal(Renewal):
    """Walks every copy of a center that can lock."""

    def __init__(self, center: Center, note: Path, every: float = EVERY, pause: float = PAUSE) -> None:
        super().__init__(center.stores, functools.partial(lives, center), note, every, pause)


def lives(center: Center) -> Lives:
    """Return the test for whether the object under a key must be retained.

    Not retained: what the database says was never recorded or is disposed of, and what something newer has
    replaced in both copies (`database_replication_status.superseded`). Raises `LivesUnknown`, and so does the
    returned test.
    """
    known, at = _lives(center), time.monotonic()

    def lives(key: str) -> bool:
        nonlocal known, at
        if time.monotonic() - at > FRESH:
            known, at = _lives(center), time.monotonic()
        return known(key)

    return lives


def _lives(center: Center) -> Lives:
    # A hold cancels disposals: `hold_overrides.take_back`.
    ended = (EvidenceState.VOID, EvidenceState.DISPOSED)
    try:
        with center.database() as session:
            void = set(session.scalars(select(Evidence.id).where(Evidence.state.in_(ended))))
        superseded = database_replication_status.superseded(center)
    except (SQLAlchemyError, DatabaseAway) as error:
        raise LivesUnknown(type(error).__name__) from error

    def lives(key: str) -> bool:
        match = _EVIDENCE.match(key)
        return not superseded(key) if match is None else match[1] not in void

    return lives
