"""A proved timestamp: an authority's token, and the checkpoint of the ledger that it covers.

This module proves nothing; `token_verification` proves a response and returns its `Token`.

Specification: docs/spec/time.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Token:
    """A proved token.

    `at`: the authority's time; `accuracy`: its possible error, None if not stated; `serial`: the authority's
    number for it; `hash`: the hash that digested the data; `expires_at`: when the first certificate of its
    chain expires; `nonce`: as requested; `digest`: SHA-512 of the whole response, in hexadecimal, by which
    `timestamp.renewed` names it.
    """

    at: datetime
    accuracy: timedelta | None
    serial: int
    hash: str
    expires_at: datetime
    nonce: int | None
    digest: str

    @property
    def earliest(self) -> datetime:
        """Return the earliest time that the token allows."""
        return _moved(self.at, -(self.accuracy or timedelta()))

    @property
    def latest(self) -> datetime:
        """Return the latest time that the token allows."""
        return _moved(self.at, self.accuracy or timedelta())


@dataclass(frozen=True)
class Stamp:
    """A proved token of `authority` over the checkpoint of `size` entries with this `root` (hexadecimal).

    The caller must have proved that this checkpoint is of the ledger.
    """

    authority: str
    size: int
    root: str
    token: Token

    def covers(self, position: int) -> bool:
        """Return whether the entry at `position` of the ledger is in that tree."""
        return position < self.size


def _moved(when: datetime, by: timedelta) -> datetime:
    try:
        return when + by
    except OverflowError:
        return _FIRST if by < timedelta() else _LAST
