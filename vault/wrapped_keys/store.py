"""The store of wrapped keys, separate from the media: two write-once copies that only the keyholder reaches.

    wraps/<item>/<recipient>            in each copy: the secret of an item, wrapped for one recipient
    <waiting>/<item>.<recipient>        on the keyholder's own disk, until both copies have it

`item` is an evidence or case id (32 hex), `recipient` identifies the public key it was wrapped for
(`vault.sealing.key_wrapping.recipient_id`). Several wraps of one item hold the same secret.

A wrap is durable, and can be read, from the moment `keep` returns: it waits on this disk, so that neither a
slow copy nor one that is away prevents recording. `carry` puts it into both copies, checks both, and only
then removes it here.

Trusts no copy. What is read counts only if it opens (`open`), or has the digest that the ledger names
(`vault.wrapped_keys.scrub`); a damaged copy is repaired from a good one. A party that may only store wraps
can fill this store, but can neither read nor remove its contents.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vault.disk import DISK, Disk, replace
from vault.errors import (
    Altered,
    ItemEnded,
    KeysMissing,
    ObjectExists,
    ObjectMissing,
    StoreUnavailable,
    VaultError,
    write_failures,
)
from vault.sealing.key_wrapping import WRAP_SIZE
from vault.stores.base import Store, put_sound
from vault.stores.object_lock import LockingStore
from vault.wrapped_keys.end_records import EndRecords

log = logging.getLogger(__name__)

ROOT = "wraps"
ENDINGS = "endings"
"""Folder beside the folder of the waiting wraps."""
_ITEM, _RECIPIENT = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{16}")
_BEGINNING = re.compile(r"[0-9a-f]{2,32}")
_KEY = re.compile(rf"{ROOT}/([0-9a-f]{{32}})/([0-9a-f]{{16}})")
_WAITING = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{16})")

WAITING_PLACE = "waiting"
"""The place name of the folder of waiting wraps, beside the copies' names."""
MAX_NOTICED = 1000


@dataclass(frozen=True)
class KeyStoreStatus:
    """State of the copies of wrapped keys."""

    waiting: int
    """Wraps that at least one copy does not have yet."""
    trouble: Mapping[str, str]
    """Copy → its last failure, for a log; empty if there is none."""


def wrap_key(item: str, recipient: str) -> str:
    """Return the object key of a wrap. Raises `ValueError` for an invalid item or recipient."""
    if not _ITEM.fullmatch(item) or not _RECIPIENT.fullmatch(recipient):
        raise ValueError("an item is 32 hex digits, a recipient 16")
    return f"{ROOT}/{item}/{recipient}"


