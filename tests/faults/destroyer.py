"""A process that destroys what a disposal names, and waits for a line before and after each file.

    python -m tests.faults.destroyer FOLDER DISPOSAL

FOLDER is a made-up center's (`tests/support/centers/casework_world.py`), on SQLite.
"""

from __future__ import annotations

import sys
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


class WaitingDisk(Disk):
    """To be killed before a file goes, or after."""

    def unlink(self, path: Path) -> None:
        if "objects" not in path.parts:
            super().unlink(path)
            return
        print("going", flush=True)
        sys.stdin.readline()
        super().unlink(path)
        print("gone", flush=True)
        sys.stdin.readline()


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
        center_in(Path(sys.argv[1]), f"sqlite:///{sys.argv[1]}/database.sqlite", WaitingDisk()), sys.argv[2]
    )
    print("done", flush=True)
