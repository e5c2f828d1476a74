"""Exchanges of keys, in the background of the web process (`casework.copies.key_rotation`).

Of all machines of a center one has its keyholder wrap everything anew, and states how far that is
(`amana.workers.leader_work`): two that wrapped one secret for one key at the same time would make two
different wraps of it. Each machine drops the vault keys that it has no need of any more for itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from casework.center import Center
from casework.copies import key_rotation
from casework.copies.key_rotation import Rewrapper
from casework.errors import CaseworkError
from chain_of_custody.errors import CustodyError
from vault.errors import VaultError

log = logging.getLogger(__name__)

EVERY, LONGEST_PAUSE = 2.0, 300.0
"""Seconds between looks, and at most after one that failed: a look may list everything there is."""


def exchange(center: Center, keyholder: Rewrapper) -> None:
    """Let the keyholder go on with wrapping, and state what is new. For one machine of the center."""
    for kind in key_rotation.state(center, keyholder.rewrap()):
        log.info("stated how far the exchange of the %s key is", kind)


def drop(center: Center, keyholder: Rewrapper) -> None:
    """Drop this machine's exchanged vault keys, if nothing needs one any more."""
    if key_rotation.may_drop(center):
        log.info("vault keys dropped: %s", ", ".join(keyholder.drop_exchanged()))


class Rotating:
    """`start` it once; does `look`, one of the above, until `stop`."""

    def __init__(
        self,
        center: Center,
        keyholder: Rewrapper,
        look: Callable[[Center, Rewrapper], None],
        every: float = EVERY,
    ) -> None:
        self._center, self._keyholder, self._look, self._every = center, keyholder, look, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"keys-{look.__name__}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        self._stop.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        said, pause = "", self._every
        while not self._stop.wait(pause):
            try:
                self._look(self._center, self._keyholder)
                said, pause = "", self._every
                continue
            except (VaultError, CustodyError, CaseworkError, SQLAlchemyError, OSError) as error:
                if said != (said := f"{type(error).__name__}: {error}"):
                    log.warning("exchanges of keys: %s", said)
            except Exception:
                # Whatever it was: an exchange that nobody goes on with is worse than a look too many.
                log.exception("exchanges of keys")
            pause = min(2 * pause, LONGEST_PAUSE)
