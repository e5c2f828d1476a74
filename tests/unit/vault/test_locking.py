"""Walks over a store that can lock: one object that is never answered for does not end them."""

from __future__ import annotations

from pathlib import Path

import pytest

from vault.errors import StoreUnavailable
from vault.stores.filesystem import FilesystemStore
from vault.stores.object_lock import AWAY, Abilities, LockingStore, renew_all
from vault.wrapped_keys.holds_and_destruction import set_holds


class Locking(FilesystemStore):
    """A folder that says it locks; `broken` are the keys that it has no answer for."""

    def __init__(self, root: Path, broken: set[str]) -> None:
        super().__init__(root)
        self.broken, self.renewed, self.held = broken, list[str](), list[str]()

    def abilities(self) -> Abilities:
        return Abilities(write_once=True, holds=True)

    def renew(self, key: str) -> bool:
        self.renewed.append(self._answered(key))
        return True

    def hold(self, key: str, held: bool) -> None:
        self.held.append(self._answered(key))

    def _answered(self, key: str) -> str:
        if key in self.broken:
            raise StoreUnavailable("InternalError")
        return key


def keys(count: int) -> list[str]:
    return [f"recordings/{n:02d}" for n in range(count)]


def locking(folder: Path, broken: set[str]) -> Locking:
    FilesystemStore.create(folder / "store")
    store = Locking(folder / "store", broken)
    for key in keys(AWAY + 2):
        store.put(key, key.encode())
    return store


def test_the_locks_behind_it_are_renewed_and_it_is_told(tmp_path: Path) -> None:
    first, *others = keys(AWAY + 2)
    store = locking(tmp_path, {first})
    assert isinstance(store, LockingStore)
    walk = renew_all(store)
    assert store.renewed == others
    assert (walk.failed, walk.renewed, walk.first_failure) == (
        1,
        len(others),
        "StoreUnavailable: InternalError",
    )


def test_the_holds_behind_it_are_set_and_it_is_told(tmp_path: Path) -> None:
    first, *others = keys(AWAY + 2)
    store = locking(tmp_path, {first})
    assert set_holds(store, "recordings/", True) == "failed"
    assert store.held == others
    store.broken = {others[-1]}
    assert set_holds(store, "recordings/", True) == "away"


def test_a_store_that_has_no_answer_again_and_again_is_away(tmp_path: Path) -> None:
    store = locking(tmp_path, set(keys(AWAY)))
    with pytest.raises(StoreUnavailable):
        renew_all(store)
    assert set_holds(store, "recordings/", True) == "away"
    assert store.renewed == store.held == []
