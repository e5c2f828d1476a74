"""The claim of a scrub on one item in one copy: two processes do not repair the same objects at once.

It is a time in the database, so that a claim of a process that died expires by itself.
"""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy import Update, or_, select, update
from sqlalchemy.exc import IntegrityError

from casework.center import Center
from casework.clock import now
from casework.copies.copy_reading import Pace
from casework.database.engine import updated
from casework.database.models import CopyReading, Evidence

LIFETIME = timedelta(minutes=15)
"""Of a claim on an item; renewed while the process reads."""
RENEW = 60.0
"""Seconds between renewals of a claim."""


class ItemClaimed(Exception):  # named after the situation, as in casework.errors
    """Another process is reading this item."""


class Claim:
    """A claim: one process at a time works on an item in a copy. It expires unless renewed."""

    def __init__(self, center: Center, copy: str, evidence: str) -> None:
        self._database, self._row = center.database, (copy, evidence)
        try:
            with self._database.begin() as session:
                if session.get(CopyReading, self._row) is None:
                    session.add(CopyReading(copy=copy, evidence_id=evidence))
        except IntegrityError:
            pass  # another process has just made it
        with self._database.begin() as session:
            free = or_(CopyReading.claimed_until.is_(None), CopyReading.claimed_until < now())
            self._until = now() + LIFETIME
            taken = updated(session, self._mine.where(free).values(claimed_until=self._until))
        if taken != 1:
            raise ItemClaimed(f"{evidence} in {copy} is being read by another process")
        self._renewed = time.monotonic()

    def while_reading(self, pace: Pace) -> Pace:
        """Return `pace`, extended to renew the claim."""

        def renewing(size: int) -> None:
            pace(size)
            self._renew()

        return renewing

    def release(self) -> None:
        """Release the claim, unless another process has it already."""
        with self._database.begin() as session:
            session.execute(self._still_ours.values(claimed_until=None))

    def _renew(self) -> None:
        """Renew the claim. Raises `ItemClaimed` if another process has claimed the item since, or it was
        disposed of, so that a process that was suspended writes nothing more."""
        if time.monotonic() <= self._renewed + RENEW:
            return
        self._renewed, until = time.monotonic(), now() + LIFETIME
        with self._database.begin() as session:
            state = session.scalar(select(Evidence.state).where(Evidence.id == self._row[1]))
            renewed = updated(session, self._still_ours.values(claimed_until=until))
            if renewed != 1 or state is None or not state.sealed:
                raise ItemClaimed(f"{self._row[1]} in {self._row[0]} is not ours to read any more")
        self._until = until

    @property
    def _still_ours(self) -> Update:
        return self._mine.where(CopyReading.claimed_until == self._until)

    @property
    def _mine(self) -> Update:
        copy, evidence = self._row
        return update(CopyReading).where(CopyReading.copy == copy, CopyReading.evidence_id == evidence)