class KeyStore:
    """Both copies as one. Thread-safe; only one thread at a time may call `carry`."""

    def __init__(self, stores: Mapping[str, Store], waiting: Path, disk: Disk = DISK) -> None:
        """`stores` by the copies' names; `waiting`: a folder of this process alone, made when needed."""
        self.stores = stores
        self._disk = disk
        self.endings = EndRecords(waiting.with_name(ENDINGS), disk)
        """Which items are held, and which have ended: recorded beside the waiting wraps."""
        self._waiting = waiting
        self._turn = threading.Lock()
        self.writing = threading.RLock()
        """Held while a copy is written to; ending an item takes it, so that no write is in progress."""
        self._held: dict[str, str] = {}
        """Object key → SHA-256 that every copy was found to hold."""
        self._put: set[tuple[str, str]] = set()
        """(copy, object key) of waiting wraps that the copy already has."""
        self._trouble: dict[str, str] = {}
        self._noticed: set[tuple[str, str]] = set()
        self.news = threading.Event()
        """Set when something waits: for the thread that calls `carry`."""

    # --- handing in ---------------------------------------------------------------------------------------

    def keep(self, item: str, recipient: str, wrap: bytes) -> bool:
        """Store a wrap; durable on return. Returns whether every copy holds it. Repeating it is no error.

        Never waits for a copy. Raises `ValueError` for an invalid wrap, `ObjectExists` for another wrap
        than the stored one, `ItemEnded`, `WriteFailed`.
        """
        key = wrap_key(item, recipient)
        if len(wrap) != WRAP_SIZE:
            raise ValueError(f"a wrap is {WRAP_SIZE} bytes")
        with self._turn:
            self.require_going_on(item)  # inside the lock: an item that ends later loses it again
            held, path = self._held.get(key), self._waiting / f"{item}.{recipient}"
            if held is not None:
                if held != _sha256(wrap):
                    raise ObjectExists(f"{key} is another wrap")
                return True
            with write_failures(key):
                if not self._waiting.is_dir():
                    self._waiting.mkdir(mode=0o700, exist_ok=True)
                    self._disk.sync_directory(self._waiting.parent)
                waits = path.read_bytes() if path.exists() else None
            if waits is None:
                replace(self._disk, path, wrap)
            elif waits != wrap:
                raise ObjectExists(f"{key} is another wrap")
        self.news.set()
        return False

    def carry(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Put waiting wraps into every copy; return how many still wait. Raises nothing a copy can cause."""
        self.news.clear()
        away: set[str] = set()
        left = 0
        for item, recipient in self._all_waiting():
            if stop():
                return left + 1
            left += not self._carry(item, recipient, away)
        return left

    def _carry(self, item: str, recipient: str, away: set[str]) -> bool:
        with self.writing:
            return self.endings.ended(item) or self._carry_wrap(item, recipient, away)

    def _carry_wrap(self, item: str, recipient: str, away: set[str]) -> bool:
        key, path = wrap_key(item, recipient), self._waiting / f"{item}.{recipient}"
        try:
            wrap = path.read_bytes()
        except FileNotFoundError:
            return True  # destroyed meanwhile
        except OSError as error:
            log.error("%s cannot be read while it waits: %s", key, error.strerror)
            return False  # the others continue
        for name, store in self.stores.items():
            if (name, key) in self._put:
                continue
            if name in away:
                continue
            try:
                stored = put_sound(store, key, wrap)
                if stored.sha256 != _sha256(wrap):
                    raise Altered(f"{key} is not in {name} as it was put there")
                if isinstance(store, LockingStore) and self.endings.held(item):
                    store.hold(key, True)
            except VaultError as error:
                if isinstance(error, StoreUnavailable):
                    away.add(name)
                self._trouble[name] = f"{type(error).__name__}: {error}"
                log.warning("key store %s: %s: %s", name, type(error).__name__, error)
            else:
                self._put.add((name, key))
                self._trouble.pop(name, None)
        if not self.stores or any((name, key) not in self._put for name in self.stores):
            return False
        with self._turn:
            self._held[key] = _sha256(wrap)
            path.unlink(missing_ok=True)
        self._put -= {(name, key) for name in self.stores}
        return True

    def status(self) -> KeyStoreStatus:
        """Return the state; never waits for a copy."""
        return KeyStoreStatus(sum(1 for _ in self._all_waiting()), dict(self._trouble))

    def forget_waiting(self, item: str) -> None:
        """Destroy the waiting wraps of an item. Raises `WriteFailed`. Only for an item that has ended."""
        with self._turn:
            with write_failures(item):
                if self._waiting.is_dir():
                    for path in self._waiting.glob(f"{item}.*"):  # also one that a crash left half written
                        self._disk.unlink(path)
                    self._disk.sync_directory(self._waiting)
            self._held = {key: digest for key, digest in self._held.items() if key.split("/")[1] != item}
            self._put = {one for one in self._put if one[1].split("/")[1] != item}

    def waiting_of(self, item: str) -> list[str]:
        """Return the recipients whose wraps of an item wait."""
        return [recipient for waiting, recipient in self._all_waiting() if waiting == item]

    # --- reading ------------------------------------------------------------------------------------------

    def open(self, item: str, recipient: str, unwrap: Callable[[bytes], bytes]) -> bytes:
        """Return the result of `unwrap` for the first wrap for which it does not raise `Altered`.

        A damaged copy before it is noted (`take_noticed`) but not repaired here: the finding must be
        stated first. Raises `KeysMissing` if no place has one, `Altered` if none opens,
        `StoreUnavailable` if a copy that may have one does not answer, `ItemEnded`.
        """
        self.require_going_on(item)
        wrong: list[str] = []
        failures: list[VaultError] = []
        for name, read in self.places(item, recipient):
            try:
                opened = unwrap(read())
            except FileNotFoundError:
                continue  # replicated to the copies meanwhile
            except OSError as error:
                log.error("%s of %s cannot be read: %s", name, item, error.strerror)
                failures.append(StoreUnavailable(f"{name}: {error.strerror}"))
                continue
            except (ObjectMissing, Altered, StoreUnavailable) as error:
                failures.append(error)
                if not isinstance(error, StoreUnavailable):
                    wrong.append(name)
                continue
            if name in self.stores:  # a waiting wrap is on its way to the copies already
                self._notice(wrong, item)
            return opened
        for kind in (StoreUnavailable, Altered):
            for failure in failures:
                if isinstance(failure, kind):
                    raise failure
        raise KeysMissing(f"no wrapped key of {item} for {recipient}")

    def _notice(self, copies: list[str], item: str) -> None:
        with self._turn:
            self._noticed |= {(copy, item) for copy in copies if copy in self.stores}
            while len(self._noticed) > MAX_NOTICED:
                self._noticed.pop()  # the next pass finds it

    def take_noticed(self) -> list[tuple[str, str]]:
        """Return (copy, item) of damage found since the last call, which the caller states and repairs."""
        with self._turn:
            noticed, self._noticed = self._noticed, set()
        return sorted(noticed)

    def items(self) -> list[str]:
        """Return every item that has a wrap somewhere. Raises `StoreUnavailable` if no copy answers."""
        return sorted({item for item, _ in self._everything("")})

    def everything(self) -> dict[str, set[str]]:
        """Return item → its recipients, for all wraps in any place, without items that have ended.

        Raises like `items`.
        """
        items: dict[str, set[str]] = {}
        for item, recipient in self._everything(""):
            items.setdefault(item, set()).add(recipient)
        return {item: had for item, had in items.items() if not self.endings.ended(item)}

    def in_every_copy(self) -> dict[str, set[str]]:
        """Return item → the recipients whose wraps every copy has, or will get from this disk; for all items
        with a wrap in any place, including ended ones: such an end may be revoked.

        Raises `StoreUnavailable` if any copy does not answer.
        """
        waiting = set(self._all_waiting())
        copies = [waiting.union(_listed(store, f"{ROOT}/")) for store in self.stores.values()] or [waiting]
        names: dict[str, set[str]] = {item: set() for item, _ in set().union(*copies)}
        for item, recipient in set.intersection(*copies):
            names[item].add(recipient)
        return names

    def recipients(self, item: str) -> list[str]:
        """Return the recipients of an item's wraps. Raises like `items`."""
        return sorted({recipient for _, recipient in self._everything(item)})

    def items_in(self, copy: str, beginning: str) -> list[str]:
        """Return the items with a wrap in one copy whose ids begin with `beginning`, at least two hex digits.

        Raises `StoreUnavailable` if it does not answer, `ValueError` for no such digits.
        """
        if not _BEGINNING.fullmatch(beginning):
            raise ValueError("a beginning of ids is 2 to 32 hex digits")
        return sorted({item for item, _ in _listed(self.stores[copy], f"{ROOT}/{beginning}")})

    def digests(self, item: str) -> dict[str, str]:
        """Return recipient → SHA-256 of the wrap in the first place that has it. Raises like `items`."""
        digests_of = {}
        for recipient in self.recipients(item):
            for _, read in self.places(item, recipient):
                try:
                    digests_of[recipient] = _sha256(read())
                except (VaultError, FileNotFoundError):
                    continue
                break
        return digests_of

    def put_right(self, copy: str, key: str, wrap: bytes) -> bool:
        """Make a copy hold `wrap`; return whether it is read there now. Raises nothing that a copy can
        cause."""
        store, item = self.stores[copy], key.split("/")[1]
        try:
            with self.writing:
                self.require_going_on(item)
                store.replace_damaged(key, wrap)
                if isinstance(store, LockingStore) and self.endings.held(item):
                    store.hold(key, True)
            right = store.get(key) == wrap
        except VaultError as error:
            log.warning("key store %s: %s not repaired: %s", copy, key, type(error).__name__)
            return False
        log.warning("key store %s: %s repaired from another place", copy, key)
        return right

    def lives(self, key: str) -> bool:
        """Whether the lock of a wrap's object is renewed: until its item has ended."""
        match = _KEY.fullmatch(key)
        return match is None or not self.endings.ended(match[1])

    def places(self, item: str, recipient: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """Yield the places of a wrap, each with a reader: this disk if it waits there, then the copies."""
        key, path = wrap_key(item, recipient), self._waiting / f"{item}.{recipient}"
        if path.exists():
            yield WAITING_PLACE, path.read_bytes
        for name, store in self.stores.items():
            yield name, lambda store=store: store.get(key)  # type: ignore[misc]

    def require_going_on(self, item: str) -> None:
        """Raise `ItemEnded` if the wraps of an item must be destroyed."""
        if self.endings.ended(item):
            raise ItemEnded(f"{item} was disposed of")

    def _all_waiting(self) -> list[tuple[str, str]]:
        if not self._waiting.is_dir():
            return []
        # A half-written or unknown file must not block the others.
        matches = (_WAITING.fullmatch(path.name) for path in self._waiting.iterdir())
        return sorted((match[1], match[2]) for match in matches if match is not None)

    def _everything(self, item: str) -> set[tuple[str, str]]:
        """Return (item, recipient) of every wrap, of one item or of all, in any place."""
        pairs = {pair for pair in self._all_waiting() if pair[0].startswith(item)}
        away: StoreUnavailable | None = None
        reached = not self.stores
        for store in self.stores.values():
            try:
                pairs |= set(_listed(store, f"{ROOT}/{item}/" if item else f"{ROOT}/"))
                reached = True
            except StoreUnavailable as error:
                away = error
        if not reached and away is not None:
            raise away
        return pairs


def _listed(store: Store, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield (item, recipient) of every wrap in a copy; ignores unknown objects."""
    for key in store.list(prefix):
        if (match := _KEY.fullmatch(key)) is not None:
            yield match[1], match[2]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
