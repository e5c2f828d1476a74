"""What can go wrong in the vault.

    VaultError
    ├── Altered              a sealed message, wrapped key, segment or key file is not what was made
    ├── Locked               the private key that this needs is not unlocked
    ├── WrongPassphrase      the passphrase does not open the key file
    ├── UnlockSlowed         too many wrong passphrases; says how long to wait
    ├── KeyFileExposed       a key file that others than its owner may read
    ├── ProtectionAway       the token or server that protects a key does not answer; try again later
    │   └── ProtectionRefused    it answers, and refuses; somebody has to put something right there
    ├── WriteFailed          bytes may not have become durable; what was acknowledged before, is
    │   ├── DiskFull         ... because no space (or quota) is left
    │   └── LockMissing      ... or they are there, and not locked as they have to be
    ├── SpoolInUse           another living writer holds this evidence folder
    ├── InvalidObjectKey     an object key outside the allowed alphabet
    ├── ObjectExists         the key is taken by other bytes; write-once means that it stays so
    ├── ObjectMissing        no such object, or no such version of it
    ├── KeysMissing          no wrapped key of this item is left anywhere
    ├── ItemEnded            the item was disposed of: its wraps go, and none is used or taken any more
    ├── Unproven             nothing ends without a proof that the ledger says so, and this is none
    ├── StillKept            a lock that has not run out, or a legal hold, keeps this version
    └── StoreUnavailable     the store as a whole does not answer; try again later
        └── StoreRefused     it answers, and refuses us; somebody has to put something right there
            └── NotWriteOnce     it does not keep what it was given, and only one that does is wanted

The messages are for logs and programs: they carry ids and numbers, never names or key material.
"""

from __future__ import annotations

import errno


class VaultError(Exception):
    """Anything the vault refuses or could not do."""


class Altered(VaultError):
    """Authentication failed. Whether by an attacker, a wrong key or a bad disk cannot be told apart."""


class Locked(VaultError):
    """The vault key is locked. Recording and the ledger go on; opening evidence needs an unlock."""


class WrongPassphrase(VaultError):
    """The key file did not open with this passphrase (or was altered), or the token refused this PIN."""


class UnlockSlowed(VaultError):
    """An unlock came too soon after wrong ones.

    `wait` is the number of seconds until the next attempt is looked at.
    """

    def __init__(self, wait: float) -> None:
        super().__init__(f"too many wrong passphrases: next attempt in {wait:.0f} s")
        self.wait = wait


class KeyFileExposed(VaultError):
    """Keys are used only from files that nobody else may read."""


class ProtectionAway(VaultError):
    """The token is not there, the server does not answer or is sealed; it may come back."""


class ProtectionRefused(ProtectionAway):
    """A locked PIN, no such key, a key that may be taken out, permission denied: waiting helps nothing."""


class WriteFailed(VaultError):
    """A write, fsync, rename or the like failed: those bytes must not be counted as safe."""


class DiskFull(WriteFailed):
    """ENOSPC or EDQUOT."""


class LockMissing(WriteFailed):
    """A store that locks its objects has this one without the lock that was asked for, or a shorter one."""


class SpoolInUse(VaultError):
    """Two writers on one evidence item would destroy its order; the second is turned away."""


class InvalidObjectKey(VaultError):
    """Object keys are lower-case path segments; see `vault.stores.base.check_key`."""


class ObjectExists(VaultError):
    """Other bytes are stored under this key, and stay."""


class ObjectMissing(VaultError):
    """Nothing is stored under this key (in this version)."""


class KeysMissing(VaultError):
    """No place holds a wrapped key of this item: it was destroyed, or never handed in. Nothing opens it."""


class ItemEnded(VaultError):
    """Two people have authorised the item's end. Until its last wrap is gone they can take that back."""


class Unproven(VaultError):
    """What was shown does not prove what was asked for."""


class StillKept(VaultError):
    """The version may not be destroyed now."""


class StoreUnavailable(VaultError):
    """The store does not answer, is not mounted, or refuses everything."""


class StoreRefused(StoreUnavailable):
    """Wrong credentials, another time of day, no such bucket, not allowed: waiting alone helps nothing."""


class NotWriteOnce(StoreRefused):
    """The bucket lets its objects be deleted or exchanged, and the settings ask for one that does not."""


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def write_failure(error: OSError, what: str) -> WriteFailed:
    """The vault's error for an operating system's error while making `what` durable."""
    reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
    kind = DiskFull if error.errno in _FULL else WriteFailed
    return kind(f"{what}: {reason}")
