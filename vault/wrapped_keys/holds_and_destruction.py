"""Legal holds on the wrapped keys of an item, and their destruction, in every copy of the key store.

The keyholder first records a hold itself (`vault.wrapped_keys.end_records`), so it is in force regardless of
the copies. In a copy that is a bucket it is also set on each object: then not even the keyholder's
credentials can destroy it.

An item ends in this order, and the next call continues an interrupted one:

1. Its end is recorded, if two people have authorised it (`end_records.Proofs.of_end`): from here on nothing
   opens it, and no wrap of it is accepted or replicated.
2. Its wraps that wait on the keyholder's own disk are destroyed.
3. In each copy every version without a lock or hold is destroyed; the others are reported, with their dates.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vault.errors import StoreRefused, StoreUnavailable, VaultError
from vault.stores.base import Store
from vault.stores.object_lock import AWAY, LockingStore
from vault.stores.version_deletion import DestroyingStore, KeptVersion, destroy_all
from vault.wrapped_keys.end_records import Proof
from vault.wrapped_keys.store import ROOT, KeyStore

WAITING_PLACE = "keyholder"
"""The place name of the wraps that wait on the keyholder's own disk."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RemainingWraps:
    """The remaining wraps of an item."""

    versions: Mapping[str, Sequence[KeptVersion]]
    """Place → its versions; for each place that answered."""
    away: Mapping[str, str]
    """Place → why it could not be searched: `away`, `refused`."""


def hold(keys: KeyStore, item: str, hold: str) -> Mapping[str, str]:
    """See `Keyholder.hold_wraps`."""
    keys.endings.hold(item, hold)
    return _apply(keys, item)


def lift(keys: KeyStore, item: str, hold: str, proof: Proof) -> Mapping[str, str]:
    """See `Keyholder.lift_wraps`."""
    keys.endings.lift(item, hold, proof)
    return _apply(keys, item)


def refuse(keys: KeyStore, item: str, disposal: str, proof: Proof) -> None:
    """See `Keyholder.refuse_disposal`."""
    with keys.writing:
        keys.endings.refuse(item, disposal, proof)
    keys.news.set()  # for waiting wraps that an interrupted end had not destroyed yet


def destroy(keys: KeyStore, item: str, proof: Proof) -> RemainingWraps:
    """See `Keyholder.destroy_wraps`."""
    with keys.writing:
        keys.endings.end(item, proof)  # 1
        keys.forget_waiting(item)  # 2
    for name, store in keys.stores.items():  # 3
        try:
            if isinstance(store, DestroyingStore):
                # A hold, or a refusal, may arrive meanwhile: from then on nothing more is destroyed.
                destroy_all(store, list(store.kept(_prefix(item))), lambda: _may_go(keys, item))
        except VaultError as error:
            log.warning("wraps of %s in %s: %s: %s", item, name, type(error).__name__, error)
    return wraps_left(keys, item)


def wraps_left(keys: KeyStore, item: str) -> RemainingWraps:
    """See `Keyholder.wraps_left`."""
    versions = {
        WAITING_PLACE: [KeptVersion(f"{_prefix(item)}{one}", "waiting") for one in keys.waiting_of(item)]
    }
    away = {}
    for name, store in keys.stores.items():
        try:
            if not isinstance(store, DestroyingStore):
                raise StoreUnavailable(f"{name} cannot destroy")
            versions[name] = list(store.kept(_prefix(item)))
        except VaultError as error:
            away[name] = "refused" if isinstance(error, StoreRefused) else "away"
    return RemainingWraps(versions, away)


def _may_go(keys: KeyStore, item: str) -> bool:
    return keys.endings.ended(item) and not keys.endings.held(item)


def _prefix(item: str) -> str:
    return f"{ROOT}/{item}/"


def set_holds(store: Store, prefix: str, held: bool) -> str:
    """Set or lift legal hold on everything under `prefix`: `held`, `free`, `no-locks`, `away`, `failed`.

    An object that fails, or for which the store does not answer, does not stop the others, unless there are
    `AWAY` unanswered ones in a row. A repeated call is harmless.
    """
    failed, unanswered = False, 0
    try:
        if not isinstance(store, LockingStore) or not store.abilities().holds:
            return "no-locks"
        for key in store.list(prefix):
            try:
                store.hold(key, held)
                unanswered = 0
            except VaultError as error:
                log.warning("legal hold of %s: %s: %s", key, type(error).__name__, error)
                failed = True
                unanswered = unanswered + 1 if isinstance(error, StoreUnavailable) else 0
                if unanswered >= AWAY:
                    raise
    except StoreUnavailable as error:
        log.warning("legal hold under %s: %s", prefix, error)
        return "away"
    if unanswered:
        return "away"
    if failed:
        return "failed"
    return "held" if held else "free"


def _apply(keys: KeyStore, item: str) -> Mapping[str, str]:
    held = keys.endings.held(item)
    return {name: set_holds(store, _prefix(item), held) for name, store in keys.stores.items()}
