"""Rewrapping: wrap every recorded item's secret for all current keys.

After a ceremony or a rotation, only new secrets are wrapped for the new key. This goes through all
items of the key store and wraps each again, in the keyholder's process: it opens a secret with a vault key,
wraps it for the missing recipients, stores the wraps and forgets it. It touches no media and gives out no
secret.

Several machines of one center have a keyholder each, and one store. If two of them wrapped a secret for
one key at the same time, there would be two wraps of it, and each copy would keep its first. So
it runs only while it is allowed (`allow`), for some seconds at a time.

It can be stopped at any line: finished wraps stay, and missing ones are found again from the store's
contents. Wraps that are no longer needed stay; `superseded` lists them for their destruction.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vault.errors import Altered, ItemEnded, KeysMissing, Locked, ObjectExists, VaultError
from vault.sealing.key_wrapping import wrap, wrap_info
from vault.wrapped_keys.store import KeyStore

ALLOWED_FOR = 15.0
"""Seconds that wrapping continues after it was allowed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rewrapped:
    """Progress of the rewrapping."""

    items: int
    """In the key store."""
    left: int
    """Items that lack a wrap."""
    unreadable: int
    """Those of `left` that no vault key of this keyholder opens: they are not rewrapped."""
    carried: bool
    """Whether both copies of the key store have all wraps."""

    @property
    def complete(self) -> bool:
        """Whether everything that can be wrapped is wrapped, in both copies."""
        return self.carried and self.left == self.unreadable


class Rewrapping:
    """Rewraps the items of `store`; `run` in one thread, all other methods from any."""

    def __init__(
        self,
        store: KeyStore,
        secret: Callable[[str, bytes], bytes],
        deployment: bytes,
        recipients: Mapping[str, bytes],
    ) -> None:
        """`secret`: opens an item's secret under an info. `deployment`: 16 bytes. `recipients`: recipient id
        → public key; everything must be wrapped for these."""
        self._store, self._secret = store, secret
        self._deployment, self._recipients = deployment, recipients
        self._passed: Rewrapped | None = None
        self._unreadable: set[str] = set()
        self._until = 0.0
        self.allowed = threading.Event()
        """Set by `allow`, when `run` may work."""
        self.news = threading.Event()
        """Set when `run` may find work: at the start, after an unlock, after wraps were stored."""
        self.news.set()

    def progress(self) -> Rewrapped | None:
        """Return the progress; None before the first pass. It includes wraps stored since."""
        passed, waiting = self._passed, self._store.status().waiting
        if passed is None:
            return None
        left = max(passed.left, 1) if self.news.is_set() and passed.left == passed.unreadable else passed.left
        return Rewrapped(passed.items, left, passed.unreadable, waiting == 0 and left == passed.left)

    def allow(self) -> None:
        """Allow wrapping for `ALLOWED_FOR` seconds; call repeatedly."""
        self._until = time.monotonic() + ALLOWED_FOR
        self.allowed.set()

    @property
    def may_go_on(self) -> bool:
        """Whether wrapping is allowed at this moment."""
        return time.monotonic() < self._until

    def lacking(self) -> int:
        """Count the items that lack a wrap in any copy; reads the store again. Ended items count too, since
        an end may be revoked as long as a wrap is left. It decides whether a key may be dropped, so it needs
        an answer from every copy. Raises `StoreUnavailable`."""
        return sum(not had >= self._recipients.keys() for had in self._store.in_every_copy().values())

    def handed_in(self, recipients: frozenset[str]) -> None:
        """Note that wraps for these recipients were stored: if one is missing, `run` has work."""
        if not recipients >= self._recipients.keys():
            self.news.set()

    def run(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Make one pass over everything; return whether nothing is left that may be wrapped later.

        Raises `StoreUnavailable` if no copy answers, or if one that may have a wrap does not; then try again.
        """
        self.news.clear()
        everything = self._store.everything()
        lacking = {item: had for item, had in everything.items() if not had >= self._recipients.keys()}
        self._unreadable &= lacking.keys()
        left, locked = len(lacking), False
        self._report(len(everything), left)
        for item, had in sorted(lacking.items()):
            if stop():
                break
            try:
                self._wrap(item, had)
            except Locked:
                locked = True
                break
            except (Altered, ItemEnded, KeysMissing) as error:
                if item not in self._unreadable:
                    log.warning("%s cannot be wrapped again: %s", item, error)
                self._unreadable.add(item)
            else:
                left -= 1
                self._unreadable.discard(item)
            self._report(len(everything), left)
        return left == len(self._unreadable) or locked

    def _wrap(self, item: str, had: set[str]) -> None:
        info = wrap_info(self._deployment, bytes.fromhex(item))
        secret = self._secret(item, info)
        for recipient, public in self._recipients.items():
            if recipient not in had:
                try:
                    self._store.keep(item, recipient, wrap(secret, public, info))
                except ObjectExists:
                    log.info("%s was wrapped for %s meanwhile", item, recipient)

    def _report(self, items: int, left: int) -> None:
        self._passed = Rewrapped(items, left, len(self._unreadable), False)


def superseded(store: KeyStore, current: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Return (item, recipient) of wraps for keys no longer in use, of items that have all current ones.

    They can be destroyed once their locks have expired. Raises `StoreUnavailable`.
    """
    return [
        (item, recipient)
        for item, had in sorted(store.everything().items())
        if had >= current.keys()
        for recipient in sorted(had - current.keys())
    ]


class RewrappingWorker:
    """Runs `Rewrapping.run` whenever `news` is set; within a `with` block, in its own thread."""

    PAUSE = 10.0
    """Seconds until the next attempt if a store does not answer."""

    def __init__(self, rewrapping: Rewrapping) -> None:
        self._rewrapping, self._stop = rewrapping, threading.Event()
        self._thread = threading.Thread(target=self._run, name="rewrapping", daemon=True)

    def __enter__(self) -> RewrappingWorker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._rewrapping.news.set()
        self._rewrapping.allow()
        self._thread.join(2.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._rewrapping.news.wait()
            self._rewrapping.allowed.wait()
            if self._stop.is_set():
                return
            if not self._rewrapping.may_go_on:
                self._rewrapping.allowed.clear()
                continue
            try:
                done = self._rewrapping.run(self._ends)
            except VaultError as error:
                log.warning("nothing was wrapped again: %s: %s", type(error).__name__, error)
                done = False
            except Exception:
                # After any failure missing wraps are found again, and the keyholder continues to serve.
                log.exception("wrapping again failed")
                done = False
            if not done and not self._stop.wait(self.PAUSE):
                self._rewrapping.news.set()

    def _ends(self) -> bool:
        return self._stop.is_set() or not self._rewrapping.may_go_on
