"""Reading a sealed recording back from whichever copy has it right."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from casework.center import Center
from casework.database.models import Evidence
from casework.errors import NothingReadable
from casework.evidence import gateway
from casework.interviews import recorder_statements
from tests.support.centers.casework_world import World
from vault.spool.segments import file_key, segment_key
from vault.stores.filesystem import FilesystemStore


@pytest.fixture
async def item(world: World) -> str:
    interview = await asyncio.to_thread(world.interview)
    return await world.recorded(interview, seconds=4)


def with_copies(world: World, item: str) -> tuple[Center, Path, Path]:
    """The world with two filled copies, and an empty spool."""
    spool = world.center.spool / item
    stores = {}
    for name in ("first-copy", "second-copy"):
        stores[name] = store = FilesystemStore.create(world.folder / name)
        for path in sorted(spool.glob("*.segment")):
            store.put(segment_key(item, int(path.stem)), path.read_bytes())
        for file in ("index", "manifest"):
            store.put(file_key(item, file), (spool / file).read_bytes())
    shutil.rmtree(spool)
    roots = [world.folder / name / "objects" / "recordings" / item for name in stores]
    return replace(world.center, stores=stores), roots[0], roots[1]


def damage(path: Path, at: int) -> None:
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def everything(center: Center, world: World, item: str) -> list[bytes]:
    viewing = gateway.view(center, world.prosecutor, item, "review")
    return [viewing.message(record.index) for record in viewing.recording.records]


def test_a_recording_is_read_from_the_copies_when_the_spool_has_let_go(world: World, item: str) -> None:
    expected = everything(world.center, world, item)
    center, _, _ = with_copies(world, item)
    assert everything(center, world, item) == expected


def test_every_damage_in_one_copy_is_made_good_by_the_other(world: World, item: str) -> None:
    expected = everything(world.center, world, item)
    center, first, second = with_copies(world, item)
    size = (first / "segments" / "000001").stat().st_size
    for at in range(3000, size, size // 7):
        damage(first / "segments" / "000001", at)
    damage(second / "segments" / "000001", 20)  # in the header's frame, which the first copy has whole
    for name in ("manifest", "index"):
        damage(first / name, 5)
    assert everything(replace(center), world, item) == expected


def test_the_only_copy_that_was_put_right_is_read_although_ranges_of_it_are_still_damaged(
    world: World, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a bucket does it: until an object was read whole, the damaged version answers for ranges."""
    expected = everything(world.center, world, item)
    center, _, _ = with_copies(world, item)
    get, read_whole = FilesystemStore.get, set[str]()

    def versions(
        store: FilesystemStore,
        key: str,
        version: str | None = None,
        start: int = 0,
        length: int | None = None,
    ) -> bytes:
        data = get(store, key, version, start, length)
        if length is None:
            read_whole.add(key)
        return data if key in read_whole else bytes(len(data))

    monkeypatch.setattr(FilesystemStore, "get", versions)
    alone = replace(center, stores={"second-copy": center.stores["second-copy"]})
    assert everything(alone, world, item) == expected


def test_a_copy_that_lacks_segments_or_is_gone_is_passed_over(world: World, item: str) -> None:
    expected = everything(world.center, world, item)
    center, first, _ = with_copies(world, item)
    (first / "segments" / "000001").unlink()
    assert everything(replace(center), world, item) == expected
    shutil.rmtree(world.folder / "first-copy")
    assert everything(replace(center), world, item) == expected


def test_without_the_noted_segment_sizes_the_copies_are_asked(world: World, item: str) -> None:
    expected = everything(world.center, world, item)
    center, first, _ = with_copies(world, item)
    (first / "segments" / "000001").unlink()
    for sizes in (None, [1, 2, 3]):
        with world.center.database.begin() as session:
            session.get_one(Evidence, item).segment_sizes = sizes
        assert everything(replace(center), world, item) == expected


def test_damage_in_all_copies_is_an_error_and_never_other_bytes(world: World, item: str) -> None:
    center, first, second = with_copies(world, item)
    size = (first / "segments" / "000001").stat().st_size
    for root in (first, second):
        damage(root / "segments" / "000001", size - 5)
    viewing = gateway.view(center, world.prosecutor, item, "review")
    last = len(viewing.recording.records) - 1
    assert viewing.message(0)
    with pytest.raises(NothingReadable):
        viewing.message(last)
    with pytest.raises(NothingReadable):
        viewing.message_keys([last])


def test_a_part_leaves_the_spool_only_once_it_is_sealed_and_its_wraps_have_two_copies(
    world: World, item: str
) -> None:
    def may_leave(item: str) -> bool:
        return recorder_statements.may_leave_spool(
            world.center.database, world.center.spool, world.keyholder, item
        )

    assert not may_leave(item)
    world.key_store.carry()
    assert may_leave(item)
    ticket = world.ticket(world.interview())
    assert not may_leave(ticket.evidence)
    assert not may_leave("00" * 16)
