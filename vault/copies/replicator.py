"""One copy: a thread that replicates the spool's objects to one store, in order, retrying without limit.

For each evidence item: the closed segments, then (once the item is sealed) index and manifest. Wrapped keys
take a separate path (`vault.wrapped_keys.store`). Within an item no object is skipped or sent out of order.
After each `put` the store reports what it now holds (`vault.stores.base`), and size and SHA-256 are
compared.

What the copy holds is recorded in `<spool>/<evidence>/copied/<copy>`, so that a restart does not put it
again. The record is a cache and may be lost: putting the same bytes a second time has no effect.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import SystemRandom

from vault.errors import Altered, ObjectExists, ObjectMissing, StoreUnavailable, VaultError
from vault.spool.reader import SpoolReader, evidence_in
from vault.spool.segments import file_key, segment_key
from vault.stores.base import ObjectVersion, Store

log = logging.getLogger(__name__)

_CHANCE = SystemRandom()

_OTHER_BYTES = (Altered, ObjectExists, ObjectMissing)
"""Errors of a store that does not hold the bytes that were put."""


@dataclass(frozen=True)
class CopiesConfig:
    """How copies are made, and how long the spool keeps items that all copies hold."""

    look_every: float = 0.5
    """Seconds between scans of the spool when nothing is ready."""
    first_pause: float = 0.5
    """Seconds until a failed operation is retried; doubled each time, with jitter, …"""
    longest_pause: float = 30.0
    """… up to this many seconds."""
    keep: float = 86400.0
    """Minimum seconds that a sealed item stays in the spool, where reading is fastest."""
    release_every: float = 60.0
    """Seconds between checks for items to remove."""


@dataclass(frozen=True)
class CopyStatus:
    """Progress of one copy of one evidence item."""

    copy: str
    segments: int = 0
    """Every segment up to this number is stored and verified; 0 for none."""
    waiting: int = 0
    """Objects that are ready in the spool but not yet stored."""
    complete: bool = False
    """Whether the item is sealed and the copy holds all of it."""
    failing_since: float | None = None
    """Wall clock, seconds since the epoch: the first failure since the last success."""
    error: str | None = None
    """The last failure, for a log: an error's name and message."""
    waiting_bytes: int = 0
    """Total bytes of the waiting objects."""


def objects_of(root: Path, evidence: str) -> Iterator[tuple[str, Path]]:
    """Yield the object keys and spool files of an item that are ready, in the order of replication."""
    reader = SpoolReader(root, evidence)
    sealed = reader.sealed  # first: then all segments are closed before they are listed
    for segment in reader.closed_segments():
        yield segment_key(evidence, segment), reader.segment_path(segment)
    if sealed:
        for name in ("index", "manifest"):
            yield file_key(evidence, name), reader.folder / name


@dataclass
class _Trouble:
    """A failure and the pause before its retry."""

    since: float | None = None
    error: str | None = None
    pause: float = 0.0
    until: float = 0.0

    def happened(self, error: Exception, config: CopiesConfig, now: float) -> None:
        self.since = time.time() if self.since is None else self.since
        self.error = f"{type(error).__name__}: {error}"
        self.pause = min(2 * self.pause or config.first_pause, config.longest_pause)
        # Jitter, so that two copies on one network do not retry at the same moment.
        self.until = now + self.pause * _CHANCE.uniform(0.5, 1.0)

    def is_over(self) -> None:
        self.since, self.error, self.pause, self.until = None, None, 0.0, 0.0

    def still_pausing(self, now: float) -> bool:
        return now < self.until


@dataclass
class _Item:
    """What is known about one evidence item in this copy."""

    reader: SpoolReader
    copy: str
    held: dict[str, str] = field(default_factory=dict)
    """Object key → SHA-256 of what the store holds under it."""
    trouble: _Trouble = field(default_factory=_Trouble)
    complete: bool = False

    @property
    def note(self) -> Path:
        return self.reader.folder / "copied" / self.copy

    @classmethod
    def load(cls, reader: SpoolReader, copy: str) -> _Item:
        item = cls(reader, copy)
        try:
            for line in item.note.read_text().splitlines():
                key, digest = json.loads(line)
                item.held[str(key)] = str(digest)
        except (OSError, ValueError, TypeError):
            pass  # none yet, or torn: what it does not list is put again
        return item

    def hold(self, key: str, digest: str) -> None:
        self.held[key] = digest
        with contextlib.suppress(OSError):  # a full disk must not stop the copying
            self.note.parent.mkdir(mode=0o700, exist_ok=True)
            with self.note.open("a") as file:
                file.write(json.dumps([key, digest]) + "\n")

    def forget(self) -> None:
        self.held.clear()
        self.complete = False
        self.note.unlink(missing_ok=True)


