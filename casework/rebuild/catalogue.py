"""The catalogue: the working tables that have no other source, as sealed objects in the stores.

The database is only a cache. Its content has four possible sources, and each table is assigned to one (a test
compares the list with the models):

- the ledger: entries, tree, index, newest checkpoint;
- objects beside it: details, cosignatures, timestamps;
- the catalogue: working data that no statement contains;
- none, on purpose: data that must not outlive a lost machine (sessions, links), that is determined anew (how
  copies were read, the state of witnesses), or that was about to expire anyway (viewings, acts waiting for a
  signature).

    object = sealed pieces of up to 256 KiB, one after the other (`vault.sealing.catalogue_key`)
    place  = "catalogue/<number>/<piece>/<how many>"
    clear  = canonical JSON: number, time, schema, the ledger's checkpoint at that moment, tables, files

The newest counts. It is complete, or has the changes to a complete one, which it names by number and digest:
a rebuild needs one object or two (docs/decisions/0071). Changes are whole rows: those that were added, and
the digests of those that were removed; a changed row is both.

Trusts the keyholder. A catalogue that is read back is trusted only as far as its seal: an attacker with write
access to the stores can hide newer ones, but can neither forge one nor combine changes with another complete
one.

Specification: docs/spec/stores.md, section 4; RFC 8785.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Connection, Enum, LargeBinary, Table, insert, select

from casework.database.models import Base, Instant
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from vault.errors import Altered
from vault.keyholders.protocol import CatalogueSealer
from vault.sealing.catalogue_key import MAX_CONTENT
from vault.sealing.sealing import sealed_size

FROM_LEDGER = frozenset(
    {"intimate_requests", "ledger_checkpoint", "ledger_entries", "ledger_nodes", "statements"}
)
FROM_OBJECTS = frozenset({"cosignatures", "sealed_details", "timestamps"})
CATALOGUED = frozenset(
    {
        "alarms",
        "appointments",
        "case_access",
        "cases",
        "consents",
        "credentials",
        "derivatives",
        "disposals",
        "disposed_versions",
        "edit_lists",
        "evidence",
        "exams",
        "exclusions",
        "grants",
        "holds",
        "interviews",
        "ledger_readers",
        "package_downloads",
        "passwords",
        "people",
        "photographs",
        "rooms",
        "specimens",
    }
)
NOT_KEPT = frozenset(
    {
        "authority_states",
        "challenges",
        "copy_findings",
        "copy_passes",
        "copy_readings",
        "credential_uses",
        "disposal_places",
        "examination_drafts",
        "failed_attempts",
        "file_requests",
        "health_days",
        "hold_standings",
        "known_browsers",
        "nodes",
        "notices",
        "password_uses",
        "prepared_acts",
        "published_catalogue",
        "published_copies",
        "recovery_codes",
        "room_devices",
        "sessions",
        "sign_in_links",
        "specimen_links",
        "stated_purposes",
        "transcript_drafts",
        "uploads",
        "viewings",
        "witness_states",
        "work_leases",
    }
)
"""Every table is in one of these four sets."""

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Table → its rows, as JSON values by column."""
RowDigests = Mapping[str, Sequence[str]]
"""Table → SHA-256 of each of its rows as canonical JSON, in hexadecimal, in the same order."""


@dataclass(frozen=True)
class CompleteObject:
    """A complete catalogue in the stores, as a later one names it."""

    number: int
    sha256: str
    """Of the sealed object, in hexadecimal."""


