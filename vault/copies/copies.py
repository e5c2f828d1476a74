"""The copies: durable spool data is replicated to every store and then removed from the spool.

One thread for each store, so that a slow or missing copy never delays the other (`vault.copies.replicator`),
and one thread that looks for items to remove from the spool. An item is removed only when

1. it is sealed: its manifest is written, no segment is open, no statement waits for the ledger,
2. it has been sealed for as long as the caller requires, and the caller does not object,
3. no writer holds it,
4. every copy has just been checked again, object by object, and holds exactly the bytes in the spool.

Its folder is then renamed atomically and removed; a crash in between leaves a folder that the next pass
removes.
"""

from __future__ import annotations

import functools
import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from vault.copies.replicator import CopiesConfig, CopyStatus, Replicator
from vault.disk import DISK
from vault.errors import SpoolInUse, VaultError, WriteFailed
from vault.spool import writers
from vault.spool.folder import take_lock
from vault.spool.reader import SpoolReader, evidence_in
from vault.spool.writers import spool_roots
from vault.stores.base import Store

log = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


class Copies:
    """The copies of everything in the spool. Call `start` once; it works until `stop`."""

    def __init__(
        self,
        stores: Mapping[str, Store],
        spool_root: Path,
        config: CopiesConfig | None = None,
        *,
        may_remove: Callable[[str], bool] = lambda evidence: True,
        noticed: Callable[[str, str], None] = lambda copy, evidence: None,
    ) -> None:
        """`stores` by the copies' names (lower-case words with hyphens).

        `may_remove` is called with an evidence id before that item is removed from the spool, in a thread of
        this object: whether the caller no longer needs it there. It must not raise. `noticed` is called with
        copy and evidence id if a store holds other bytes than were put; it must not wait or raise.
        """
        for name in stores:
            if not _NAME.fullmatch(name):
                raise ValueError(f"not the name of a copy: {name!r}")
        self._root, self._config, self._may_remove = spool_root, config or CopiesConfig(), may_remove
        self._replicators = [
            Replicator(name, store, spool_root, self._config, noticed) for name, store in stores.items()
        ]
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to replicate. The threads end with the process, or at `stop`."""
        self._begin("release", self._release_now_and_then)
        for replicator in self._replicators:
            self._begin(replicator.copy, functools.partial(replicator.run, self._stop))

    def stop(self, timeout: float = 10.0) -> None:
        """End the threads, waiting up to `timeout` seconds for each to finish its current operation."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout)
        self._threads.clear()

    def status(self, evidence: str) -> dict[str, CopyStatus]:
        """Return the progress of each copy of an item, by the copy's name; empty if not in the spool."""
        if not SpoolReader(self._root, evidence).folder.is_dir():
            return {}
        return {replicator.copy: replicator.status(evidence) for replicator in self._replicators}

    def drained(self, evidence: str) -> bool:
        """Whether every copy holds all that is ready in the spool; true for an item not in the spool."""
        return all(status.waiting == 0 for status in self.status(evidence).values())

    def release(self) -> list[str]:
        """Remove items that the spool no longer needs to hold; return the ids of the removed items."""
        for root in spool_roots(self._root):
            for leftover in root.glob(".removed-*"):
                shutil.rmtree(leftover, ignore_errors=True)
        released = [evidence for evidence in evidence_in(self._root) if self._release(evidence)]
        writers.clear(self._root)
        return released

    def _release(self, evidence: str) -> bool:
        reader = SpoolReader(self._root, evidence)
        try:
            sealed_for = time.time() - (reader.folder / "manifest").stat().st_mtime
        except FileNotFoundError:
            return False
        if sealed_for < self._config.keep or reader.pending() or any(reader.folder.glob("*.open")):
            return False
        if not self._replicators or not all(c.status(evidence).complete for c in self._replicators):
            return False
        if not self._may_remove(evidence):
            return False
        try:
            lock = take_lock(reader.folder)
        except (SpoolInUse, WriteFailed):
            return False
        try:
            for replicator in self._replicators:
                replicator.check(evidence)
            removed = reader.folder.with_name(f".removed-{evidence}")
            reader.folder.rename(removed)
            DISK.sync_directory(removed.parent)
            shutil.rmtree(removed)
        except (VaultError, OSError) as error:
            log.warning("%s stays in the spool: %s: %s", evidence, type(error).__name__, error)
            return False
        finally:
            os.close(lock)
        log.info("%s has left the spool; copies: %s", evidence, ", ".join(c.copy for c in self._replicators))
        return True

    def _begin(self, name: str, body: Callable[[], None]) -> None:
        thread = threading.Thread(target=body, name=f"copies-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _release_now_and_then(self) -> None:
        while not self._stop.wait(self._config.release_every):
            self.release()
