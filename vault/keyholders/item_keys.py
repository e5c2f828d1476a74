"""Operations on an item's secret that all keyholders share: fetch its wrap, open it, release keys.

Keyholders differ only in how the vault key's seed is protected, which is not handled here. The secret itself
exists for one call: nothing is remembered between calls.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

from vault.errors import Altered, KeysMissing
from vault.sealing.key_wrapping import WRAP_SIZE, WrappingKey, generate_seed, recipient_id, wrap
from vault.sealing.sealing import message_key
from vault.wrapped_keys.scrub import WrapsRead, check_wraps
from vault.wrapped_keys.store import KeyStore


class ItemKeys:
    """Opens items of `store` with the vault keys that `unlocked` gives, the newest first (or `Locked`)."""

    def __init__(self, store: KeyStore, unlocked: Callable[[], Sequence[WrappingKey]]) -> None:
        self.store = store
        self._unlocked = unlocked

    def keep(self, item: str, wraps: Mapping[str, bytes]) -> bool:
        """See `Keyholder.keep_wraps`."""
        held = [self.store.keep(item, recipient, wrap) for recipient, wrap in sorted(wraps.items())]
        return all(held)

    def check(self, copy: str, item: str, digests: Mapping[str, str], repair: bool) -> WrapsRead:
        """See `Keyholder.check_wraps`."""
        self._require(copy)
        return check_wraps(self.store, copy, item, digests, repair=repair)

    def wraps_in(self, copy: str, item: str) -> Sequence[str]:
        """See `Keyholder.wraps_in`."""
        self._require(copy)
        return self.store.recipients_in(copy, item)

    def _require(self, copy: str) -> None:
        if copy not in self.store.stores:
            raise ValueError(f"no copy of the key store is called {copy[:32]}")

    def make_case_key(self, case: str, info: bytes, recipients: Mapping[str, bytes]) -> bytes:
        """See `Keyholder.make_case_key`."""
        seed = generate_seed()
        self.keep(case, {recipient: wrap(seed, public, info) for recipient, public in recipients.items()})
        return WrappingKey(seed).public

    def message_keys(self, item: str, info: bytes, requests: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """See `Keyholder.message_keys`."""
        data_key = self.secret(item, info)
        return [message_key(data_key, context, salt) for salt, context in requests]

    def open_sealed(self, item: str, info: bytes, blobs: Sequence[bytes]) -> list[bytes]:
        """See `Keyholder.open_sealed`."""
        case_key = WrappingKey(self.secret(item, info))
        return [case_key.unwrap(blob, info) for blob in blobs]

    def secret(self, item: str, info: bytes) -> bytes:
        """Return the data key or seed itself, for this process alone. Raises as `Keyholder.message_keys`."""

        def unwrap(key: WrappingKey, wrapped: bytes) -> bytes:
            if len(wrapped) != WRAP_SIZE:  # so a secret is 32 bytes: a data key, or a seed
                raise Altered("no wrap of a data key or seed")
            return key.unwrap(wrapped, info)

        missing: KeysMissing | None = None
        for key in self._unlocked():
            try:
                return self.store.open(item, recipient_id(key.public), functools.partial(unwrap, key))
            except KeysMissing as error:
                missing = missing or error
        assert missing is not None  # there is at least one vault key
        raise missing
