"""Change of the protection of keys, from any to any other, at any time. The keys themselves stay the same.

In this order, so that a crash at any line leaves each file under the old protection or under the new one:

1. the keys are opened under the old one;
2. they are sealed under the new one, and that file is opened again from its bytes before the old one is
   removed;
3. the new file replaces the old one (written beside it, synced, renamed, folder synced);
4. the old file's bytes are overwritten in place.

Step 4 is best effort: a file system that writes elsewhere, a flash disk or a backup may still have them. So
anyone who had the old file *and* what opened it can open evidence for ever: protect the keys before the first
real testimony.

The two files of the boot keys are changed one after the other. Each names its own protection, so a folder
with only the first one changed works, and a repeated run finishes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from vault.disk import DISK, Disk, replace
from vault.errors import Altered, VaultError, write_failure, write_failures
from vault.key_protection.access import Access
from vault.key_protection.key_file import Protection, SealedFile
from vault.keyholders import boot_keys, vault_key
from vault.keyholders.boot_keys import DOCUMENT_KEYS, SIGNING_KEYS
from vault.keyholders.vault_key import TRIAL, VAULT_KEY
from vault.sealing.key_wrapping import recipient_id


def protect_vault(folder: Path, old: Access, new: Access, protection: Protection, disk: Disk = DISK) -> None:
    """Change the protection of the vault key; trial keys are then no longer trial keys.

    Raises `ObjectMissing`, `KeyFileExposed`, `Altered`, `WriteFailed`, and as `Protection.open`.
    """
    with exclusive_lock(folder, disk):
        vault_key.open_seed(vault_key.read(folder), old)  # a wrong passphrase is refused before any change
        for file in (*vault_key.read_exchanged(folder), vault_key.read(folder)):
            path = vault_key.exchanged_path(folder, vault_key.public_key(file))
            in_use = not path.exists() or file.public_fields == vault_key.read(folder).public_fields
            seed = _open_seed(file, old, new)  # 1
            data = vault_key.seal(seed, protection.again(), new).serialise()

            def right(written: bytes, seed: bytes = seed) -> bool:
                return vault_key.open_seed(vault_key.parse(written), new) == seed

            _exchange(disk, folder / VAULT_KEY if in_use else path, data, right)
        # Only now: until the new file is durable, the trial passphrase is the one that opens the vault.
        remove(disk, folder / TRIAL)


def _open_seed(file: SealedFile, old: Access, new: Access) -> bytes:
    """Exchanged keys come first: a run that was killed after them is repeated, and skips them."""
    try:
        return vault_key.open_seed(file, old)
    except VaultError:
        with contextlib.suppress(VaultError):
            return vault_key.open_seed(file, new)
        raise


def protect_boot_keys(folder: Path, access: Access, protection: Protection | None, disk: Disk = DISK) -> None:
    """Change the protection of the signing and document keys; None: store them in clear.

    `access` opens the keys under the old protection and seals them under the new one: it is what the
    keyholder's process has at the next start. Raises `ObjectMissing`, `KeyFileExposed`, `Altered`,
    `WriteFailed`, and as `Protection.open`.
    """
    boot_keys.complete(folder, disk)
    with exclusive_lock(folder, disk):
        for name, read in ((SIGNING_KEYS, boot_keys.signing_file), (DOCUMENT_KEYS, boot_keys.document_file)):
            keys = read(folder).open(access)  # 1
            data = boot_keys.serialise(keys, None if protection is None else protection.again(), access)

            def right(written: bytes, path: Path = folder / name, plain: bytes = keys.serialise()) -> bool:
                return boot_keys.reopen(path.name, written, access).serialise() == plain

            _exchange(disk, folder / name, data, right)


def drop_exchanged(folder: Path, public: bytes, disk: Disk = DISK) -> list[str]:
    """Remove the vault keys that were exchanged for `public`, once nothing is wrapped for them alone;
    return their ids.

    What was wrapped for them can still be opened with the other keys, and with any remaining copy of their
    files. Raises `WriteFailed`, as `vault_key.read`, and `Altered` if another key is in use here by now: then
    `public` was exchanged too, and the caller has not checked what is wrapped for it alone.
    """
    with exclusive_lock(folder, disk):
        dropped = []
        current = vault_key.public_key(vault_key.read(folder))
        if current != public:
            raise Altered("the vault key was exchanged again: nothing is dropped before the next start")
        for path in sorted(folder.glob(vault_key.EXCHANGED)):
            public = vault_key.public_key(vault_key.parse(boot_keys.read_private(path)))
            remove(disk, path)
            if public != current:
                dropped.append(recipient_id(public))
        return dropped


def _exchange(disk: Disk, path: Path, data: bytes, right: Callable[[bytes], bool]) -> None:
    if not right(data):  # 2
        raise Altered(f"{path.name} would not open again; nothing was changed")
    with path.open("r+b") as old:
        replace(disk, path, data)  # 3
        _overwrite(disk, old.fileno(), path.name)  # 4


def remove(disk: Disk, path: Path) -> None:
    """Remove a key file and overwrite its bytes; a missing one is no error. Raises `WriteFailed`."""
    try:
        with path.open("r+b") as old:
            disk.unlink(path)
            disk.sync_directory(path.parent)
            _overwrite(disk, old.fileno(), path.name)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise write_failure(error, path.name) from error


def _overwrite(disk: Disk, descriptor: int, name: str) -> None:
    with write_failures(f"{name}, the old one"):
        os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
        disk.sync(descriptor)


@contextlib.contextmanager
def exclusive_lock(folder: Path, disk: Disk) -> Iterator[None]:
    """Allow one change at a time; first remove temporary files of a killed one, which may contain keys in
    clear."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for path in folder.glob("*.json.new"):
            remove(disk, path)
        yield
    finally:
        os.close(descriptor)
