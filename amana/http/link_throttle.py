"""Throttles of unauthenticated requests by network, in the memory of this process.

- Invalid sign-in links: a valid one is never refused, since none can be guessed.
- All other requests without a session: some are stored, most make writers of the database wait. What is
  stored for them is bounded as well, by `casework.people` (`webauthn_challenges`, `sign_in_throttle`).

Failures of passwords are counted in `casework.people.sign_in_throttle`, for the account and for the network.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import MutableMapping

FAILURES_PER_MINUTE = 10
"""Invalid links of one network."""
ANONYMOUS_PER_MINUTE = 120
"""Two for each sign-in with a passkey: enough for all people behind one address in the morning."""
MINUTE = 60.0  # seconds
REMEMBERED_CLIENTS = 10_000


class Throttle:
    """The number of requests of each client within a window of seconds."""

    def __init__(self, limit: int, window: float = MINUTE) -> None:
        self._limit = limit
        self._window = window
        self._counted: MutableMapping[str, deque[float]] = {}

    def exhausted(self, client: str) -> bool:
        """Return whether this client has to wait."""
        times = self._counted.get(client)
        if times is None:
            return False
        while times and times[0] < time.monotonic() - self._window:
            times.popleft()
        return len(times) >= self._limit

    def count(self, client: str) -> None:
        """Count a request of this client."""
        if len(self._counted) >= REMEMBERED_CLIENTS and client not in self._counted:
            self._counted.pop(next(iter(self._counted)))  # the oldest
        self._counted.setdefault(client, deque(maxlen=self._limit)).append(time.monotonic())
