"""A running center: what the functions of this package work with, handed in by the application.

`Center` is made once, at start (`amana`), and never changes. The web side finds it at
`request.app.state.center`. Nothing here reads settings, opens sockets or knows pages.

Functions of this package are synchronous and may wait for a disk or the keyholder: async callers put them
in a thread. Only `recording`, which lives in the recorder child, and `Rooms` are async.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from casework.cache import Cache, Value
from casework.damage_queue import DamageQueue
from casework.registry_cache import KnownNames, KnownRegistry

if TYPE_CHECKING:
    from casework.database.engine import Sessions
    from chain_of_custody.tlog.checkpoint import LogKeys
    from chain_of_custody.tlog.ledger import Ledger
    from vault.copies.copies import Copies
    from vault.keyholders.protocol import Keyholder
    from vault.stores.base import Store


class RecorderChild(Protocol):
    """A living recorder child, as the web side reaches it."""

    interview: str

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Ask one operation and wait for its `ok`.

        Raises `casework.recording.channel.ChannelError`: `Refused` with the child's own code and message,
        `Unanswered`, `Disconnected`.
        """

    def status(self) -> Mapping[str, Any] | None:
        """The newest status event, with `received` (monotonic seconds); None before the first."""

    def statuses(self) -> AsyncIterator[Mapping[str, Any]]:
        """Each status event from now on, until the child ends."""


class Rooms(Protocol):
    """Starts recorder children and reaches living ones."""

    async def start(self, interview: str) -> RecorderChild:
        """The child of this interview, started if there is none."""

    def reach(self, interview: str) -> RecorderChild | None:
        """The child of this interview if one lives."""

    async def recover(self, interview: str, evidence: str) -> None:
        """Start a child that seals a part whose child is gone."""


class DirectReads(Protocol):
    """Lets viewers read ciphertext from one of the copies themselves."""

    copy: str

    @property
    def origin(self) -> str:
        """Where the addresses lead, as a browser writes an origin."""

    def url(self, key: str) -> str:
        """An address of this object that works for some minutes. Raises `VaultError`."""


class Witnesses(Protocol):
    """Reaches the witnesses that the policy names."""

    def cosigned(self, at_least: int, within: float) -> bytes:
        """A checkpoint note of `at_least` entries or more, with every cosignature that can be had.

        Waits for the policy's quorum, at most `within` seconds; then gives what there is, perhaps nothing but
        the ledger's own two lines.
        """


@dataclass(frozen=True)
class Center:
    """Everything a center is made of."""

    deployment: str
    """32 hex digits."""
    organisation: str
    """The center's own name, as it stands in statements of its system."""
    spool: Path
    """Where recorder children make records durable first: `<spool>/<evidence>/`."""
    database: Sessions
    """`with database() as session` to read, `with database.begin() as session` to write."""
    ledger: Ledger
    log_keys: LogKeys
    keyholder: Keyholder
    stores: Mapping[str, Store]
    """The copies by name, in the order in which they are read."""
    copies: Copies
    rooms: Rooms
    node: str = "1"
    """This machine's name among those of the center (`nodes`)."""
    recorder: str | None = None
    """Key id of this machine's recorder; None: any that is enrolled (where nothing is recorded)."""
    trust: Path | None = None
    """The policy's lines about witnesses, quorum and time, as the administrator wrote them (`trust`); None or
    no such file: none of these."""
    witnesses: Witnesses | None = None
    direct: DirectReads | None = None
    """Where viewers may fetch ciphertext themselves; None: through this service alone."""
    retention: Path | None = None
    """The rules of how long cases are kept, as the administrator wrote them (`retention`); None or no such
    file: the built-in ones."""
    unsigned_acts: str = ""
    """Whether signed acts of people without a passkey are taken: `allowed`, `refused`; empty: only while the
    keys are trial keys (`pending_acts`)."""
    protocols: Path | None = None
    """What is to be done and said in an interview, as the administrator wrote it (`protocols`); None or no
    such file: the built-in ones."""
    retaining: threading.Event = field(default_factory=threading.Event)
    """Set when something is to be held, set free or destroyed: for the thread that does it."""
    key_copies: Sequence[str] = ()
    """Names of the keyholder's copies of the wrapped keys, which are read again like the others (`scrub`)."""
    noticed: DamageQueue = field(default_factory=DamageQueue)
    """Damage that was met in passing, to be read and repaired in the background (`scrub`)."""
    names: KnownNames = field(init=False, default_factory=KnownNames)
    """People's names that were opened already (`names`)."""
    registry: KnownRegistry = field(init=False, default_factory=KnownRegistry)
    """Who may sign what, as far as the ledger has been read (`custody_log.registry`)."""
    _caches: dict[type[Any], Cache[Any, Any]] = field(init=False, default_factory=dict, repr=False)

    def cache(self, kind: type[Value], size: int) -> Cache[Any, Value]:
        """The `size` values of this kind that were used last, for all threads of this process.

        Asked for by the one module that makes them, which says what their keys are.
        """
        return self._caches.setdefault(kind, Cache(size))

    @property
    def scrubbed(self) -> Sequence[str]:
        """Names of all copies that are read again."""
        return (*self.stores, *self.key_copies)

    @property
    def origin(self) -> str:
        """The ledger's name in checkpoints."""
        return self.log_keys.origin
