"""Probe of a bucket's capabilities, by trying them and not only by querying.

For this the bucket holds one trial object, under a key that no evidence can have. It is as large as a
segment, so that one request of that size is tried too; it is written once and reused at every
start. Its lock lasts for a day from the newest start: so nothing accumulates, and an abandoned bucket is
free of it a day later.

1. The bucket is queried for its versioning and its object lock.
2. The trial object exists, or is written, with a lock.
3. Its metadata, version id and size are returned; a part of it is the right part.
4. Its lock was set with it and can be extended; shortening it is refused.
5. Deleting it, by its version, is refused.
6. Legal hold can be set and lifted.

Refusals in 4 and 5 are verified by reading the object again. If 3 fails the bucket is no store at
all; if 4 or 5 fails it is not write-once, and is reported as such.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from datetime import UTC, datetime, timedelta

from vault.errors import ObjectMissing, StoreRefused, WriteFailed
from vault.stores.object_lock import Abilities
from vault.stores.s3_client import Connection, ObjectHead

TRIAL_KEY = "_amana/trial"
SIZE = 16 * 1024 * 1024
"""Bytes: two cameras fill about 9 MiB in ten seconds."""
DAY = timedelta(days=1)
_HOLD_ATTEMPTS = 4


def try_out(connection: Connection) -> Abilities:
    """Probe the bucket. Raises `StoreUnavailable`, `StoreRefused` if it cannot be used at all."""
    missing = connection.lacks()  # 1
    trial = _trial(connection, locks=not missing)  # 2
    _check_reading(connection, trial)  # 3
    if trial.version == "null":
        missing.append("objects have no versions")
    if not trial.locked:
        missing.append("objects are taken without their lock")
    else:
        trial = _lengthened(connection, trial, missing)  # 4
        if not _refuses_to_shorten(connection, trial):
            missing.append("a lock can be shortened")
        if not _refuses_to_delete(connection, trial):  # 5
            missing.append("a locked object can be deleted")
    write_once = not missing
    holds = trial.locked and _can_hold(connection, trial)  # 6
    if not holds:
        missing.append("legal hold cannot be set and lifted")
    return Abilities(write_once, holds, tuple(missing))


def _content(until: int = SIZE) -> bytes:
    """Return the first bytes of the trial object, always the same and without a pattern."""
    return hashlib.shake_256(b"Amana tries this bucket out").digest(until)


def _trial(connection: Connection, locks: bool) -> ObjectHead:
    """Return the existing version, or a new one, locked if possible. `locks`: the bucket says it has them."""
    for listed in reversed(list(connection.versions(TRIAL_KEY))):
        seen = connection.head(TRIAL_KEY, listed.version)
        if seen.ours and seen.size == SIZE and (seen.locked or not locks):
            return seen
    data = _content()
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        version = connection.put(TRIAL_KEY, data, sha256, _in(DAY / 2))
    except (WriteFailed, StoreRefused):
        version = connection.put(TRIAL_KEY, data, sha256, None)
    return connection.head(TRIAL_KEY, version)


def _check_reading(connection: Connection, trial: ObjectHead) -> None:
    place = connection.bucket.place
    if not trial.ours or trial.size != SIZE:
        raise StoreRefused(f"{place} cannot be a store: it does not give back what was said of an object")
    part, _ = connection.get(TRIAL_KEY, trial.version, 1000, 24)
    if part != _content(1024)[1000:]:
        raise StoreRefused(f"{place} cannot be a store: it gives other bytes than those asked for")


def _lengthened(connection: Connection, trial: ObjectHead, missing: list[str]) -> ObjectHead:
    wanted = _in(DAY)
    with contextlib.suppress(StoreRefused):
        connection.lock(TRIAL_KEY, trial.version, wanted)
    trial = connection.head(TRIAL_KEY, trial.version)
    if trial.until is None or trial.until < wanted:
        missing.append("a lock cannot be lengthened")
    return trial


def _refuses_to_shorten(connection: Connection, trial: ObjectHead) -> bool:
    with contextlib.suppress(StoreRefused):
        connection.lock(TRIAL_KEY, trial.version, _in(DAY / 24))
    again = connection.head(TRIAL_KEY, trial.version)
    # Another process may be probing, and have extended the lock just now.
    return trial.until is not None and again.until is not None and again.until >= trial.until


def _refuses_to_delete(connection: Connection, trial: ObjectHead) -> bool:
    with contextlib.suppress(StoreRefused):
        connection.delete(TRIAL_KEY, trial.version)
    try:
        connection.head(TRIAL_KEY, trial.version)
    except ObjectMissing:
        return False
    return True


def _can_hold(connection: Connection, trial: ObjectHead) -> bool:
    for attempt in range(_HOLD_ATTEMPTS):
        try:
            connection.hold(TRIAL_KEY, trial.version, True)
            held = connection.head(TRIAL_KEY, trial.version).held
            connection.hold(TRIAL_KEY, trial.version, False)
            if held and not connection.head(TRIAL_KEY, trial.version).held:
                return True
        except (StoreRefused, ObjectMissing):
            return False
        # Another process may be trying the same thing at this moment.
        time.sleep(0.05 * attempt)
    return False


def _in(span: timedelta) -> datetime:
    return (datetime.now(UTC) + span).replace(microsecond=0)
