"""Throttle of addresses that send invalid sign-in links; in the memory of this process.

Failures of passwords are counted in `casework.people.sign_in_throttle`, for the account and for the network.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import MutableMapping

FAILURES_PER_MINUTE = 10
REMEMBERED_CLIENTS = 10_000


class LinkFailures:
    """The failures of each address in the last minute. A valid link is never refused: none can be guessed."""

    def __init__(self, limit: int = FAILURES_PER_MINUTE, window: float = 60.0) -> None:
        self._limit = limit
        self._window = window  # seconds
        self._failures: MutableMapping[str, deque[float]] = {}

    def exhausted(self, client: str) -> bool:
        """Return whether this address has to wait."""
        failures = self._failures.get(client)
        if failures is None:
            return False
        while failures and failures[0] < time.monotonic() - self._window:
            failures.popleft()
        return len(failures) >= self._limit

    def count(self, client: str) -> None:
        """Count a failure of this address."""
        if len(self._failures) >= REMEMBERED_CLIENTS and client not in self._failures:
            self._failures.pop(next(iter(self._failures)))  # the oldest
        self._failures.setdefault(client, deque(maxlen=self._limit)).append(time.monotonic())
