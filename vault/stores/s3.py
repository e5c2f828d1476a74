"""A store in a bucket of an S3 server with Object Lock: MinIO, Ceph RGW and others.

An object is one PUT, locked in COMPLIANCE mode for a time that is renewed while it lives
(`vault.stores.object_lock`), with its SHA-256 and size as metadata. After every write it is checked:
size, digest, ETag (if that is an MD5), lock and date have to be right, or the write does not count.

**A key means its versions, oldest first.** A lock protects old versions from deletion and change; it does
not prevent anyone with the credentials from writing newer versions or delete markers. So this code never
reads the current version of a key. A key stands for the oldest version that is ours and locked, and that is
read by its version id. Later versions change nothing, with one exception: if that version's bytes no longer
match its own digest, a newer version with that very digest, and with matching bytes, is read instead. So a
repair is one more version; a version with other bytes cannot serve as one, since its digest differs.

Two concurrent writers of different bytes may both be told that theirs is stored; the older version counts,
as `head` shows. Keys of evidence are unique, so this does not occur.

A PUT whose answer was lost may have succeeded. `put` checks first, so repeating it is harmless.

The server is trusted to keep what it acknowledged and locked. It is not trusted with integrity, which the
digests in the ledger prove.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cached_property

from vault.errors import (
    Altered,
    LockMissing,
    NotWriteOnce,
    ObjectExists,
    ObjectMissing,
    StillKept,
    StoreUnavailable,
)
from vault.stores.base import ObjectVersion, check_key, is_key
from vault.stores.bucket_address import Bucket
from vault.stores.object_lock import Abilities
from vault.stores.s3_client import Connection, Listed, ObjectHead, head_of
from vault.stores.s3_probe import try_out
from vault.stores.version_deletion import KeptVersion

TRIED_AGAIN = 20 * 3600.0
"""Seconds after which a bucket that was not write-once is tried again: a policy may have been corrected,
and until then nothing in it is locked. Before each day's pass over the locks."""
_REMEMBERED = 8192
"""Keys whose version is remembered: those of some hundred hours of recording."""


