"""A sealed part of two segments in two real copies, and the means to harm them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from casework.center import Center
from tests.support.centers.casework_world import World, recorded_in_two_segments
from vault.copies.copies import Copies
from vault.disk import DISK, Disk
from vault.spool.segments import file_key, segment_key
from vault.stores.filesystem import FilesystemStore

FIRST, SECOND = "first-copy", "second-copy"
OBJECTS = 4
"""Two segments, index, manifest."""


@dataclass
class Copied:
    """`center` has the item in two copies, and its spool has let go of it."""

    world: World
    center: Center
    item: str

    def path(self, copy: str, name: str) -> Path:
        """The file of an object: `index`, `manifest`, `segments/000001`."""
        return self.world.folder / copy / "objects" / "recordings" / self.item / name

    def flip(self, copy: str, name: str, at: int) -> None:
        path = self.path(copy, name)
        path.chmod(0o600)
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(data)

    def write(self, copy: str, name: str, data: bytes) -> None:
        path = self.path(copy, name)
        path.chmod(0o600)
        path.write_bytes(data)

    def everything(self, copy: str) -> dict[str, bytes]:
        """What a copy holds of the item, by name."""
        root = self.path(copy, "")
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    def on_disk(self, copy: str, disk: Disk) -> Center:
        """The center with this copy on another kind of disk."""
        store = FilesystemStore(self.world.folder / copy, disk)
        return replace(self.center, stores={**self.center.stores, copy: store})

    def make_anew(self, copy: str) -> None:
        """An empty store in the place of a lost one."""
        shutil.rmtree(self.world.folder / copy)
        FilesystemStore.create(self.world.folder / copy, DISK)


def in_two_copies(world: World, item: str, *, keep_spool: bool = False) -> Copied:
    spool = world.center.spool / item
    stores = {name: FilesystemStore.create(world.folder / name) for name in (FIRST, SECOND)}
    for store in stores.values():
        for path in sorted(spool.glob("*.segment")):
            store.put(segment_key(item, int(path.stem)), path.read_bytes())
        for file in ("index", "manifest"):
            store.put(file_key(item, file), (spool / file).read_bytes())
    if not keep_spool:
        shutil.rmtree(spool)
    center = replace(world.center, stores=stores, copies=Copies(stores, world.center.spool))
    return Copied(world, center, item)


@pytest.fixture
async def copied(world: World) -> Copied:
    """The recording that the center was furnished with, or a new one, in two copies."""
    return in_two_copies(world, world.item or await recorded_in_two_segments(world))