class Replicator:
    """Replicates everything in the spool to one store. `run` is the body of its thread."""

    def __init__(
        self,
        copy: str,
        store: Store,
        root: Path,
        config: CopiesConfig,
        noticed: Callable[[str, str], None] = lambda copy, evidence: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`noticed` is called with copy and evidence id if the store holds other bytes than were put:
        replication cannot repair that. It must not wait or raise. `clock`: seconds, for pauses."""
        self.copy, self.store = copy, store
        self._root, self._config, self._noticed, self._clock = root, config, noticed, clock
        self._items: dict[str, _Item] = {}
        self._trouble = _Trouble()
        self._ended = False
        self._turn = threading.Lock()  # held while reading the state, never during a store operation

    def run(self, stop: threading.Event) -> None:
        """Replicate until `stop` is set."""
        try:
            while not stop.is_set():
                self.carry_all(stop)
                stop.wait(self._config.look_every)
        finally:
            self._ended = True  # by `stop`, or by an unexpected error: the status shows it

    def carry_all(self, stop: threading.Event) -> None:
        """Make one pass over the spool. Raises nothing that a store or a disk can cause."""
        present = evidence_in(self._root)
        with self._turn:
            for removed in self._items.keys() - set(present):
                del self._items[removed]
        for evidence in present:
            if stop.is_set() or self._trouble.still_pausing(self._clock()):
                return
            item = self._item(evidence)
            if item.complete or item.trouble.still_pausing(self._clock()):
                continue
            try:
                self._carry(evidence, item, stop)
            except StoreUnavailable as error:
                log.warning("copy %s: %s", self.copy, error)
                self._trouble.happened(error, self._config, self._clock())
            except (VaultError, OSError) as error:
                log.warning("copy %s of %s: %s: %s", self.copy, evidence, type(error).__name__, error)
                if isinstance(error, _OTHER_BYTES):
                    self._noticed(self.copy, evidence)
                item.trouble.happened(error, self._config, self._clock())

    def status(self, evidence: str) -> CopyStatus:
        """Return the progress of this copy for an item in the spool."""
        ready = dict(objects_of(self._root, evidence))
        item = self._item(evidence)
        with self._turn:
            segments = 0
            while segment_key(evidence, segments + 1) in item.held:
                segments += 1
            waiting = [path for key, path in ready.items() if key not in item.held]
            complete = item.complete
        size = sum(_size(path) for path in waiting)
        status = CopyStatus(self.copy, segments, len(waiting), complete, waiting_bytes=size)
        if complete:
            return status
        if self._ended:
            return replace(
                status, error="copying has ended", failing_since=self._trouble.since or time.time()
            )
        trouble = item.trouble if item.trouble.error else self._trouble
        return replace(status, failing_since=trouble.since, error=trouble.error)

    def check(self, evidence: str) -> None:
        """Compare every object of a complete item again with the bytes in the spool.

        Raises `Altered` or `ObjectMissing`, and then replicates the item again; `StoreUnavailable`.
        """
        for key, path in objects_of(self._root, evidence):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
            try:
                _compare(self.store.head(key), size, digest)
            except StoreUnavailable:
                raise
            except VaultError:
                self._noticed(self.copy, evidence)
                item = self._item(evidence)
                with self._turn:
                    item.forget()
                raise

    def _carry(self, evidence: str, item: _Item, stop: threading.Event) -> None:
        for key, path in objects_of(self._root, evidence):
            if stop.is_set():
                return
            if key in item.held:
                continue
            data = path.read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            _compare(self.store.put(key, data), len(data), digest)
            with self._turn:
                item.hold(key, digest)
            item.trouble.is_over()
            self._trouble.is_over()
        if file_key(evidence, "manifest") in item.held:
            item.complete = True

    def _item(self, evidence: str) -> _Item:
        with self._turn:
            if evidence not in self._items:
                self._items[evidence] = _Item.load(SpoolReader(self._root, evidence), self.copy)
            return self._items[evidence]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it has just been removed from the spool: every copy has it
        return 0


def _compare(stored: ObjectVersion, size: int, digest: str) -> None:
    if (stored.size, stored.sha256) != (size, digest):
        raise Altered(f"{stored.key} is not in the copy as it was put there")
