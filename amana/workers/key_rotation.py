"""Key rotation in the background of the web process (`casework.copies.key_rotation`).

On one machine of a center, the keyholder rewraps everything, and the machine states the progress
(`amana.workers.leader_work`): two machines that wrapped one secret for one key at the same time would make
two different wraps of it. Each machine itself drops the vault keys that it no longer needs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from amana.background_loop import BackgroundLoop
from amana.workers import EXPECTED
from casework.center import Center
from casework.copies import key_rotation
from casework.copies.key_rotation import Rewrapper

log = logging.getLogger(__name__)

EVERY, LONGEST_PAUSE = 2.0, 300.0
"""Seconds between checks, and at most after a failed one: a check may list everything that is stored."""


def exchange(center: Center, keyholder: Rewrapper) -> None:
    """Let the keyholder continue rewrapping, and state its progress. For one machine of the center."""
    for kind in key_rotation.state(center, keyholder.rewrap()):
        log.info("stated how far the exchange of the %s key is", kind)


def drop(center: Center, keyholder: Rewrapper) -> None:
    """Drop this machine's exchanged vault keys, if nothing needs one any more."""
    if key_rotation.may_drop(center):
        log.info("vault keys dropped: %s", ", ".join(keyholder.drop_exchanged()))


class KeyRotationWorker:
    """`start` it once; it calls `look`, one of the functions above, until `stop`."""

    def __init__(
        self,
        center: Center,
        keyholder: Rewrapper,
        look: Callable[[Center, Rewrapper], None],
        every: float = EVERY,
    ) -> None:
        def work() -> None:
            look(center, keyholder)

        self._loop = BackgroundLoop(
            f"exchanges of keys, {look.__name__}", work, every, LONGEST_PAUSE, expected=EXPECTED
        )

    def start(self) -> None:
        """Start the background thread."""
        self._loop.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop the background thread; wait at most `timeout` seconds for a running call."""
        self._loop.stop(timeout)
