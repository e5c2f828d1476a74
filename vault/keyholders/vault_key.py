"""The file of the vault key: its 32-byte seed, sealed so that only a person can open it.

    <folder>/vault-key.json         (`key_file`, kind "vault-key")
    <folder>/vault-key-<id>.json    one that was exchanged, while something is wrapped for it alone
    <folder>/trial-passphrase.txt   only with trial keys: the passphrase itself, so that none has to be typed

A person types the passphrase, the token's PIN or their own OpenBao token: the machine alone
must never be able to open recordings. The file's cleartext fields are the public key and whether these are
trial keys.
"""

from __future__ import annotations

from pathlib import Path

from vault.errors import Altered
from vault.key_protection.access import Access
from vault.key_protection.canonical_file import to_bytes, to_text
from vault.key_protection.key_file import Fields, Protection, SealedFile
from vault.keyholders.boot_keys import read_private
from vault.sealing.key_wrapping import PUBLIC_KEY_SIZE, WrappingKey, recipient_id

VAULT_KEY, TRIAL = "vault-key.json", "trial-passphrase.txt"
EXCHANGED = "vault-key-*.json"
"""File names of exchanged vault keys, by recipient id."""
_KIND = "vault-key"


def seal(seed: bytes, protection: Protection, access: Access, *, trial: bool = False) -> SealedFile:
    """Make a file for `seed` (32 bytes). Raises as `Protection.seal`."""
    public_fields = {"public": to_text(WrappingKey(seed).public), "trial": trial}
    return SealedFile.seal(_KIND, public_fields, seed, protection, access)


def parse(data: bytes) -> SealedFile:
    """Parse a file. Raises `Altered` for anything that `seal` would not have made."""
    return SealedFile.parse(data, _KIND, _select_public)


def read(folder: Path) -> SealedFile:
    """Read the file of the vault key. Raises `ObjectMissing`, `KeyFileExposed`, `Altered`."""
    return parse(read_private(folder / VAULT_KEY))


def exchanged_path(folder: Path, public: bytes) -> Path:
    """Return the path for a vault key (1216 bytes) that is no longer in use."""
    return folder / f"vault-key-{recipient_id(public)}.json"


def read_exchanged(folder: Path) -> list[SealedFile]:
    """Read the exchanged vault keys that still have files. Raises as `read`, and `Altered` for a file under
    another key's name."""
    current, files = public_key(read(folder)), []
    for path in sorted(folder.glob(EXCHANGED)):
        file = parse(read_private(path))
        if path != exchanged_path(folder, public_key(file)):
            raise Altered(f"{path.name} is of another vault key than it says")
        if public_key(file) != current:  # otherwise a rotation was interrupted, and nothing was exchanged
            files.append(file)
    return files


def open_seed(file: SealedFile, access: Access) -> bytes:
    """Open the seed and check that it is the one the file names. Raises as `SealedFile.open`."""
    seed = file.open(access)
    try:
        public = WrappingKey(seed).public
    except ValueError:
        raise Altered("what is sealed here is no seed") from None
    if public != public_key(file):
        raise Altered("what is sealed here is not the seed of the key that the file names")
    return seed


def public_key(file: SealedFile) -> bytes:
    """Return the public key: MLKEM768-X25519, 1216 bytes."""
    return to_bytes(file.public_fields["public"])


def is_trial(file: SealedFile) -> bool:
    """Whether the passphrase was stored beside the file when it was made."""
    return bool(file.public_fields["trial"])


def _select_public(fields: Fields) -> Fields:
    if not isinstance(fields["trial"], bool):
        raise TypeError("trial")
    to_bytes(fields["public"], PUBLIC_KEY_SIZE)
    return {"public": fields["public"], "trial": fields["trial"]}
