"""Stalled disposals: decided some time ago, not over, and not waiting for a lock.

A disposal in buckets is normally pending for weeks. This finds those that need attention: a place does not
answer, or refuses deletion, or a machine has never checked its own places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import select

from casework.center import Center
from casework.clock import now
from casework.database.models import Disposal, DisposalPlace, DisposedVersion
from casework.retention.locations import versions_of

LATE = timedelta(days=1)
"""How long a disposal may take beyond its locks before it counts as stalled."""

Why = Literal["away", "refused", "left", "machine"]


@dataclass(frozen=True)
class StalledDisposal:
    """A stalled disposal."""

    disposal: str
    why: Why
    """Reason code.

    `away`, `refused`: state of a place in the last pass. `left`: there are versions without a lock, mostly
    since these credentials may not delete. `machine`: one of the center's machines has not checked its own
    places, or its keyholder was not informed of a refusal.
    """
    places: Sequence[str]
    """The places; none if a machine has not checked."""


@dataclass(frozen=True)
class StalledDisposals:
    """All disposals that are not over."""

    pending: int
    stuck: Sequence[StalledDisposal]


def stalled_disposals(center: Center) -> StalledDisposals:
    """The state of the decided disposals that are not over, from the records; queries no place."""
    with center.database() as session:
        pending = session.scalars(
            select(Disposal)
            .where(Disposal.approved.is_not(None), Disposal.finished_at.is_(None))
            .order_by(Disposal.decided_at, Disposal.id)
        ).all()
        stalled = []
        for disposal in pending:
            if disposal.decided_at is None or disposal.decided_at > now() - LATE:
                continue
            places = session.scalars(
                select(DisposalPlace).where(DisposalPlace.disposal_id == disposal.id)
            ).all()
            left = versions_of(session, disposal.id, DisposedVersion.gone_at.is_(None))
            if (stuck := _stuck(disposal, places, left)) is not None:
                stalled.append(stuck)
        return StalledDisposals(len(pending), stalled)


def _stuck(
    disposal: Disposal, places: Sequence[DisposalPlace], left: Sequence[DisposedVersion]
) -> StalledDisposal | None:
    whys: tuple[Why, ...] = ("refused", "away")
    for why in whys:
        if troubled := [one.place for one in places if one.trouble == why]:
            return StalledDisposal(disposal.id, why, sorted(troubled))
    if disposal.approved:
        # Objects wait for the wrapped keys: while a key is left, only keys can be late.
        waited_for = [one for one in left if one.wrap] or left
        free = {
            one.place for one in waited_for if one.locked_until is None or one.locked_until < now() - LATE
        }
        if free:
            return StalledDisposal(disposal.id, "left", sorted(free))
        if waited_for:
            return None
    return StalledDisposal(disposal.id, "machine", ())
