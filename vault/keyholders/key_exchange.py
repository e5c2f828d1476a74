"""Replacing a center's escrow key or vault key: the changes to the key files.

All recordings stay as they are. The keyholder wraps again, afterwards, what is wrapped for the old key
(`rewrapping`). Until that is done the old vault key stays beside the new one, under the same
protection.

The vault key is replaced in this order, so that a crash at any line leaves keys that open everything:

1. all keys are opened;
2. the escrow is sealed again, with the new key as its first: a key is escrowed before anything is wrapped for
   it;
3. the key in use is also written under the name of an exchanged one: two files of one key count as one;
4. the new key's file, opened again from its bytes, replaces the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vault.disk import DISK, Disk, make_directory, replace
from vault.errors import Altered, ObjectExists
from vault.key_protection.access import NO_ACCESS, Access
from vault.key_protection.passphrase import Argon2id, Cost
from vault.keyholders import boot_keys, vault_key
from vault.keyholders import escrow as escrows
from vault.keyholders.boot_keys import DOCUMENT_KEYS, SIGNING_KEYS
from vault.keyholders.escrow import ESCROW, AllKeys, Escrow
from vault.keyholders.reprotection import exclusive_lock
from vault.keyholders.vault_key import VAULT_KEY
from vault.sealing.key_wrapping import WrappingKey, generate_seed, recipient_id


def open_all(folder: Path, access: Access) -> AllKeys:
    """Open all keys in `folder`, with what a person typed in `access`.

    Raises `ObjectMissing`, `KeyFileExposed`, `Altered`, and as `Protection.open`.
    """
    files = (vault_key.read(folder), *vault_key.read_exchanged(folder))
    seeds = tuple(vault_key.open_seed(file, access) for file in files)
    machine = Access(access.pkcs11, access.openbao)  # what a person typed opens only the vault keys
    return AllKeys(
        seeds, boot_keys.signing_file(folder).open(machine), boot_keys.document_file(folder).open(machine)
    )


def set_escrow(
    folder: Path,
    access: Access,
    *,
    deployment: str,
    public: bytes,
    splitting: int,
    holders: Sequence[str],
    disk: Disk = DISK,
) -> Escrow:
    """Seal all keys for `public` now; from the keyholder's next start, everything is wrapped for it.

    Raises as `open_all`, `ValueError` as `Escrow.make`, `WriteFailed`.
    """
    boot_keys.complete(folder, disk)
    with exclusive_lock(folder, disk):
        before = escrows.read(folder)
        number = 1 if before is None else before.number + 1
        made = Escrow.make(
            open_all(folder, access),
            deployment=deployment,
            number=number,
            public=public,
            splitting=splitting,
            holders=holders,
        )
        replace(disk, folder / ESCROW, made.serialise())
        return made


def rotate_vault(folder: Path, access: Access, disk: Disk = DISK) -> str:
    """Replace the vault key in use by a new one, under the same protection; return its recipient id.

    Raises as `open_all`, `WriteFailed`.
    """
    boot_keys.complete(folder, disk)
    with exclusive_lock(folder, disk):
        keys, old = open_all(folder, access), vault_key.read(folder)  # 1
        seed = generate_seed()
        made = vault_key.seal(seed, old.protection.again(), access, trial=vault_key.is_trial(old)).serialise()
        if vault_key.open_seed(vault_key.parse(made), access) != seed:
            raise Altered(f"{VAULT_KEY} would not open again; nothing was changed")
        _escrow_anew(folder, AllKeys((seed, *keys.vaults), keys.signing, keys.documents), disk)  # 2
        replace(disk, vault_key.exchanged_path(folder, vault_key.public_key(old)), old.serialise())  # 3
        replace(disk, folder / VAULT_KEY, made)  # 4
        return recipient_id(WrappingKey(seed).public)


def _escrow_anew(folder: Path, keys: AllKeys, disk: Disk) -> None:
    before = escrows.read(folder)
    if before is None:
        return
    made = Escrow.make(
        keys,
        deployment=before.deployment,
        number=before.number + 1,
        public=before.public,
        splitting=before.splitting,
        holders=before.holders,
    )
    replace(disk, folder / ESCROW, made.serialise())


def restore(
    folder: Path,
    keys: AllKeys,
    escrow: Escrow,
    passphrase: str,
    cost: Cost | None = None,
    disk: Disk = DISK,
) -> None:
    """Write a folder of key files from escrowed keys: vault keys under `passphrase`, the others in clear, for
    this user alone. `cost`: of a guess of the passphrase, as for new keys if none is given.

    Raises `ObjectExists` if there is a vault key already, `WriteFailed`.
    """
    existing = (folder / SIGNING_KEYS).exists() and boot_keys.signing_file(
        folder
    ).public_fields != keys.signing.public_fields()
    if existing or (folder / VAULT_KEY).exists():
        raise ObjectExists("this folder holds keys already")
    make_directory(disk, folder, "key folder")
    access = NO_ACCESS.by(passphrase)
    cost = cost or Cost()
    sealed = [vault_key.seal(seed, Argon2id.fresh(cost), access) for seed in keys.vaults]
    replace(disk, folder / DOCUMENT_KEYS, keys.documents.serialise())
    replace(disk, folder / ESCROW, escrow.serialise())
    for file in sealed[1:]:
        replace(disk, vault_key.exchanged_path(folder, vault_key.public_key(file)), file.serialise())
    # These last: while one is missing, an interrupted restore is repeated.
    replace(disk, folder / SIGNING_KEYS, keys.signing.serialise())
    replace(disk, folder / VAULT_KEY, sealed[0].serialise())
