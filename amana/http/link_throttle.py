"""Throttles of the networks from which strangers send something; in the memory of this process.

- Invalid sign-in links: a valid one is never refused, since none can be guessed.
- Everything else that a person who is not signed in may send: some of it is stored, most of it makes writers
  of the database wait. What is stored for strangers is bounded as well, by `casework.people`
  (`webauthn_challenges`, `sign_in_throttle`).

Failures of passwords are counted in `casework.people.sign_in_throttle`, for the account and for the network.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import MutableMapping

FAILURES_PER_MINUTE = 10
ANONYMOUS_PER_MINUTE = 120
"""Two for each sign-in with a passkey: enough for everybody behind one address in the morning."""
REMEMBERED_CLIENTS = 10_000


class Throttle:
    """How often each client did something within a window of seconds."""

    def __init__(self, limit: int, window: float = 60.0) -> None:
        self._limit = limit
        self._window = window
        self._failures: MutableMapping[str, deque[float]] = {}

    def exhausted(self, client: str) -> bool:
        """Return whether this client has to wait."""
        failures = self._failures.get(client)
        if failures is None:
            return False
        while failures and failures[0] < time.monotonic() - self._window:
            failures.popleft()
        return len(failures) >= self._limit

    def count(self, client: str) -> None:
        """Count what this client did now."""
        if len(self._failures) >= REMEMBERED_CLIENTS and client not in self._failures:
            self._failures.pop(next(iter(self._failures)))  # the oldest
        self._failures.setdefault(client, deque(maxlen=self._limit)).append(time.monotonic())


class LinkFailures(Throttle):
    """The failures of each client in the last minute."""

    def __init__(self, limit: int = FAILURES_PER_MINUTE, window: float = 60.0) -> None:
        super().__init__(limit, window)
