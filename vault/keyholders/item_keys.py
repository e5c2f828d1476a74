"""A keyholder's operations on items: store their wraps, open them, release keys, hold and destroy them.

Independent of the protection of the vault key's seed. The secret of an item exists for one call, and leaves
this process only wrapped. Between calls only openings are stored, without a secret (`openings`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

from vault.errors import Altered, KeysMissing
from vault.keyholders import openings
from vault.keyholders.openings import Openings
from vault.sealing.key_wrapping import WRAP_SIZE, WrappingKey, recipient_id
from vault.sealing.sealing import message_key
from vault.wrapped_keys import end_records, holds_and_destruction, scrub
from vault.wrapped_keys.end_records import Proof
from vault.wrapped_keys.holds_and_destruction import RemainingWraps
from vault.wrapped_keys.scrub import WrapCheck
from vault.wrapped_keys.store import KeyStore


class ItemKeys:
    """Opens items of `store` with the vault keys that `unlocked` gives, the newest first (or `Locked`)."""

    def __init__(self, store: KeyStore, unlocked: Callable[[], Sequence[WrappingKey]]) -> None:
        self._store = store
        self._unlocked = unlocked
        self.openings = Openings()

    def require(self, to_open: openings.Proofs, to_end: end_records.Proofs) -> None:
        """Open and end items only with what these accept. Until this is called nothing is opened or ended."""
        self.openings.proofs = to_open
        self._store.endings.proofs = to_end

    def keep_wraps(self, item: str, wraps: Mapping[str, bytes]) -> bool:
        """See `Keyholder.keep_wraps`."""
        held = [self._store.keep(item, recipient, wrap) for recipient, wrap in sorted(wraps.items())]
        return all(held)

    def wraps(self, item: str) -> Mapping[str, str]:
        """See `Keyholder.wraps`."""
        return self._store.digests(item)

    def check_wraps(self, copy: str, item: str, digests: Mapping[str, str], repair: bool) -> WrapCheck:
        """See `Keyholder.check_wraps`."""
        self._require(copy)
        return scrub.check_wraps(self._store, copy, item, digests, repair=repair)

    def items_in(self, copy: str, beginning: str) -> Sequence[str]:
        """See `Keyholder.items_in`."""
        self._require(copy)
        return self._store.items_in(copy, beginning)

    def noticed_wraps(self) -> Sequence[tuple[str, str]]:
        """See `Keyholder.noticed_wraps`."""
        return self._store.take_noticed()

    def hold_wraps(self, item: str, hold: str) -> Mapping[str, str]:
        """See `Keyholder.hold_wraps`."""
        return holds_and_destruction.hold(self._store, item, hold)

    def lift_wraps(self, item: str, hold: str, proof: Proof) -> Mapping[str, str]:
        """See `Keyholder.lift_wraps`."""
        return holds_and_destruction.lift(self._store, item, hold, proof)

    def wraps_left(self, item: str) -> RemainingWraps:
        """See `Keyholder.wraps_left`. Includes what waits on the keyholder's own disk."""
        return holds_and_destruction.wraps_left(self._store, item)

    def destroy_wraps(self, item: str, proof: Proof) -> RemainingWraps:
        """See `Keyholder.destroy_wraps`."""
        return holds_and_destruction.destroy(self._store, item, proof)

    def refuse_disposal(self, item: str, disposal: str, proof: Proof) -> None:
        """See `Keyholder.refuse_disposal`."""
        holds_and_destruction.refuse(self._store, item, disposal, proof)

    def _require(self, copy: str) -> None:
        if copy not in self._store.stores:
            raise ValueError(f"no copy of the key store is called {copy[:32]}")

    def open_item(self, item: str, proof: Proof) -> str:
        """See `Keyholder.open_item`."""
        return self.openings.begin(item, proof)

    def message_keys(self, opening: str, info: bytes, requests: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """See `Keyholder.message_keys`."""
        data_key = self._secret(self.openings.item(opening), info)
        return [message_key(data_key, context, salt) for salt, context in requests]

    def open_sealed(self, item: str, info: bytes, blobs: Sequence[bytes]) -> list[bytes]:
        """See `Keyholder.open_sealed`."""
        case_key = WrappingKey(self._secret(item, info))
        return [case_key.unwrap(blob, info) for blob in blobs]

    def _secret(self, item: str, info: bytes) -> bytes:
        """Return the data key or seed itself, for this process alone. Raises as `Keyholder.open_sealed`."""

        def unwrap(key: WrappingKey, wrapped: bytes) -> bytes:
            if len(wrapped) != WRAP_SIZE:  # so a secret is 32 bytes: a data key, or a seed
                raise Altered("no wrap of a data key or seed")
            return key.unwrap(wrapped, info)

        missing: KeysMissing | None = None
        for key in self._unlocked():
            try:
                return self._store.open(item, recipient_id(key.public), functools.partial(unwrap, key))
            except KeysMissing as error:
                missing = missing or error
        assert missing is not None  # there is at least one vault key
        raise missing
