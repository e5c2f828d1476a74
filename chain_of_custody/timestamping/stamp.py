"""A proved timestamp: an authority's token, and the checkpoint of the ledger that it is over.

Proves nothing itself: `timestamps` does, and makes them.

Specification: docs/spec/time.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Token:
    """A proved token. `at`: the authority's time; `accuracy`: how far off it may be, None where it does not
    say; `serial`: the authority's number for it; `hash` the data was digested with; `expires_at`: when the
    first certificate it stands on ends; `nonce` as it was asked for; `digest`: SHA-512 of the whole response,
    in hexadecimal, by which `timestamp.renewed` names it."""

    at: datetime
    accuracy: timedelta | None
    serial: int
    hash: str
    expires_at: datetime
    nonce: int | None
    digest: str

    @property
    def earliest(self) -> datetime:
        """The earliest that the authority's words allow."""
        return _moved(self.at, -(self.accuracy or timedelta()))

    @property
    def latest(self) -> datetime:
        """The latest that they allow."""
        return _moved(self.at, self.accuracy or timedelta())


@dataclass(frozen=True)
class Stamp:
    """A proved token of `authority` over the checkpoint of `size` entries with this `root` (hexadecimal).
    That this checkpoint is of the ledger is for the caller to have proved."""

    authority: str
    size: int
    root: str
    token: Token

    def covers(self, position: int) -> bool:
        """Whether the entry at `position` of the ledger is in that tree."""
        return position < self.size


def _moved(when: datetime, by: timedelta) -> datetime:
    try:
        return when + by
    except OverflowError:
        return _FIRST if by < timedelta() else _LAST
