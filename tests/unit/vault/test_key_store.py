"""Wrapped keys in two copies: kept at once, carried when a copy answers, opened from whichever is right."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.faulty_disk import FaultyDisk
from vault.errors import (
    Altered,
    DiskFull,
    KeysMissing,
    ObjectExists,
    StoreUnavailable,
)
from vault.sealing.key_wrapping import WRAP_SIZE
from vault.stores.filesystem import FilesystemStore
from vault.wrapped_keys.scrub import WrapFinding, check_wraps
from vault.wrapped_keys.store import KeyStore, wrap_key

ITEM, RECIPIENT = "ab" * 16, "cd" * 8
FIRST, SECOND = "first-keys", "second-keys"
WRAP, OTHER = b"w" * WRAP_SIZE, b"o" * WRAP_SIZE
DIGEST = sha256(WRAP).hexdigest()


class Away(FilesystemStore):
    """A copy that can be taken away."""

    away = False

    def put(self, key, data):  # type: ignore[no-untyped-def]
        self._answer()
        return super().put(key, data)

    def get(self, key, version=None, start=0, length=None):  # type: ignore[no-untyped-def]
        self._answer()
        return super().get(key, version, start, length)

    def list(self, prefix: str) -> Iterator[str]:
        self._answer()
        return super().list(prefix)

    def _answer(self) -> None:
        if self.away:
            raise StoreUnavailable("it is away")


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (FIRST, SECOND):
            FilesystemStore.create(folder / name)
        self.waiting = folder / "wraps"
        self.begin()

    def begin(self) -> None:
        """As after a start of the process: nothing is remembered but what lies on disks."""
        self.copies = {name: Away(self.folder / name) for name in (FIRST, SECOND)}
        self.store = KeyStore(self.copies, self.waiting)

    def path(self, copy: str) -> Path:
        return self.folder / copy / "objects" / wrap_key(ITEM, RECIPIENT)

    def write(self, copy: str, data: bytes) -> None:
        self.path(copy).chmod(0o600)
        self.path(copy).write_bytes(data)

    def there(self) -> list[bytes | None]:
        return [
            self.path(copy).read_bytes() if self.path(copy).exists() else None for copy in (FIRST, SECOND)
        ]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def kept(world: World) -> World:
    """Both copies have it."""
    world.store.keep(ITEM, RECIPIENT, WRAP)
    assert world.store.carry() == 0
    assert world.there() == [WRAP, WRAP]
    return world


def opened(world: World) -> bytes:
    """What a keyholder would open: `WRAP`, and nothing else."""

    def unwrap(wrap: bytes) -> bytes:
        if wrap != WRAP:
            raise Altered("it does not open")
        return b"secret"

    return world.store.open(ITEM, RECIPIENT, unwrap)


def checked(world: World, copy: str = FIRST, *, repair: bool = False) -> list[WrapFinding]:
    return list(check_wraps(world.store, copy, ITEM, {"wrap": DIGEST}, repair=repair).findings)


def test_a_wrap_can_be_opened_before_any_copy_has_it_and_after_a_restart(world: World) -> None:
    for copy in world.copies.values():
        copy.away = True
    assert not world.store.keep(ITEM, RECIPIENT, WRAP)
    assert opened(world) == b"secret"
    assert world.store.carry() == 1
    assert set(world.store.status().trouble) == {FIRST, SECOND}
    world.begin()
    assert opened(world) == b"secret"
    assert world.store.carry() == 0
    assert world.there() == [WRAP, WRAP]
    assert (list(world.waiting.iterdir()), world.store.status().waiting) == ([], 0)
    assert world.store.keep(ITEM, RECIPIENT, WRAP)


def test_a_wrap_that_cannot_be_read_where_it_waits_is_opened_from_a_copy(world: World) -> None:
    world.store.keep(ITEM, RECIPIENT, WRAP)
    assert world.store.carry() == 0
    unreadable = world.waiting / f"{ITEM}.{RECIPIENT}"
    unreadable.mkdir()
    assert world.store.open(ITEM, RECIPIENT, lambda wrap: wrap) == WRAP
    for copy in (FIRST, SECOND):
        world.path(copy).unlink()
    with pytest.raises(StoreUnavailable, match="waiting"):
        world.store.open(ITEM, RECIPIENT, lambda wrap: wrap)


def test_while_one_copy_is_away_the_other_is_filled_and_what_it_lacks_waits(world: World) -> None:
    world.copies[SECOND].away = True
    for number in range(3):
        world.store.keep(f"{number:032x}", RECIPIENT, WRAP)
    assert world.store.carry() == 3
    assert len(list(FilesystemStore(world.folder / FIRST).list("wraps/"))) == 3
    world.copies[SECOND].away = False
    assert world.store.carry() == 0
    assert len(list(world.copies[SECOND].list("wraps/"))) == 3
    assert world.store.status().trouble == {}


def test_another_wrap_for_the_same_recipient_is_refused_in_every_state(kept: World) -> None:
    with pytest.raises(ObjectExists):
        kept.store.keep(ITEM, RECIPIENT, OTHER)
    kept.begin()
    kept.store.keep(ITEM, RECIPIENT, OTHER)  # not known yet to be another
    assert kept.store.carry() == 1
    assert kept.there() == [WRAP, WRAP]
    assert "ObjectExists" in kept.store.status().trouble[FIRST]
    with pytest.raises(ObjectExists):
        kept.store.keep(ITEM, RECIPIENT, WRAP)
    assert opened(kept) == b"secret"


@pytest.mark.parametrize("wrap", [b"", WRAP[1:], WRAP + b"x"])
def test_what_cannot_be_a_wrap_is_refused(world: World, wrap: bytes) -> None:
    with pytest.raises(ValueError, match="a wrap is"):
        world.store.keep(ITEM, RECIPIENT, wrap)
    for item, recipient in (("x", RECIPIENT), (ITEM, "../../../etc"), (ITEM.upper(), RECIPIENT)):
        with pytest.raises(ValueError, match="an item is"):
            world.store.keep(item, recipient, WRAP)


@pytest.mark.parametrize("operation", ["create", "write", "sync", "rename", "sync_directory"])
def test_on_a_disk_that_fails_nothing_is_said_to_be_kept(world: World, operation: str) -> None:
    full = FaultyDisk()
    store = KeyStore(world.copies, world.waiting, full)
    full.fail(operation, errno.ENOSPC)
    with pytest.raises(DiskFull):
        store.keep(ITEM, RECIPIENT, WRAP)
    store.keep(ITEM, RECIPIENT, WRAP)
    assert store.carry() == 0
    assert world.there() == [WRAP, WRAP]


@pytest.mark.parametrize("copy", [FIRST, SECOND])
def test_either_copy_is_enough(kept: World, copy: str) -> None:
    kept.copies[copy].away = True
    assert opened(kept) == b"secret"
    assert kept.store.recipients(ITEM) == [RECIPIENT]
    assert kept.store.items() == [ITEM]
    assert kept.store.digests(ITEM) == {RECIPIENT: DIGEST}


def test_what_is_away_everywhere_is_not_called_missing(kept: World) -> None:
    for copy in kept.copies.values():
        copy.away = True
    with pytest.raises(StoreUnavailable):
        opened(kept)
    with pytest.raises(StoreUnavailable):
        kept.store.items()


@pytest.mark.parametrize("harm", ["missing", "altered"])
def test_damage_that_is_met_is_noticed_and_put_right_by_a_check_only(kept: World, harm: str) -> None:
    if harm == "missing":
        kept.path(FIRST).unlink()
    else:
        kept.write(FIRST, OTHER)
    assert opened(kept) == b"secret"
    assert kept.store.take_noticed() == [(FIRST, ITEM)]
    assert kept.store.take_noticed() == []
    assert checked(kept) == [WrapFinding("wrap", harm)]  # type: ignore[arg-type]
    assert checked(kept, SECOND) == []
    assert checked(kept, repair=True) == [WrapFinding("wrap", harm, True)]  # type: ignore[arg-type]
    assert checked(kept) == []
    assert kept.there() == [WRAP, WRAP]


def test_what_is_right_nowhere_is_said_of_each_copy_and_nothing_is_written(kept: World) -> None:
    kept.write(FIRST, OTHER)
    kept.write(SECOND, b"x")
    for copy in (FIRST, SECOND):
        assert checked(kept, copy, repair=True) == [WrapFinding("wrap", "altered")]
    assert kept.there() == [OTHER, b"x"]
    with pytest.raises(Altered):
        opened(kept)


def test_the_same_forgery_in_both_copies_is_not_taken_for_what_the_ledger_names(kept: World) -> None:
    kept.write(FIRST, OTHER)
    kept.write(SECOND, OTHER)
    assert checked(kept) == [WrapFinding("wrap", "missing")]


def test_what_is_lost_everywhere_is_said(kept: World) -> None:
    for copy in (FIRST, SECOND):
        kept.path(copy).unlink()
    assert checked(kept) == [WrapFinding("wrap", "missing")]
    with pytest.raises(KeysMissing):
        opened(kept)


def test_a_copy_that_is_away_is_not_read_and_not_damaged(kept: World) -> None:
    kept.copies[FIRST].away = True
    with pytest.raises(StoreUnavailable):
        checked(kept)
    assert checked(kept, SECOND) == []


def test_what_is_on_its_way_is_not_missing(world: World) -> None:
    world.store.keep(ITEM, RECIPIENT, WRAP)
    read = check_wraps(world.store, FIRST, ITEM, {"wrap": DIGEST}, repair=True)
    assert (read.findings, read.waiting) == ([], True)
    world.store.carry()
    read = check_wraps(world.store, FIRST, ITEM, {"wrap": DIGEST}, repair=True)
    assert (read.findings, read.waiting, read.read, read.size) == ([], False, ["wrap"], WRAP_SIZE)


def test_a_wrap_for_another_recipient_counts_while_both_copies_say_the_same(kept: World) -> None:
    later = "ef" * 8
    kept.store.keep(ITEM, later, OTHER)
    kept.store.carry()
    assert checked(kept) == []
    (kept.folder / SECOND / "objects" / wrap_key(ITEM, later)).unlink()
    assert checked(kept, SECOND, repair=True) == [WrapFinding(later, "missing", True)]
    there = [wrap_key(ITEM, recipient) for recipient in sorted([RECIPIENT, later])]
    assert list(kept.store.stores[SECOND].list("")) == there


def test_a_copy_tells_which_items_it_has_by_how_their_ids_begin(kept: World) -> None:
    other = ITEM[:2] + "0" * 30
    kept.store.keep(other, RECIPIENT, WRAP)
    kept.store.keep("00" * 16, RECIPIENT, WRAP)
    kept.store.carry()
    kept.path(FIRST).unlink()
    assert kept.store.items_in(FIRST, ITEM[:2]) == [other]
    assert kept.store.items_in(SECOND, ITEM[:2]) == sorted([other, ITEM])
    assert kept.store.items_in(SECOND, ITEM) == [ITEM]
    for wrong in ("", "a", "../wraps", "AB", f"{ITEM}0"):
        with pytest.raises(ValueError, match="2 to 32 hex digits"):
            kept.store.items_in(FIRST, wrong)


def test_what_is_no_wrap_of_ours_in_the_folder_keeps_nothing_from_being_carried(world: World) -> None:
    world.store.keep(ITEM, RECIPIENT, WRAP)
    for name in (".DS_Store", "a.b", f"{'00' * 16}.{RECIPIENT}.new"):
        (world.waiting / name).write_bytes(b"of somebody else")
    (world.waiting / f"{'00' * 16}.{RECIPIENT}").mkdir()  # can be listed, and not be read
    assert world.store.carry() == 1
    assert world.there() == [WRAP, WRAP]
    assert world.store.status().waiting == 1


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("line", range(6))
def test_killed_at_any_line_of_the_carrying_the_wrap_is_in_both_copies_in_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch, line: int
) -> None:
    """Before and after each put, and before and after the wrap leaves this disk."""
    world.store.keep(ITEM, RECIPIENT, WRAP)
    steps = iter(range(100))

    def around(step):  # type: ignore[no-untyped-def]
        def dying(*given, **named):  # type: ignore[no-untyped-def]
            if next(steps) == line:
                raise Killed
            done = step(*given, **named)
            if next(steps) == line:
                raise Killed
            return done

        return dying

    for copy in world.copies.values():
        monkeypatch.setattr(copy, "put", around(copy.put))
    monkeypatch.setattr(Path, "unlink", around(Path.unlink))
    with pytest.raises(Killed):
        world.store.carry()
    monkeypatch.undo()
    world.begin()
    assert opened(world) == b"secret"
    assert world.store.carry() == 0
    assert world.there() == [WRAP, WRAP]
    assert checked(world) == checked(world, SECOND) == []
