"""The wall clock, and ids that carry no meaning, for modules that also work without a center."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta


def new_id() -> str:
    """Return 128 random bits as 32 hex digits. Ids carry no meaning."""
    return secrets.token_hex(16)


def now() -> datetime:
    """Return the wall clock, in UTC, to the millisecond (the precision of statements)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def local_text(when: datetime) -> str:
    """Return a time in the center's time zone, the machine's: to the second, with the zone."""
    return f"{when.astimezone():%Y-%m-%d %H:%M:%S} {zone_of(when)}"


def zone_of(when: datetime) -> str:
    """Return the distance of the center's time zone from UTC at this time: `UTC+2`, `UTC-3:30`, `UTC`."""
    hours, minutes = divmod(abs(minutes_ahead(when)), 60)
    sign = "-" if minutes_ahead(when) < 0 else "+"
    return f"UTC{sign}{hours}{f':{minutes:02}' if minutes else ''}" if hours or minutes else "UTC"


def minutes_ahead(when: datetime) -> int:
    """Return by how many minutes the center's time zone is ahead of UTC at this time."""
    return (when.astimezone().utcoffset() or timedelta()) // timedelta(minutes=1)
