"""Replication of the database's content to the copies, so that the database is only a cache.

For each copy separately, since an unavailable one must not delay the other:

1. For the statements it does not have yet: first their details, then tiles and entry bundles, then the
   checkpoint over them. So a checkpoint in a copy always has everything under it: a statement whose details
   are lost would be the worse order.
2. Cosignatures and timestamps, as they arrive.
3. The newest catalogue (`catalogue`), a few seconds after a change; before it the complete one that it has
   the changes to, if the copy does not have that.
4. With each scrub pass over the copy (`scrub_schedule`), everything of step 1 is read too, step by step, and
   damaged or missing objects are repaired.

The database records the progress of each copy. It is checked against the copy at the start, and when the copy
was away: one that was created anew gets everything again. All keys follow from their content, so repeating a
step, or running two processes, is harmless.

A copy with *another* history of this ledger (`Diverged`) is never overwritten: then the database is the older
one, and `amana rebuild` is required. Bytes that are merely damaged are repaired.

Trusts: the ledger, which verifies what it reads; no store. Specification: docs/spec/stores.md.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import func, select

from casework.center import Center
from casework.clock import now
from casework.database.models import (
    CopyPass,
    Cosignature,
    PublishedCopy,
    SealedDetails,
    StatementIndex,
    Timestamp,
)
from casework.rebuild import object_keys
from casework.rebuild.catalogue_versions import Catalogues, SealedCatalogue, is_ours, newest_number
from casework.rebuild.database_replication_status import progress, signed_checkpoints
from casework.witnesses.cosignatures import Cosignatures
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import CustodyError
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.tiles import HEIGHT, MAX_LEVEL, WIDTH, Tile, border, tile_at
from vault.errors import Altered, ObjectExists, ObjectMissing, StoreUnavailable, VaultError
from vault.stores.base import Store, put_sound

log = logging.getLogger(__name__)

STEP = 16
"""Bundles of entries that are replicated before the progress is recorded."""
Made: TypeAlias = Callable[[], bytes | None]
"""Bytes that are made only if needed; None if there turn out to be none."""


class Diverged(VaultError):
    """The copy has another history of this ledger: the database is older than the copy, or was forked."""


class Publisher:
    """Publishes for one center; may be used by several threads, one for each copy."""

    def __init__(self, center: Center) -> None:
        self._center = center
        self._catalogues = Catalogues(center)
        self._seen: dict[str, set[str]] = {copy: set() for copy in center.stores}
        self._stamped = dict.fromkeys(center.stores, 0)  # timestamps that each copy has
        self._looked: set[str] = set()

    def publish(self, copy: str) -> bool:
        """Replicate one step of what this copy lacks; whether there is more to do at once.

        Raises `Diverged`, `StoreUnavailable` and other `VaultError`s (the keyholder's too), `CustodyError`
        for our own ledger, `DatabaseAway`. Work done before the error remains.
        """
        store = self._center.stores[copy]
        if copy not in self._looked:
            self._require_our_history(store)
        state = self._state(copy, store)
        more = self._ledger(copy, store, state)
        if not more:
            self._signatures(copy, store)
            self._catalogue(copy, store, state)
            self._check(copy, store, state)
        if state.trouble is not None:
            self._note(copy, trouble=None)
        return more

    def failed(self, copy: str, error: Exception) -> None:
        """Record for people why replication to a copy fails."""
        code = "diverged" if isinstance(error, Diverged) else "failed"
        if isinstance(error, StoreUnavailable):
            code = "away"
            self._looked.discard(copy)  # another store may be in its place when it is back
        self._note(copy, trouble=code)

    # --- the ledger ---------------------------------------------------------------------------------------

    def _ledger(self, copy: str, store: Store, state: PublishedCopy) -> bool:
        note = self._center.ledger.checkpoint()
        checkpoint = Checkpoint.parse(Note.parse(note).text)
        if checkpoint.size <= state.size and copy in self._looked:
            return False
        until = min(checkpoint.size, (state.size // WIDTH + STEP) * WIDTH)
        for commitment, sealed in self._details(state.size, until):
            key = object_keys.details_key(commitment)
            self._put(copy, store, key, object_keys.details_object(sealed))
        for tile in _tiles(state.size, until, whole=until == checkpoint.size):
            key = object_keys.tile_key(checkpoint.origin, tile)
            self._put(copy, store, key, self._center.ledger.tile(tile))
        if until == checkpoint.size:
            self._put_checkpoint(copy, store, checkpoint, note)
            self._looked.add(copy)
        if until > state.size:
            self._note(copy, size=until)
        return until < checkpoint.size

    def _check(self, copy: str, store: Store, state: PublishedCopy) -> None:
        """Check one step of the replicated objects, if a pass over the copy has begun since the last time."""
        under_way = self._center.database.get(CopyPass, copy)
        if under_way is None:
            return
        done = state.checked
        if state.checked_since != under_way.began_at:
            done = 0
        if done is None:
            return
        until = min(state.size, done + STEP * WIDTH)
        for key, data in self._objects(done, until):
            self._hold_against(copy, store, key, data)
        self._note_checked(copy, None if until == state.size else until, under_way.began_at)

    def _objects(self, first: int, until: int) -> Iterator[tuple[str, bytes]]:
        """The objects of these statements in a copy, except partial tiles."""
        for commitment, sealed in self._details(first, until):
            yield object_keys.details_key(commitment), object_keys.details_object(sealed)
        for tile in _tiles(first, until, whole=False):
            yield object_keys.tile_key(self._center.origin, tile), self._center.ledger.tile(tile)

    def _hold_against(self, copy: str, store: Store, key: str, data: bytes) -> None:
        try:
            if store.get(key) == data:
                return
        except (Altered, ObjectMissing):
            pass
        # Details that were wrapped once are the same bytes everywhere; any difference is damage.
        log.warning("copy %s: %s was damaged or missing, and is put right", copy, key)
        store.replace_damaged(key, data)

    def _note_checked(self, copy: str, checked: int | None, since: datetime) -> None:
        with self._center.database.begin() as session:
            row = session.get(PublishedCopy, copy)
            if row is not None:
                row.checked, row.checked_since = checked, since

    def _details(self, first: int, until: int) -> list[tuple[str, bytes]]:
        with self._center.database() as session:
            rows = session.execute(
                select(SealedDetails.commitment, SealedDetails.sealed)
                .join(StatementIndex, StatementIndex.details == SealedDetails.commitment)
                .where(StatementIndex.position >= first, StatementIndex.position < until)
                .order_by(StatementIndex.position)
            ).all()
        return [(row[0], row[1]) for row in rows]

    def _put(self, copy: str, store: Store, key: str, data: bytes) -> None:
        try:
            put_sound(store, key, data)
        except ObjectExists:
            self._require_our_history(store)
            log.warning("copy %s held other bytes under %s; they were put right", copy, key)
            store.replace_damaged(key, data)

    def _put_checkpoint(self, copy: str, store: Store, checkpoint: Checkpoint, note: bytes) -> None:
        key = object_keys.checkpoint_key(checkpoint.origin, checkpoint.size)
        try:
            put_sound(store, key, note)
        except ObjectExists:
            try:
                if open_checkpoint(store.get(key), self._center.log_keys) == checkpoint:
                    return  # signed again, over the same tree
            except (Altered, CustodyError):
                pass
            self._put(copy, store, key, note)

    def _require_our_history(self, store: Store) -> None:
        """Check that this ledger continues the history in the store.

        Raises `Diverged` if the store has a checkpoint, signed by this ledger, that it does not continue.
        """
        ledger = self._center.ledger
        for size, note in signed_checkpoints(store, self._center.origin):
            try:
                checkpoint = open_checkpoint(note, self._center.log_keys)
            except CustodyError:
                continue
            if checkpoint.size > ledger.size or ledger.root(checkpoint.size) != checkpoint.root:
                raise Diverged(
                    f"the copy has a signed ledger of {size} statements that this one does not continue"
                )
            return  # the largest valid one is enough: it covers the smaller ones

    # --- signatures of others -----------------------------------------------------------------------------

    def _signatures(self, copy: str, store: Store) -> None:
        seen = self._seen[copy]
        # No timestamp is deleted, so their number tells whether there are new ones. After years there are too
        # many to read every second. Of cosignatures only the newest are stored.
        with self._center.database() as session:
            stamped = session.scalar(select(func.count()).select_from(Timestamp)) or 0
        stamps = self._stamps(seen) if stamped != self._stamped[copy] else ()
        for key, made in [*self._cosigned(seen), *stamps]:
            data = made()
            if data is not None:
                with contextlib.suppress(ObjectExists):  # signed at another time too: one line is enough
                    put_sound(store, key, data)
            seen.add(key)
        self._stamped[copy] = stamped

    def _cosigned(self, seen: set[str]) -> Iterator[tuple[str, Made]]:
        own = {str(key) for key in (self._center.log_keys.ed25519_key, self._center.log_keys.mldsa44_key)}
        with self._center.database() as session:
            rows = session.execute(
                select(Cosignature.size, Cosignature.root, Cosignature.key, Cosignature.line)
            ).all()
        lines = Cosignatures(self._center.database, self._center.log_keys)
        for size, root, name, line in rows:
            key = object_keys.checkpoint_key(self._center.origin, size, name.rpartition("+")[2])
            if name not in own and key not in seen:
                yield key, functools.partial(lines.one, size, root, line)

    def _stamps(self, seen: set[str]) -> Iterator[tuple[str, Made]]:
        with self._center.database() as session:
            rows = session.execute(select(Timestamp.size, Timestamp.authority)).all()
        for size, authority in rows:
            key = object_keys.checkpoint_key(self._center.origin, size, authority + object_keys.STAMP)
            if key not in seen:
                yield key, functools.partial(self._stamp, size, authority)

    def _stamp(self, size: int, authority: str) -> bytes | None:
        row = self._center.database.get(Timestamp, (size, authority))
        return None if row is None else row.response

    # --- the catalogue ------------------------------------------------------------------------------------

    def _catalogue(self, copy: str, store: Store, state: PublishedCopy) -> None:
        made = self._catalogues.newest()
        if made is None or state.catalogue >= made.number:
            return
        for sealed in (made.complete, made):
            if state.catalogue < sealed.number:
                if not self._put_catalogue(copy, store, sealed):
                    return
                self._note(copy, catalogue=sealed.number, complete=sealed.complete.number)
                state.catalogue = sealed.number

    def _put_catalogue(self, copy: str, store: Store, sealed: SealedCatalogue) -> bool:
        """Put it into a copy; return whether it is there. If not, the next one gets a higher number."""
        key, keyholder = object_keys.catalogue_key(sealed.number), self._center.keyholder
        try:
            put_sound(store, key, sealed.data)
        except ObjectExists:
            if is_ours(keyholder, store, sealed.number):
                # Numbers from before the database was replaced by an older one: continue after them.
                self._catalogues.number_after(newest_number(keyholder, store))
                return False
            # An attacker with this copy's credentials can write higher numbers; we must not follow them.
            log.warning("copy %s held other bytes under %s; they were put right", copy, key)
            store.replace_damaged(key, sealed.data)
        return True

    # --- progress -----------------------------------------------------------------------------------------

    def _state(self, copy: str, store: Store) -> PublishedCopy:
        with self._center.database() as session:
            state = progress(session, copy)
        if copy not in self._looked and not self._is_there(store, state):
            log.warning("copy %s does not hold what it was given; it gets everything again", copy)
            self._note(copy, size=0, catalogue=0, complete=0)
            self._seen[copy].clear()
            self._stamped[copy] = 0
            state.size = state.catalogue = state.complete = 0
        return state

    def _is_there(self, store: Store, state: PublishedCopy) -> bool:
        """Whether the last objects it was given exist. (A scrub checks all of them.)"""
        keys = []
        if state.size:
            last = tile_at(state.size, None, (state.size - 1) // WIDTH)
            keys.append(object_keys.tile_key(self._center.origin, last))
        if state.catalogue:
            keys += map(object_keys.catalogue_key, (state.complete, state.catalogue))
        try:
            for key in keys:
                store.head(key)
        except ObjectMissing:
            return False
        return True

    def _note(
        self,
        copy: str,
        *,
        size: int | None = None,
        catalogue: int | None = None,
        complete: int | None = None,
        trouble: str | None = None,
    ) -> None:
        with self._center.database.begin() as session:
            row = progress(session, copy)
            session.add(row)
            row.size = row.size if size is None else size
            row.catalogue = row.catalogue if catalogue is None else catalogue
            row.complete = row.complete if complete is None else complete
            if trouble is None:
                row.at, row.failing_since = now(), None
            else:
                row.at, row.failing_since = row.at or now(), row.failing_since or now()
            row.trouble = trouble


def _tiles(first: int, until: int, *, whole: bool) -> Iterator[Tile]:
    """The tiles that a copy with `first` statements lacks of `until`: the full ones.

    For the `whole` ledger also the partial ones at its border, which lead to its root.
    """
    for level in (None, *range(MAX_LEVEL)):
        shift = HEIGHT * ((level or 0) + 1)
        if level and not until >> shift:
            break
        for index in range(first >> shift, until >> shift):
            yield Tile(level, index)
    if whole:
        if until % WIDTH:
            yield tile_at(until, None, until // WIDTH)
        yield from border(until)
