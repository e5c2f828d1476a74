"""Sets legal holds on the objects of a case in every copy, and lifts them again.

A hold is in force once it is stated (`legal_holds`). This module applies it to the copies: each object of
each item, in each copy that supports holds, and the wraps of the items and of the case through the keyholder.
What fails is retried in the next pass, which also finds later recordings. `HoldStanding` shows people the
progress; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import select

from casework import nodes
from casework.center import Center
from casework.clock import now
from casework.database.models import Evidence, EvidenceState, Hold, HoldStanding
from casework.ledger.chains import ledger_proof
from casework.retention.legal_holds import in_force
from casework.retention.locations import KEYHOLDER
from vault.errors import VaultError
from vault.wrapped_keys.holds_and_destruction import set_holds

AGAIN = timedelta(hours=1)
"""Interval after which held objects are checked again, for later recordings."""
_WORST = ("failed", "away", "no-locks", "held", "free")
"""States of a copy by priority: the first that applies is reported."""


def due(center: Center) -> list[str]:
    """The cases whose copies are due for a pass.

    A hold was placed or lifted, could not be set everywhere, or was set some time ago.
    """
    with center.database() as session:
        cases = set(session.scalars(select(Hold.case_id)))
        return sorted(case for case in cases if _is_due(center, case))


def carry_out(center: Center, case_id: str) -> bool:
    """Apply the holds over this case to every copy; whether all that support it are done.

    Raises `DatabaseAway`, and `CustodyError` of our own ledger.
    """
    with center.database() as session:
        over = in_force(session, case_id)
        lifted = session.scalars(
            select(Hold).where(Hold.case_id == case_id, Hold.lifted_at.is_not(None))
        ).all()
    # The case itself has no objects, but a case without items must not appear held where holds are
    # impossible.
    items = [*_items(center, case_id), case_id]
    states = {
        name: _worst([set_holds(store, f"recordings/{item}/", bool(over)) for item in items])
        for name, store in center.stores.items()
    }
    states |= _wraps(center, items, over, lifted)
    _note(center, case_id, bool(over), states)
    return not any(state in ("failed", "away") for state in states.values())


def _is_due(center: Center, case_id: str) -> bool:
    with center.database() as session:
        held = bool(in_force(session, case_id))
        own = KEYHOLDER + center.node
        rows = [
            row
            for row in session.scalars(select(HoldStanding).where(HoldStanding.case_id == case_id))
            if row.place == own or not row.place.startswith(KEYHOLDER)
        ]
        newest = max(
            moment
            for hold in session.scalars(select(Hold).where(Hold.case_id == case_id))
            for moment in (hold.placed_at, hold.lifted_at)
            if moment is not None
        )
    if own not in {one.place for one in rows}:
        return True
    if any(one.trouble in ("failed", "away") or one.held != held for one in rows):
        return True
    done = min(one.at for one in rows)
    return done <= newest or (held and done <= now() - AGAIN)


def _items(center: Center, case_id: str) -> Sequence[str]:
    return center.database.scalars(
        select(Evidence.id)
        .where(Evidence.case_id == case_id, Evidence.state != EvidenceState.VOID)
        .order_by(Evidence.id)
    )


def _wraps(
    center: Center, items: Sequence[str], over: Sequence[Hold], lifted: Sequence[Hold]
) -> dict[str, str]:
    """The states of the keyholder's copies; `away` if it does not answer."""
    states: dict[str, list[str]] = {}
    try:
        for by_copy in _apply(center, items, over, lifted):
            for name, state in by_copy.items():
                states.setdefault(name, []).append(state)
    except VaultError:
        return {KEYHOLDER + center.node: "away"}
    found = {name: _worst(each) for name, each in states.items()}
    return {**found, KEYHOLDER + center.node: "held" if over else "free"}


def _apply(
    center: Center, items: Sequence[str], over: Sequence[Hold], lifted: Sequence[Hold]
) -> Iterator[dict[str, str]]:
    # Holds first: one refused lifting must not prevent the hold on the next item.
    for item in items:
        for hold in over:
            yield dict(center.keyholder.hold_wraps(item, hold.id))
    proven = ledger_proof(center, [hold.lifted_position or 0 for hold in lifted]) if lifted else []
    for item in items:
        for hold, lifting in zip(lifted, proven, strict=True):
            yield dict(center.keyholder.lift_wraps(item, hold.id, [lifting]))


def _worst(states: Sequence[str]) -> str:
    return next((state for state in _WORST if state in states), "free")


def _note(center: Center, case_id: str, held: bool, states: dict[str, str]) -> None:
    moment = now()
    with center.database.begin() as session:
        machines = nodes.names(session, center)
        for row in session.scalars(select(HoldStanding).where(HoldStanding.case_id == case_id)):
            if row.place.startswith(KEYHOLDER) and row.place.removeprefix(KEYHOLDER) not in machines:
                session.delete(row)  # of a machine that was retired
        for place, state in states.items():
            trouble = None if state in ("held", "free") else state
            session.merge(HoldStanding(case_id=case_id, place=place, held=held, at=moment, trouble=trouble))
