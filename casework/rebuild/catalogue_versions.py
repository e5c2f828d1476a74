"""When a new catalogue is made, and its number: the last one plus one, the same for all copies.

Every few seconds its content is checked for changes. A number is assigned before the tables are read, which
takes long and keeps nobody from writing. So a catalogue, whichever process made it, has everything that was
committed when it got its number, and with it everything that counts in those with lower ones.

The first that a process makes is complete. The next ones have the changes to it, until these objects together
are as large as the complete one; then a complete one follows (docs/decisions/0071). So does one after a
number that another process assigned: then the catalogues of one complete one have consecutive numbers, and a
copy that was given any of them was given the complete one before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Set
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select

from casework.center import Center
from casework.clock import now
from casework.database import migrations
from casework.database.models import PublishedCatalogue, PublishedCopy
from casework.rebuild import catalogue, object_keys
from casework.rebuild.catalogue import Catalogue, CompleteObject, Rows
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
    """A catalogue ready for the stores."""

    number: int
    data: bytes
    changes_to: SealedCatalogue | None
    """The complete one, which a copy needs too; None: it is complete itself."""

    @property
    def complete(self) -> SealedCatalogue:
        """The complete one: that, or itself."""
        return self.changes_to or self


class Catalogues:
    """Makes a new catalogue when its content has changed; the same one for all copies."""

    def __init__(self, center: Center) -> None:
        self._center = center
        self._turn = threading.Lock()
        self._made: SealedCatalogue | None = None
        self._rows: Mapping[str, Set[str]] = {}
        """The digests of the rows of the complete one."""
        self._changes = 0
        """Bytes of all changes to it that were made."""
        self._next = 0.0

    def newest(self) -> SealedCatalogue | None:
        """The newest; None if the copies had it already before this process began."""
        with self._turn:
            if time.monotonic() < self._next:
                return self._made
            began = time.thread_time()
            digest = digest_now(self._center)
            if not self._published(digest):
                self._made = self._make()
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
            self._made, self._next = None, 0.0

    def _published(self, digest: str) -> bool:
        """Whether the newest catalogue has this content, and every copy has it or gets it from here."""
        with self._center.database() as session:
            row = session.get(PublishedCatalogue, ROW)
            states = {one.copy: one.catalogue for one in session.scalars(select(PublishedCopy))}
        if row is None or row.digest != digest:
            return False
        ours = self._made is not None and self._made.number == row.number
        return ours or all(states.get(copy) == row.number for copy in self._center.stores)

    def _make(self) -> SealedCatalogue:
        made, moment = self._made, now()
        with self._center.database.begin() as session:
            row = session.get(PublishedCatalogue, ROW)
            if row is None:
                row = PublishedCatalogue(id=ROW, number=0)
                session.add(row)
            consecutive = made is not None and made.number == row.number
            row.number, row.digest, row.at = row.number + 1, "", moment
            number = row.number
        content = Catalogue(
            number=number,
            at=canonical_json.instant_text(moment),
            schema=migrations.NEWEST,
            origin=self._center.origin,
            size=self._center.ledger.size,
            tables=_tables(self._center),
            files=_files(self._center),
        )
        digests = catalogue.row_digests(content.tables)
        with self._center.database.begin() as session:
            row = session.get_one(PublishedCatalogue, ROW)
            if row.number == number:
                row.digest = catalogue.digest(content.schema, digests, content.files)
        if made is None or not consecutive or self._changes >= len(made.complete.data):
            data = catalogue.seal(self._center.keyholder, content)
            self._rows, self._changes = {name: set(all_) for name, all_ in digests.items()}, 0
            return SealedCatalogue(number, data, None)
        complete = made.complete
        named = CompleteObject(complete.number, sha256(complete.data).hexdigest())
        changes = content.changes(named, self._rows, digests)
        data = catalogue.seal(self._center.keyholder, changes)
        self._changes += len(data)
        return SealedCatalogue(number, data, complete)


def digest_now(center: Center) -> str:
    """Digest of what a catalogue would contain now."""
    return catalogue.digest(migrations.NEWEST, catalogue.row_digests(_tables(center)), _files(center))


def _tables(center: Center) -> Rows:
    with center.database.engine.connect() as connection:
        return catalogue.read_tables(connection)


def _files(center: Center) -> dict[str, str]:
    forms = () if center.forms is None else sorted(center.forms.glob("*.toml"))
    return {
        name: path.read_text("utf-8", "replace")
        for name, path in (
            ("protocols.txt", center.protocols),
            ("retention.txt", center.retention),
            ("trust.txt", center.trust),
            *((f"forms/{path.name}", path) for path in forms),
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
