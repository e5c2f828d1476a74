"""A record of the last days for *System state*: which tiles needed attention on which day.

    health_days: machine, day (of the center's local time), checks, attention

Every ten minutes each machine looks at its state as the page does, counts the check, and adds the tiles that
needed attention then (`tiles.TILES`). It records no more than these codes: no name, no address, no case. Rows
older than `DAYS` days are deleted. While the database is away nothing is recorded: such a day has fewer
checks, or none. The record is for people and may be lost; a rebuilt database begins a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, select

from amana.background_loop import BackgroundLoop
from amana.health.tiles import TILES, State, tiles
from amana.workers import EXPECTED
from casework.center import Center
from casework.clock import now
from casework.database.models import HealthDay

DAYS = 30
"""Days that are recorded and shown, today included."""
EVERY = 600.0
"""Seconds between two checks."""


@dataclass(frozen=True)
class Day:
    """One day of the strip, of all machines together. `checks`: 0 where nothing was measured."""

    day: date
    checks: int
    attention: Sequence[str]
    """The tiles that needed attention, in their order."""


class HealthDays:
    """`start` it once; it records until `stop`. `look` returns the present state, as `status.look` does."""

    def __init__(self, center: Center, look: Callable[[], State], every: float = EVERY) -> None:
        self._center, self._look_now = center, look
        self._loop = BackgroundLoop("health of the day", self._look, every, expected=EXPECTED)

    def start(self) -> None:
        """Start the thread; it ends with the process, or at `stop`."""
        self._loop.start()

    def stop(self) -> None:
        """Stop the thread, and wait for a running check some seconds at most."""
        self._loop.stop()

    def _look(self) -> None:
        record(self._center, self._look_now())


def record(center: Center, state: State) -> None:
    """Add one check of this machine to its row of today; delete the rows of days that are too old."""
    today, found = today_here(), {tile for tile, ok in tiles(state).items() if not ok}
    with center.database.begin() as session:
        session.execute(delete(HealthDay).where(HealthDay.day <= f"{today - timedelta(days=DAYS)}"))
        row = session.get(HealthDay, (center.node, f"{today}"))
        if row is None:
            session.add(row := HealthDay(node=center.node, day=f"{today}", checks=0, attention=""))
        row.checks += 1
        row.attention = " ".join(_in_order(found | set(row.attention.split())))


def last_days(center: Center, state: State) -> list[Day]:
    """Return the last `DAYS` days, the oldest first. The present `state` counts for today."""
    today = today_here()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    checks = dict.fromkeys(days, 0) | {today: 1}
    found: dict[date, set[str]] = {day: set() for day in days}
    found[today] = {tile for tile, ok in tiles(state).items() if not ok}
    for row in center.database.scalars(select(HealthDay).where(HealthDay.day >= f"{days[0]}")):
        if (day := date.fromisoformat(row.day)) in found:
            checks[day] += row.checks
            found[day] |= set(row.attention.split())
    return [Day(day, checks[day], _in_order(found[day])) for day in days]


def today_here() -> date:
    """Return the day of the center's local time."""
    return now().astimezone().date()


def _in_order(found: set[str]) -> list[str]:
    return [tile for tile in TILES if tile in found]