@dataclass(frozen=True)
class Catalogue:
    """One catalogue, in plaintext."""

    number: int
    at: str
    """Its time, by the center's clock."""
    schema: str
    """Revision of the tables: only the software version with the same revision can restore them."""
    origin: str
    size: int
    """Ledger size when it was read: statements from this position on may be about things not in it yet."""
    tables: Rows
    """All rows, or those that the complete catalogue does not have."""
    files: Mapping[str, str]
    """Small files of the data folder that are not in the database, as text: `trust.txt`."""
    changes_to: CompleteObject | None = None
    """None: it is complete itself."""
    removed: RowDigests = field(default_factory=dict)
    """The rows of the complete catalogue that were removed since."""

    def changes(
        self, complete: CompleteObject, known: Mapping[str, Set[str]], digests: RowDigests
    ) -> Catalogue:
        """Return the same catalogue as changes to a complete one. `known`: the digests of the rows of that
        one; `digests`: those of these rows."""
        return replace(
            self,
            changes_to=complete,
            tables={
                name: [
                    row for row, digest in zip(rows, digests[name], strict=True) if digest not in known[name]
                ]
                for name, rows in self.tables.items()
            },
            removed={name: sorted(known[name] - set(digests[name])) for name in self.tables},
        )

    def applied_to(self, complete: Catalogue) -> Catalogue:
        """Return the complete catalogue of which these are the changes. `complete`: the one that it names."""
        tables = {}
        for name, added in self.tables.items():
            removed = set(self.removed.get(name, ()))
            kept = [row for row in complete.tables.get(name, ()) if row_digest(row) not in removed]
            tables[name] = [*kept, *added]
        return replace(self, changes_to=None, tables=tables, removed={})

    def serialise(self) -> bytes:
        """Return the catalogue in plaintext, before sealing: canonical JSON (RFC 8785)."""
        return canonical_json.serialise(
            {
                "at": self.at,
                "changes_to": None if self.changes_to is None else asdict(self.changes_to),
                "files": dict(self.files),
                "kind": "catalogue",
                "ledger": {"origin": self.origin, "size": self.size},
                "number": self.number,
                "removed": {name: list(digests) for name, digests in self.removed.items()},
                "schema": self.schema,
                "tables": {name: [dict(row) for row in rows] for name, rows in self.tables.items()},
                "v": 1,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Catalogue:
        """Parse the plaintext. Raises `Malformed`."""
        try:
            read = json.loads(data)
            if (read["kind"], read["v"]) != ("catalogue", 1):
                raise Malformed("this is no catalogue of a form that is known here")
            ledger, complete = read["ledger"], read["changes_to"]
            return cls(
                int(read["number"]),
                str(read["at"]),
                str(read["schema"]),
                str(ledger["origin"]),
                int(ledger["size"]),
                read["tables"],
                read["files"],
                None
                if complete is None
                else CompleteObject(int(complete["number"]), str(complete["sha256"])),
                read["removed"],
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Malformed(f"the catalogue cannot be read: {type(error).__name__}") from None


def read_tables(connection: Connection) -> Rows:
    """Read the tables of a catalogue within this transaction.

    Rows are ordered by key, so that the same content gives the same bytes.
    """
    return {
        table.name: [
            {
                column.name: _plain(column.type, value)
                for column, value in zip(table.columns, row, strict=True)
            }
            for row in connection.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in _tables()
    }


def write_tables(connection: Connection, rows: Rows) -> None:
    """Restore the tables, which must be empty. Raises `Malformed` for what these tables cannot hold."""
    if set(rows) - CATALOGUED:
        raise Malformed("the catalogue has tables that do not belong into it")
    for table in _tables():
        try:
            values = [
                {column.name: _value(column.type, row[column.name]) for column in table.columns}
                for row in rows.get(table.name, ())
            ]
        except (KeyError, ValueError, TypeError) as error:
            raise Malformed(f"the catalogue's table {table.name}: {type(error).__name__}") from None
        if values:
            connection.execute(insert(table), values)


def row_digests(rows: Rows) -> RowDigests:
    """The digest of each row."""
    return {name: [row_digest(row) for row in all_] for name, all_ in rows.items()}


def row_digest(row: Mapping[str, Any]) -> str:
    """SHA-256 of a row as canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json.serialise(dict(row))).hexdigest()


def digest(schema: str, digests: RowDigests, files: Mapping[str, str]) -> str:
    """SHA-256 that shows whether anything has changed, also what a rebuild by this version can read."""
    content = canonical_json.serialise(
        {
            "files": dict(files),
            "schema": schema,
            "tables": {name: list(all_) for name, all_ in digests.items()},
        }
    )
    return hashlib.sha256(content).hexdigest()


def seal(keyholder: CatalogueSealer, catalogue: Catalogue) -> bytes:
    """Return the sealed object. Raises the keyholder's errors."""
    clear = catalogue.serialise()
    pieces = [clear[at : at + MAX_CONTENT] for at in range(0, len(clear), MAX_CONTENT)]
    places = _places(catalogue.number, len(pieces))
    return b"".join(keyholder.seal_catalogue(list(zip(places, pieces, strict=True))))


def open_sealed(keyholder: CatalogueSealer, number: int, data: bytes) -> Catalogue:
    """Open a sealed catalogue. Raises `Malformed`.

    Raises `vault.errors.Altered` unless the data is the complete object that was sealed under this number.
    """
    whole = sealed_size(MAX_CONTENT)
    pieces = [data[at : at + whole] for at in range(0, len(data), whole)]
    if not pieces:
        raise Altered("an empty object is no catalogue")
    places = _places(number, len(pieces))
    clear = b"".join(keyholder.open_catalogue(list(zip(places, pieces, strict=True))))
    catalogue = Catalogue.parse(clear)
    if catalogue.number != number:
        raise Altered("the catalogue says that it has another number")
    return catalogue


def _places(number: int, count: int) -> list[bytes]:
    # Which piece of how many: a piece that is missing, repeated or from another catalogue does not open.
    return [f"catalogue/{number}/{piece}/{count}".encode() for piece in range(count)]


def _tables() -> list[Table]:
    """The tables in an order in which referenced rows come first."""
    return [table for table in Base.metadata.sorted_tables if table.name in CATALOGUED]


def _plain(kind: Any, value: Any) -> Any:
    match value:
        case enum.Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case bytes():
            return base64.b64encode(value).decode()
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(kind, JSON):
        return value
    raise TypeError(f"a catalogue cannot hold a {type(value).__name__}")


def _value(kind: Any, plain: Any) -> Any:
    if plain is None:
        return None
    if isinstance(kind, Instant):
        return datetime.fromisoformat(plain)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(plain, validate=True)
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return kind.enum_class(plain)
    return plain
