"""Legal holds on the wrapped keys of an item, in every copy of the key store that can hold.

The keyholder remembers a hold itself first (`vault.endings`), so it is in force whatever the copies do. In a
copy that is a bucket it is set on each object too: then not even the keyholder's credentials can destroy it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from vault.endings import Proof
from vault.errors import StoreUnavailable, VaultError
from vault.key_store import ROOT, KeyStore
from vault.stores.base import Store
from vault.stores.locking import LockingStore

log = logging.getLogger(__name__)


def hold(keys: KeyStore, item: str, hold: str) -> Mapping[str, str]:
    """See `Keyholder.hold_wraps`."""
    keys.endings.hold(item, hold)
    return _apply(keys, item)


def lift(keys: KeyStore, item: str, hold: str, proof: Proof) -> Mapping[str, str]:
    """See `Keyholder.lift_wraps`."""
    keys.endings.lift(item, hold, proof)
    return _apply(keys, item)


def set_holds(store: Store, prefix: str, held: bool) -> str:
    """Set or lift legal hold on everything under `prefix`: `held`, `free`, `no-locks`, `away`, `failed`.

    Objects that fail do not keep the others from it. Doing it again does no harm.
    """
    failed = False
    try:
        if not isinstance(store, LockingStore) or not store.abilities().holds:
            return "no-locks"
        for key in store.list(prefix):
            try:
                store.hold(key, held)
            except StoreUnavailable:
                raise
            except VaultError as error:
                log.warning("legal hold of %s: %s: %s", key, type(error).__name__, error)
                failed = True
    except StoreUnavailable as error:
        log.warning("legal hold under %s: %s", prefix, error)
        return "away"
    if failed:
        return "failed"
    return "held" if held else "free"


def _apply(keys: KeyStore, item: str) -> Mapping[str, str]:
    held = keys.endings.held(item)
    return {name: set_holds(store, f"{ROOT}/{item}/", held) for name, store in keys.stores.items()}
