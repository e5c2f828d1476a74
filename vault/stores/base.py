"""The interface of all object stores: store bytes under a key, once.

A store is not trusted with secrets (it holds ciphertext, digests and wrapped keys) nor with integrity: what
it returns is checked against digests in the ledger. It is trusted to keep what it acknowledged, and there
are two stores because that trust is limited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from vault.errors import Altered, InvalidObjectKey

_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}(/[a-z0-9][a-z0-9._-]{0,127}){0,15}")


@dataclass(frozen=True)
class ObjectVersion:
    """One stored object, as the store reports it."""

    key: str
    version: str
    """The store's name for these bytes; used to read them again."""
    size: int
    """Bytes."""
    sha256: str
    """Lower-case hex."""


class Store(Protocol):
    """Write-once objects. Methods may be called from several threads, and block until done."""

    def put(self, key: str, data: bytes) -> ObjectVersion:
        """Store `data` under `key`; durable on return.

        Returns what the store reports after the write. The same bytes again give the same version. Raises
        `Altered` if the store then holds something else, `ObjectExists` for other bytes, `WriteFailed`
        (`DiskFull`, `LockMissing`), `StoreUnavailable`, `InvalidObjectKey`.
        """

    def get(self, key: str, version: str | None = None, start: int = 0, length: int | None = None) -> bytes:
        """Return at most `length` bytes from `start` on; fewer if the object ends before.

        Raises `ObjectMissing`, `Altered` if the store can detect it, `StoreUnavailable`, `InvalidObjectKey`.
        """

    def replace_damaged(self, key: str, data: bytes) -> ObjectVersion:
        """Make `data` what is read under `key` from now on, replacing bytes that differ from what was stored,
        or none; durable on return. Only for repairs: the caller has compared `data` with the ledger.

        The previous bytes are not destroyed: a store with versions gets a newer one, a folder sets the
        damaged object aside. A concurrent reader, or one after a crash, finds the old bytes or the
        new. If `data` is already there, nothing is done. Raises as `put`, but never for other bytes.
        """

    def head(self, key: str) -> ObjectVersion:
        """Return what is stored under `key`, read anew. Raises like `get`."""

    def list(self, prefix: str) -> Iterator[str]:
        """Return the keys that begin with `prefix`, in order. Raises `StoreUnavailable`."""

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Return those keys with their object sizes in bytes, without a look at each. Raises like `list`."""


def put_sound(store: Store, key: str, data: bytes) -> ObjectVersion:
    """Call `put`; if the store then holds other bytes than it was sent, call `replace_damaged` at once.

    Only for bytes that the caller answers for. Raises as both do, `Altered` if the second try fails like the
    first.
    """
    try:
        return store.put(key, data)
    except Altered:
        return store.replace_damaged(key, data)


def is_key(key: str) -> bool:
    """Return whether `key` is a valid object key, as `check_key` describes it."""
    return _KEY.fullmatch(key) is not None


def check_key(key: str) -> str:
    """Return `key` if it is a valid object key, else raise `InvalidObjectKey`.

    Up to 16 segments between slashes, each 1 to 128 of `a-z 0-9 . _ -` and beginning with a letter or digit.
    This excludes `..`, absolute paths, and names that two file systems could spell differently.
    """
    if not is_key(key):
        raise InvalidObjectKey(f"not an object key: {key[:80]!r}")
    return key
