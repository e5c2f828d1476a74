"""A process that destroys what a disposal names, slowly, telling each file before it goes.

    python -m tests.faults.destroyer FOLDER DISPOSAL

FOLDER is a made-up center's (`tests/support/centers/casework_world.py`), on SQLite.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from casework.center import Center
from casework.retention import destruction
from tests.support.centers.casework_world import open_center, require_ledger
from vault.copies.copies import Copies
from vault.disk import DISK, Disk
from vault.keyholders.local_keyholder import WAITING, LocalKeyholder
from vault.stores.filesystem import FilesystemStore
from vault.wrapped_keys.store import KeyStore


class SlowDisk(Disk):
    """Time enough to be killed before each file goes, and after."""

    def unlink(self, path: Path) -> None:
        if "objects" in path.parts:
            print(path.name, flush=True)
            time.sleep(0.02)
        super().unlink(path)


def center_in(folder: Path, url: str, disk: Disk = DISK) -> Center:
    """The center over what lies there, with its own keyholder in this process."""
    copies = {name: FilesystemStore(folder / name, disk) for name in ("first-keys", "second-keys")}
    key_store = KeyStore(copies, folder / "keys" / WAITING)
    keyholder = LocalKeyholder.open(folder / "keys", key_store=key_store)
    require_ledger(keyholder)
    center = open_center(folder, keyholder, url)
    stores = {name: FilesystemStore(folder / name, disk) for name in ("first-copy", "second-copy")}
    return replace(center, stores=stores, copies=Copies(stores, center.spool))


if __name__ == "__main__":
    print("ready", flush=True)
    destruction.carry_out(
        center_in(Path(sys.argv[1]), f"sqlite:///{sys.argv[1]}/database.sqlite", SlowDisk()), sys.argv[2]
    )
    print("done", flush=True)
