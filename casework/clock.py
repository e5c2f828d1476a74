"""The wall clock, and ids that carry no meaning: what modules that know no center need as well."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


def new_id() -> str:
    """128 random bits as 32 hex digits. Ids carry no meaning."""
    return secrets.token_hex(16)


def now() -> datetime:
    """The wall clock, in UTC, to the millisecond (as it will stand in statements)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
