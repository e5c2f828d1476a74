"""When a new catalogue is made, and its number: the last one plus one, the same for all copies.

Every few seconds its content is checked for changes. Numbers are assigned while no other process writes to
the database. So of two catalogues, whichever process made them, the one with the higher number is the later.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from sqlalchemy import select

from casework.center import Center
from casework.clock import now
from casework.database import migrations
from casework.database.models import PublishedCatalogue, PublishedCopy
from casework.rebuild import catalogue, object_keys
from casework.rebuild.catalogue import Catalogue
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from vault.errors import Altered, ObjectMissing
from vault.keyholders.protocol import CatalogueSealer
from vault.stores.base import Store

EVERY = 3.0
"""Minimum seconds between checks; …"""
SHARE = 50
"""… and this many times the processor time of a check, so that large tables cost at most a fiftieth of one,
…"""
LONGEST = 60.0
"""… but never longer than this."""
ROW = 1


@dataclass(frozen=True)
class SealedCatalogue:
    """A catalogue ready for the stores. `digest`: of its content."""

    number: int
    data: bytes
    digest: str


class Catalogues:
    """Makes a new catalogue when its content has changed; the same one for all copies."""

    def __init__(self, center: Center) -> None:
        self._center = center
        self._turn = threading.Lock()
        self._made: SealedCatalogue | None = None
        self._digest = ""
        self._next = 0.0

    def newest(self) -> SealedCatalogue | None:
        """The newest; None if the copies had it already before this process began."""
        with self._turn:
            if time.monotonic() < self._next:
                return self._made
            began = time.thread_time()
            digest = digest_now(self._center)
            if digest != self._digest and not self._published(digest):
                self._made = self._make()
                digest = self._made.digest
            self._digest = digest
            took = time.thread_time() - began
            self._next = time.monotonic() + min(max(EVERY, SHARE * took), LONGEST)
            return self._made

    def number_after(self, number: int) -> None:
        """Give the next catalogue a higher number than this."""
        with self._turn:
            with self._center.database.begin() as session:
                row = session.get(PublishedCatalogue, ROW)
                if row is not None and row.number < number:
                    row.number = number
            self._made, self._digest, self._next = None, "", 0.0

    def _published(self, digest: str) -> bool:
        with self._center.database() as session:
            row = session.get(PublishedCatalogue, ROW)
            states = {one.copy: one.catalogue for one in session.scalars(select(PublishedCopy))}
        return (
            row is not None
            and row.digest == digest
            and all(states.get(copy) == row.number for copy in self._center.stores)
        )

    def _make(self) -> SealedCatalogue:
        moment, files = now(), _files(self._center)
        with self._center.database.begin() as session:
            # Read and numbered while no other process writes: the higher number is the later catalogue.
            rows = catalogue.read_tables(session.connection())
            row = session.get(PublishedCatalogue, ROW)
            if row is None:
                row = PublishedCatalogue(id=ROW, number=0)
                session.add(row)
            row.number, row.digest, row.at = row.number + 1, catalogue.digest(rows, files), moment
            number, digest = row.number, row.digest
        made = Catalogue(
            number=number,
            at=canonical_json.instant_text(moment),
            schema=migrations.NEWEST,
            origin=self._center.origin,
            size=self._center.ledger.size,
            tables=rows,
            files=files,
        )
        return SealedCatalogue(number, catalogue.seal(self._center.keyholder, made), digest)


def digest_now(center: Center) -> str:
    """Digest of what a catalogue would contain now."""
    with center.database.engine.connect() as connection:
        rows = catalogue.read_tables(connection)
    return catalogue.digest(rows, _files(center))


def _files(center: Center) -> dict[str, str]:
    return {
        name: path.read_text("utf-8", "replace")
        for name, path in (
            ("protocols.txt", center.protocols),
            ("retention.txt", center.retention),
            ("trust.txt", center.trust),
        )
        if path is not None and path.exists()
    }


def is_ours(keyholder: CatalogueSealer, store: Store, number: int) -> bool:
    """Whether a store's object of this number was sealed under it by this center's keyholder.

    False for damage, and for an object written by anyone else with the copy's credentials. Raises
    `StoreUnavailable`, and the errors of a keyholder that does not answer.
    """
    try:
        catalogue.open_sealed(keyholder, number, store.get(object_keys.catalogue_key(number)))
    except (Altered, ObjectMissing):
        return False
    except Malformed:
        pass  # sealed by us, in the format of another version
    return True


def newest_number(keyholder: CatalogueSealer, store: Store) -> int:
    """The highest number of our own catalogues in a store; 0 for none. Raises as `is_ours`."""
    numbers = [object_keys.parse_catalogue_key(key) or 0 for key in store.list(object_keys.CATALOGUE)]
    return next((one for one in sorted(numbers, reverse=True) if one and is_ours(keyholder, store, one)), 0)
