"""A running center: the context of this package's functions, provided by the application.

`Center` is created once, at start (`amana`), and never changes. The web side finds it at
`request.app.state.center`. This module reads no settings, opens no sockets and knows no pages.

Functions of this package are synchronous and may wait for a disk or the keyholder; async callers run them
in a thread. Only `recording`, which runs in the recorder child, and `Rooms` are async.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from casework.cache import Cache, Value
from casework.damage_queue import DamageQueue
from casework.registry_cache import NameCache, RegistryCache

if TYPE_CHECKING:
    from casework.database.engine import Sessions
    from chain_of_custody.tlog.checkpoint import LogKeys
    from chain_of_custody.tlog.ledger import Ledger
    from vault.copies.copies import Copies
    from vault.keyholders.protocol import Keyholder
    from vault.stores.base import Store


class RecorderChild(Protocol):
    """A running recorder child, from the web process's side."""

    interview: str

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Request one operation and wait for its `ok`.

        Raises `casework.recording.channel.ChannelError`: `Refused` with the child's own code and message,
        `Unanswered`, `Disconnected`.
        """

    def status(self) -> Mapping[str, Any] | None:
        """Return the newest status event, with `received` (monotonic seconds); None before the first."""

    def statuses(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield each status event from now on, until the child ends."""


class Rooms(Protocol):
    """Starts recorder children and reaches running ones."""

    async def start(self, interview: str) -> RecorderChild:
        """Return the child of this interview; start one if there is none."""

    def reach(self, interview: str) -> RecorderChild | None:
        """Return the child of this interview, if one runs."""

    async def recover(self, interview: str, evidence: str) -> None:
        """Start a child that seals a part whose own child has ended."""


class DirectReads(Protocol):
    """Lets viewers read ciphertext from one of the copies themselves."""

    copy: str

    @property
    def origin(self) -> str:
        """The origin of the addresses, as a browser writes it."""

    def url(self, key: str) -> str:
        """Return an address of this object that is valid for some minutes. Raises `VaultError`."""


class Witnesses(Protocol):
    """The witnesses that the policy names."""

    def cosigned(self, at_least: int, within: float) -> bytes:
        """Return a checkpoint note of `at_least` entries or more, with all available cosignatures.

        Waits for the policy's quorum, at most `within` seconds; then returns what is available, perhaps only
        the ledger's own two lines.
        """


@dataclass(frozen=True)
class Center:
    """The configuration and services of a center."""

    deployment: str
    """32 hex digits."""
    organisation: str
    """The center's own name, as statements of its system contain it."""
    spool: Path
    """Where recorder children first make records durable: `<spool>/<evidence>/`."""
    database: Sessions
    """`with database() as session` to read, `with database.begin() as session` to write."""
    ledger: Ledger
    log_keys: LogKeys
    keyholder: Keyholder
    stores: Mapping[str, Store]
    """The copies by name, in reading order."""
    copies: Copies
    rooms: Rooms
    node: str = "1"
    """This machine's name among those of the center (`nodes`)."""
    recorder: str | None = None
    """Key id of this machine's recorder; None: any enrolled recorder (where nothing is recorded)."""
    trust: Path | None = None
    """The policy's lines about witnesses, quorum and time, written by the administrator (`trust_file`).
    None or no such file: none of these."""
    witnesses: Witnesses | None = None
    direct: DirectReads | None = None
    """Where viewers may fetch ciphertext directly; None: only through this service."""
    retention: Path | None = None
    """The retention rules for cases, written by the administrator (`retention`); None or no such file: the
    built-in ones."""
    unsigned_acts: str = ""
    """Whether signed acts of people without a passkey are accepted: `allowed`, `refused`; empty: only while
    the keys are trial keys (`pending_acts`)."""
    session_idle: timedelta = timedelta(minutes=30)
    """A session that was unused for this long has ended (`people.signed_in`)."""
    protocols: Path | None = None
    """The interview checklists, written by the administrator (`checklists`); None or no such file: the
    built-in ones."""
    forms: Path | None = None
    """The folder of the center's own forms of examinations (`form_files`); None or no such folder: the
    built-in ones alone."""
    retaining: threading.Event = field(default_factory=threading.Event)
    """Set when a hold or a destruction is due, for the thread that carries it out."""
    key_copies: Sequence[str] = ()
    """Names of the keyholder's copies of the wrapped keys; `scrub` rereads them like the other copies."""
    noticed: DamageQueue = field(default_factory=DamageQueue)
    """Queue of damage found during other work, to be read and repaired in the background (`scrub`)."""
    names: NameCache = field(init=False, default_factory=NameCache)
    """People's names that are already decrypted (`sealed_names`)."""
    registry: RegistryCache = field(init=False, default_factory=RegistryCache)
    """The registry of who may sign what, as far as the ledger is read (`custody_log.registry`)."""
    _caches: dict[type[Any], Cache[Any, Any]] = field(init=False, default_factory=dict, repr=False)

    def cache(self, kind: type[Value], size: int) -> Cache[Any, Value]:
        """Return the cache of the `size` values of this kind used last, for all threads of this process.

        Only the module that makes the values calls this; it documents their keys.
        """
        return self._caches.setdefault(kind, Cache(size))

    @property
    def scrubbed(self) -> Sequence[str]:
        """Names of all copies that `scrub` rereads."""
        return (*self.stores, *self.key_copies)

    @property
    def origin(self) -> str:
        """The ledger's name in checkpoints."""
        return self.log_keys.origin