class S3Store:
    """See `vault.stores.base.Store` and `vault.stores.object_lock.LockingStore` for the method contracts.

    Construction sends no request to the server.
    """

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self._trying, self._turn = threading.Lock(), threading.Lock()
        self._versions: OrderedDict[str, str] = OrderedDict()
        """Key → the version to check first: its oldest in a listing, or the one it was found to stand for.
        No older one can appear, so if that one still exists and is sound, it is the right one."""
        self._abilities: Abilities | None = None
        self._tried_at = 0.0
        self._hashing = ThreadPoolExecutor(2, f"hashing-for-{bucket.name}")

    @cached_property
    def _connection(self) -> Connection:
        return Connection(self.bucket)

    def abilities(self) -> Abilities:
        """See `LockingStore.abilities`. Determined with a trial object in the bucket."""
        with self._trying:
            if self._abilities is None or self._may_be_able_by_now():
                self._try()
            abilities_found = self._abilities
            assert abilities_found is not None
        if self.bucket.lock_required and not abilities_found.write_once:
            raise NotWriteOnce(f"{self.bucket.place} is not write-once: {', '.join(abilities_found.missing)}")
        return abilities_found

    def _may_be_able_by_now(self) -> bool:
        able = self._abilities is not None and self._abilities.write_once and self._abilities.holds
        return not able and time.monotonic() - self._tried_at > TRIED_AGAIN

    def _try(self) -> None:
        self._tried_at = time.monotonic()
        try:
            self._abilities = try_out(self._connection)
        except StoreUnavailable:
            if self._abilities is None:
                raise  # else the known capabilities remain valid

    def put(self, key: str, data: bytes) -> ObjectVersion:
        """See `Store.put`. A version with the same bytes counts as written; a missing lock is set."""
        check_key(key)
        locking = self.abilities().write_once
        # During the request to the server, and during the upload.
        hashing, checking = self._hashing.submit(_sha256, data), self._hashing.submit(_md5, data)
        there = self._all_versions(key)
        sha256 = hashing.result()
        damaged = False
        for _, seen in self._described(there):
            if seen.ours and (seen.sha256, seen.size) == (sha256, len(data)):
                if seen.has_md5 and seen.etag != checking.result():
                    damaged = True  # unless another version can be read instead
                    continue
                # From a put whose answer was lost, perhaps without the requested lock.
                if locking and not seen.locked:
                    seen = self._lock(key, seen.version)
                return self._found(key, seen)
            if seen.ours:
                # With or without a lock: its writer could lock it later, and it would be the oldest.
                raise ObjectExists(f"{key} holds other bytes")
        if damaged:
            raise Altered(f"{self.bucket.place} has {key} with other bytes than were sent")
        return self._found(key, self._write(key, data, sha256, checking.result))

    def replace_damaged(self, key: str, data: bytes) -> ObjectVersion:
        """See `Store.replace_damaged`. Adds a version with the digest of the damaged one, which stays.

        Raises `ObjectExists` if the first version has another digest: it cannot be replaced.
        """
        check_key(key)
        try:
            damaged = self._oldest(key)
        except ObjectMissing:
            return self.put(key, data)
        sha256 = _sha256(data)
        if damaged.sha256 != sha256:
            raise ObjectExists(f"{key} in {self.bucket.place} was written with another digest")
        try:
            if self.get(key) == data:
                return self.head(key)
        except (Altered, ObjectMissing):
            pass
        return self._found(key, self._write(key, data, sha256, lambda: _md5(data)))

    def get(self, key: str, version: str | None = None, start: int = 0, length: int | None = None) -> bytes:
        """See `Store.get`. A whole object is checked against the digest stated when it was written."""
        check_key(key)
        if start < 0 or (length is not None and length < 0):
            raise ValueError("a range begins at 0 or later and is not negative")
        if length == 0:
            self._oldest(key)
            return b""
        wanted = version or self._remembered(key) or self._oldest(key).version
        try:
            data, headers = self._connection.get(key, wanted, start, length)
        except ObjectMissing:
            if version is not None:
                raise
            wanted = self._oldest(key).version
            data, headers = self._connection.get(key, wanted, start, length)
        if not headers:
            return data
        seen = head_of(wanted, headers)
        if version is None and not self._stands(seen) and (right := self._oldest(key)).version != wanted:
            return self.get(key, right.version, start, length)
        whole = start == 0 and (length is None or length >= seen.size)
        if whole and seen.sha256 and _sha256(data) != seen.sha256:
            if version is None:
                return self._stand_in(key, seen)
            raise Altered(f"{key} is not the object that was written")
        if not whole and len(data) != max(0, min(seen.size, start + (length or seen.size)) - start):
            raise Altered(f"{key} gives another part than was asked for")
        return data

    def head(self, key: str) -> ObjectVersion:
        """See `Store.head`. Raises `LockMissing` if the bucket locks and this object is not locked."""
        check_key(key)
        seen = self._oldest(key)
        if self.abilities().write_once and not seen.locked:
            raise LockMissing(f"{key} in {self.bucket.place} has no lock")
        return self._found(key, seen)

    def version(self, key: str) -> str:
        """Return the id of the version that `key` stands for. Raises `ObjectMissing`, `StoreUnavailable`."""
        check_key(key)
        return self._remembered(key) or self._oldest(key).version

    def list(self, prefix: str) -> Iterator[str]:
        """See `Store.list`. Leaves out keys that are not proper object keys."""
        for listed, _ in self._walk(prefix):
            yield listed.key

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See `Store.sizes`. Only a key with several versions needs requests of its own."""
        for listed, only in self._walk(prefix):
            yield listed.key, listed.size if only else self._oldest(listed.key).size

    def renew(self, key: str) -> bool:
        """See `LockingStore.renew`. Includes locked versions with the same digest, which may be repairs."""
        check_key(key)
        self._need_locks()
        renewed = False
        for seen in self._with_stand_ins(key):
            left = seen.until - datetime.now(UTC) if seen.locked and seen.until else timedelta()
            if left < self.bucket.renew_below:
                self._lock(key, seen.version)
                renewed = True
        return renewed

    def hold(self, key: str, held: bool) -> None:
        """See `LockingStore.hold`. Includes locked versions with the same digest."""
        check_key(key)
        self._need_locks()
        for seen in self._with_stand_ins(key):
            if seen.held == held:
                continue
            self._connection.hold(key, seen.version, held)
            if self._connection.head(key, seen.version).held != held:
                raise LockMissing(f"{key} in {self.bucket.place}: its legal hold did not change")

    def kept(self, prefix: str) -> Iterator[KeptVersion]:
        """See `DestroyingStore.kept`. Delete markers have no content, and are left."""
        for listed, seen in self._described(self._connection.versions(prefix)):
            ended = seen.until is None or seen.until <= datetime.now(UTC)
            yield KeptVersion(listed.key, listed.version, None if ended else seen.until, seen.held)

    def destroy(self, key: str, version: str) -> None:
        """See `DestroyingStore.destroy`. Checks before and after: a server that reports success and keeps the
        version is not believed."""
        try:
            seen = self._connection.head(key, version)
            if KeptVersion(key, version, seen.until, seen.held).kept:
                raise StillKept(f"{key} in {self.bucket.place} is locked or held")
            self._connection.delete(key, version)
            self._connection.head(key, version)
        except ObjectMissing:
            with self._turn:
                self._versions.pop(key, None)
            return
        raise StillKept(f"{self.bucket.place} has kept {key}")

    def _stand_in(self, key: str, damaged: ObjectHead) -> bytes:
        """Return the bytes of another version with the digest of this one, whose bytes have changed. That
        version is read from then on, also for ranges, as long as this object lives."""
        for _, seen in self._described(self._all_versions(key, damaged.version)):
            if not self._stands(seen) or seen.sha256 != damaged.sha256:
                continue
            try:
                data, _ = self._connection.get(key, seen.version, 0, None)
            except ObjectMissing:
                continue
            if _sha256(data) == seen.sha256:
                self._found(key, seen)
                return data
        raise Altered(f"{key} is not the object that was written")

    def _with_stand_ins(self, key: str) -> Sequence[ObjectHead]:
        """Return the version of `key`, and each other locked version with its digest: one may be a repair."""
        oldest = self._oldest(key)
        others = self._described(self._all_versions(key, oldest.version))
        return [
            oldest,
            *(seen for _, seen in others if seen.ours and seen.locked and seen.sha256 == oldest.sha256),
        ]

    def _write(self, key: str, data: bytes, sha256: str, md5: Callable[[], str]) -> ObjectHead:
        """Do one PUT, and check the result."""
        until = self._new_end() if self.abilities().write_once else None
        version = self._connection.put(key, data, sha256, until)
        seen = self._connection.head(key, version)
        if not seen.ours or (seen.sha256, seen.size) != (sha256, len(data)):
            raise Altered(f"{self.bucket.place} has {key} with another size or digest than was sent")
        if seen.has_md5 and seen.etag != md5():
            raise Altered(f"{self.bucket.place} has {key} with other bytes than were sent")
        if until is not None:
            self._check_lock(key, seen, until)
        return seen

    def _need_locks(self) -> None:
        if not (found := self.abilities()).write_once:
            raise NotWriteOnce(f"{self.bucket.place} is not write-once: {', '.join(found.missing)}")

    def _lock(self, key: str, version: str) -> ObjectHead:
        """Lock a version from now on for the whole time, and check."""
        until = self._new_end()
        self._connection.lock(key, version, until)
        seen = self._connection.head(key, version)
        self._check_lock(key, seen, until)
        return seen

    def _check_lock(self, key: str, seen: ObjectHead, until: datetime) -> None:
        if not seen.locked or seen.until is None or seen.until < until:
            raise LockMissing(f"{self.bucket.place} took {key} without the lock that was asked for")

    def _new_end(self) -> datetime:
        # Whole seconds, which every server keeps exactly. The server itself refuses a clock far from its own.
        return (datetime.now(UTC) + self.bucket.retention).replace(microsecond=0)

    def _oldest(self, key: str) -> ObjectHead:
        """Return what `key` stands for: the oldest version of ours with a lock, else the oldest of ours."""
        remembered = self._remembered(key)
        if remembered is not None:
            try:
                seen = self._connection.head(key, remembered)
            except ObjectMissing:
                pass
            else:
                if self._stands(seen):
                    return seen
        unlocked = None
        for _, seen in self._described(self._all_versions(key)):
            if seen.ours and seen.locked:
                self._found(key, seen)
                return seen
            unlocked = unlocked or (seen if seen.ours else None)
        if unlocked is None:
            raise ObjectMissing(key)
        return unlocked

    def _stands(self, seen: ObjectHead) -> bool:
        """Whether the version that is checked first is the right one, without reading others."""
        without_locks = self._abilities is not None and not self._abilities.write_once
        return seen.ours and (seen.locked or without_locks)

    def _described(self, listing: Iterable[Listed]) -> Iterator[tuple[Listed, ObjectHead]]:
        """Yield listed versions as the server describes them, without those that it does not have: lost, or
        destroyed meanwhile."""
        for listed in listing:
            try:
                yield listed, self._connection.head(listed.key, listed.version)
            except ObjectMissing:
                continue

    def _all_versions(self, key: str, but: str | None = None) -> Sequence[Listed]:
        """Return all versions of `key`, oldest first; `but`: without this one."""
        versions = []
        for listed in self._connection.versions(key):
            if listed.key != key:
                break  # another key that begins with this one
            if listed.version != but:
                versions.append(listed)
        return versions[::-1]

    def _walk(self, prefix: str) -> Iterator[tuple[Listed, bool]]:
        """Yield the oldest version of each key, in order, and whether it is the only one; no foreign keys."""
        folder = prefix.rpartition("/")[0]
        if folder:
            check_key(folder)
        last, count = None, 0
        for listed in self._connection.versions(prefix):
            if last is not None and listed.key != last.key:
                if self._is_object(last):
                    yield last, count == 1
                count = 0
            last, count = listed, count + 1
        if last is not None and self._is_object(last):
            yield last, count == 1

    def _is_object(self, listed: Listed) -> bool:
        """Whether this is a key of a store; remembers its version if none was known yet."""
        if not is_key(listed.key):
            return False
        if self._remembered(listed.key) is None:
            self._remember(listed.key, listed.version)
        return True

    def _found(self, key: str, seen: ObjectHead) -> ObjectVersion:
        self._remember(key, seen.version)
        return ObjectVersion(key, seen.version, seen.size, seen.sha256)

    def _remembered(self, key: str) -> str | None:
        with self._turn:
            return self._versions.get(key)

    def _remember(self, key: str, version: str) -> None:
        with self._turn:
            self._versions[key] = version
            self._versions.move_to_end(key)
            while len(self._versions) > _REMEMBERED:
                self._versions.popitem(last=False)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _md5(data: bytes) -> str:
    """Return what most servers use as ETag. It detects accidents; the ledger's SHA-256 detects attacks."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
