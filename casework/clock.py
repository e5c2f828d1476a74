"""The wall clock, and ids that carry no meaning, for modules that also work without a center."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


def new_id() -> str:
    """Return 128 random bits as 32 hex digits. Ids carry no meaning."""
    return secrets.token_hex(16)


def now() -> datetime:
    """Return the wall clock, in UTC, to the millisecond (the precision of statements)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
