"""All places where one machine can reach data of an item that is being destroyed (`destruction`).

They are the keyholder's copies of the wrapped keys, and its waiting keys; the machine's own disk; the copies
of the media. Each is listed, and emptied of what is not locked or held; the caller records the result.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from casework.center import Center
from casework.database.models import Disposal, DisposedVersion
from casework.errors import CaseworkError
from casework.recording.ticket import RecordingTicket
from casework.sealing.staging import safety_area
from vault.errors import SpoolInUse, StillKept, StoreRefused, VaultError, WriteFailed
from vault.spool.folder import take_lock
from vault.spool.reader import SpoolReader, evidence_in
from vault.spool.writers import spool_roots
from vault.stores.base import Store
from vault.stores.version_deletion import DestroyingStore, KeptVersion, destroy_all
from vault.wrapped_keys.end_records import Proof
from vault.wrapped_keys.holds_and_destruction import WAITING_PLACE

log = logging.getLogger(__name__)

SPOOL, KEYHOLDER = "recording-machine-", "keyholder-"
"""Place prefixes of each machine.

Where recordings are made durable first; and what waits there for the key store, or the keyholder as a whole
if it is unavailable.
"""


class Places:
    """The places of an item that this machine can reach.

    `looked`: the places that answered the last listing; `trouble`: those that did not, and why.
    """

    def __init__(self, center: Center, disposal: Disposal) -> None:
        self._center, self._item = center, disposal.item
        # The details of a case are rows and objects that need its key to open: only the key is destroyed.
        self._stores = {} if disposal.item == disposal.case_id else center.stores
        self.trouble: dict[str, str] = {}
        self.looked: frozenset[str] = frozenset()

    def list(self) -> Mapping[str, Sequence[KeptVersion]]:
        """Place → its current content, for places that answer."""
        self.trouble = {}
        node = self._center.node
        by_place: dict[str, Sequence[KeptVersion]] = {SPOOL + node: self._in_spool()}
        try:
            left = self._center.keyholder.wraps_left(self._item)
            by_place |= {
                KEYHOLDER + node if name == WAITING_PLACE else name: versions
                for name, versions in left.versions.items()
            }
            self.trouble |= left.away
        except VaultError as error:
            self._failed(KEYHOLDER + node, error)
        for name, store in self._stores.items():
            try:
                by_place[name] = [*_destroying(store).kept(f"recordings/{self._item}/")]
            except VaultError as error:
                self._failed(name, error)
        self.looked = frozenset(by_place)
        return by_place

    def destroy(self, proof: Proof) -> None:
        """Destroy whatever is not locked or held, the keyholder's keys first.

        The keyholder records holds and refusals that a restored or rebuilt database may lack; if it refuses,
        nothing is destroyed anywhere.
        """
        try:
            left = self._center.keyholder.destroy_wraps(self._item, proof)
        except VaultError as error:
            log.warning("wraps of %s: %s: %s", self._item, type(error).__name__, error)
            return
        if left.away or any(left.versions.values()):
            return  # it may still be cancelled, and must be complete then: the spool may have the only copy
        self.clear_spool()
        for name, store in self._stores.items():
            try:
                destroying = _destroying(store)
                destroy_all(destroying, [*destroying.kept(f"recordings/{self._item}/")])
            except VaultError as error:
                log.warning("%s in %s: %s: %s", self._item, name, type(error).__name__, error)

    def _failed(self, place: str, error: VaultError) -> None:
        self.trouble[place] = "refused" if isinstance(error, StoreRefused) else "away"

    def _in_spool(self) -> Sequence[KeptVersion]:
        spool = self._center.spool
        return [
            KeptVersion(f"spool/{path.relative_to(spool)}", "file")
            for folder in (*self._folders(), *self._removed())
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != "lock"
        ]

    def _folders(self) -> Sequence[Path]:
        """Folders of the item, and of waiting safety recordings beside it that were never imported."""
        areas = [safety_area(root).root for root in spool_roots(self._center.spool)]
        beside = [
            area / one for area in areas for one in evidence_in(area) if _beside(area, one) == self._item
        ]
        own = SpoolReader(self._center.spool, self._item).folder
        return [folder for folder in (own, *beside) if folder.is_dir()]

    def _removed(self) -> Sequence[Path]:
        """Folders that were renamed but not completely removed."""
        name = f".removed-{self._item}"
        roots = spool_roots(self._center.spool)
        return [folder / name for root in roots for folder in (root, safety_area(root).root)]

    def clear_spool(self) -> None:
        """Remove the data on the recording machine; folders locked by a writer remain."""
        for folder in self._removed():
            shutil.rmtree(folder, ignore_errors=True)
        for folder in self._folders():
            try:
                lock = take_lock(folder)
            except (SpoolInUse, WriteFailed) as error:
                log.warning("%s stays in the spool: %s", folder.name, type(error).__name__)
                continue
            removed = folder.with_name(f".removed-{self._item}")
            try:
                folder.rename(removed)
                shutil.rmtree(removed, ignore_errors=True)
            except OSError as error:
                log.warning("%s stays in the spool: %s", folder.name, type(error).__name__)
            finally:
                os.close(lock)


def versions_of(session: Session, disposal_id: str, *where: ColumnElement[bool]) -> Sequence[DisposedVersion]:
    """Return the recorded versions of what a disposal destroys, by place, key and version.

    All of them, or only those of `where`.
    """
    return session.scalars(
        select(DisposedVersion)
        .where(DisposedVersion.disposal_id == disposal_id, *where)
        .order_by(DisposedVersion.place, DisposedVersion.key, DisposedVersion.version)
    ).all()


def _beside(waiting: Path, evidence: str) -> str | None:
    try:
        return RecordingTicket.waiting(waiting, evidence).beside
    except (VaultError, CaseworkError, OSError):
        return None


def _destroying(store: Store) -> DestroyingStore:
    if not isinstance(store, DestroyingStore):
        raise StillKept("this store cannot destroy what it keeps")
    return store
