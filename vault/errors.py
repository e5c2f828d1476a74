"""The errors of the vault.

    VaultError
    ├── Altered              a sealed message, wrapped key, segment or key file is not what was made
    ├── Locked               the private key that this needs is not unlocked
    ├── WrongPassphrase      the passphrase does not open the key file
    ├── UnlockSlowed         too many wrong passphrases; says how long to wait
    ├── UnlockUnread         a passphrase was not sealed to a key of this keyholder that still waits for it
    ├── KeyFileExposed       a key file that other users may read
    ├── ProtectionAway       the token or server that protects a key does not answer; try again later
    │   └── ProtectionRefused    it answers, and refuses; a person has to correct its configuration
    ├── WriteFailed          bytes may not have become durable; what was acknowledged before is durable
    │   ├── DiskFull         ... because no space (or quota) is left
    │   └── LockMissing      ... or they are stored, but not locked as required
    ├── SpoolInUse           another living writer holds this evidence folder
    ├── InvalidObjectKey     an object key outside the allowed alphabet
    ├── ObjectExists         the key is taken by other bytes; write-once objects are never replaced
    ├── ObjectMissing        no such object, or no such version of it
    ├── KeysMissing          no wrapped key of this item is left anywhere
    ├── ItemEnded            the item was disposed of: its wraps must be destroyed, none is used or accepted
    ├── NotOpen              the keyholder has no such opening (any more): open the item again
    ├── Unproven             opening or ending something requires a proof that the ledger says so
    │   ├── NotContinued     ... and this one is under a signed tree that this keyholder does not continue
    │   └── OpeningOver      ... and the time that it says is over
    ├── StillKept            a lock that has not expired, or a legal hold, protects this version
    └── StoreUnavailable     the store as a whole does not answer; try again later
        └── StoreRefused     it answers, and refuses us; a person has to correct something there
            └── NotWriteOnce     it is not write-once, and the settings require a store that is

The messages are for logs and programs: they carry ids and numbers, never names or key material.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager


class VaultError(Exception):
    """Base class: what the vault refuses or could not do."""


class Altered(VaultError):
    """Authentication failed. An attacker, a wrong key and a bad disk cannot be distinguished."""


class Locked(VaultError):
    """The vault key is locked. Recording and the ledger continue; opening evidence needs an unlock."""


class WrongPassphrase(VaultError):
    """The key file did not open with this passphrase (or was altered), or the token refused this PIN."""


class UnlockSlowed(VaultError):
    """An unlock came too soon after wrong ones.

    `wait` is the number of seconds until the next attempt is checked.
    """

    def __init__(self, wait: float) -> None:
        super().__init__(f"too many wrong passphrases: next attempt in {wait:.0f} s")
        self.wait = wait


class UnlockUnread(VaultError):
    """The key was used, is too old or is of an earlier keyholder; or the bytes are not sealed to it. Seal
    anew."""


class KeyFileExposed(VaultError):
    """A key file that other users may read; keys are used only from files that only their owner can read."""


class ProtectionAway(VaultError):
    """The token is missing, or the server does not answer or is sealed; it may return."""


class ProtectionRefused(ProtectionAway):
    """A locked PIN, no such key, an extractable key, permission denied: waiting does not help."""


class WriteFailed(VaultError):
    """A write, fsync, rename or similar failed: those bytes must not be counted as safe."""


class DiskFull(WriteFailed):
    """ENOSPC or EDQUOT."""


class LockMissing(WriteFailed):
    """A store that locks its objects has this one without the requested lock, or with a shorter one."""


class SpoolInUse(VaultError):
    """Two writers on one evidence item would destroy its order; the second is refused."""


class InvalidObjectKey(VaultError):
    """Object keys are lower-case path segments; see `vault.stores.base.check_key`."""


class ObjectExists(VaultError):
    """Other bytes are stored under this key, and are not replaced."""


class ObjectMissing(VaultError):
    """Nothing is stored under this key (in this version)."""


class KeysMissing(VaultError):
    """No place holds a wrapped key of this item: it was destroyed, or never stored. It cannot be opened."""


class ItemEnded(VaultError):
    """Two people have authorised the item's end. Until its last wrap is destroyed they can revoke that."""


class NotOpen(VaultError):
    """The keyholder does not know the opening for which keys were requested: it restarted, or dropped it."""


class Unproven(VaultError):
    """The proof given does not prove what is required."""


class NotContinued(Unproven):
    """This keyholder does not continue the proof's checkpoint: it is another machine's, or of a side
    branch."""


class OpeningOver(Unproven):
    """The statement that opened the item is too old. A new opening needs a new statement."""


class StillKept(VaultError):
    """The version may not be destroyed now."""


class StoreUnavailable(VaultError):
    """The store does not answer, is not mounted, or refuses everything."""


class StoreRefused(StoreUnavailable):
    """Wrong credentials, clocks that differ, no such bucket, not allowed: waiting alone does not help."""


class NotWriteOnce(StoreRefused):
    """The bucket lets its objects be deleted or replaced, and the settings require one that does not."""


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def write_failures(what: str) -> Iterator[None]:
    """Raise `write_failure` in place of `OSError`; `what` names what is written."""
    try:
        yield
    except OSError as error:
        raise write_failure(error, what) from error


def write_failure(error: OSError, what: str) -> WriteFailed:
    """The vault's error for an operating system's error while making `what` durable."""
    reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
    kind = DiskFull if error.errno in _FULL else WriteFailed
    return kind(f"{what}: {reason}")
