"""What every object store can do: keep bytes under a key, once.

A store is not trusted with secrets (it holds ciphertext, digests and wrapped keys) nor with the truth: what
comes out is checked against digests in the ledger. It is trusted to keep what it acknowledged, and there are
two of them because that trust is limited.
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
    """One stored object, as the store itself reports it."""

    key: str
    version: str
    """The store's name for these bytes; asked for when they are read again."""
    size: int
    """Bytes."""
    sha256: str
    """Lower-case hex."""


class Store(Protocol):
    """Write-once objects. Methods may be called from several threads, and block until done."""

    def put(self, key: str, data: bytes) -> ObjectVersion:
        """Keep `data` under `key`; durable on return.

        What is returned is what the store said when it was asked after writing. The same bytes again give the
        same version. Raises `Altered` where the store then has something else, `ObjectExists` for
        other bytes, `WriteFailed` (`DiskFull`, `LockMissing`), `StoreUnavailable`, `InvalidObjectKey`.
        """

    def get(self, key: str, version: str | None = None, start: int = 0, length: int | None = None) -> bytes:
        """The bytes from `start` on, at most `length`; fewer where the object ends.

        Raises `ObjectMissing`, `Altered` where the store can tell, `StoreUnavailable`, `InvalidObjectKey`.
        """

    def replace_damaged(self, key: str, data: bytes) -> ObjectVersion:
        """Let `data` be what is read under `key` from now on, in the place of bytes that are not what was put
        there, or of none; durable on return. For repairs alone: whoever calls has held `data` against the
        ledger.

        What was there is not destroyed: a store that has versions gets a newer one, a folder keeps the
        damaged object aside. Who reads meanwhile, and who comes after a crash, finds the old bytes or the
        new. Where `data` is there already nothing is done. Raises as `put`, but never for other bytes.
        """

    def head(self, key: str) -> ObjectVersion:
        """What is stored under `key`, looked at anew. Raises like `get`."""

    def list(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, in order. Raises `StoreUnavailable`."""

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Those keys, each with the bytes of its object, without a look at every one. Raises like `list`."""


def put_sound(store: Store, key: str, data: bytes) -> ObjectVersion:
    """`put`; and where the store keeps other bytes there than it was sent, `replace_damaged` at once.

    For bytes that the caller can answer for. Raises as both do, `Altered` where the second try ends like the
    first.
    """
    try:
        return store.put(key, data)
    except Altered:
        return store.replace_damaged(key, data)


def check_key(key: str) -> str:
    """`key` if it is a proper object key, else `InvalidObjectKey`.

    Up to 16 segments between slashes, each 1 to 128 of `a-z 0-9 . _ -` and beginning with a letter or digit.
    So no `..`, no absolute path, nothing that two file systems could spell differently.
    """
    if not _KEY.fullmatch(key):
        raise InvalidObjectKey(f"not an object key: {key[:80]!r}")
    return key
