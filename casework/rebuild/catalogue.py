"""The catalogue: the working tables that have no other source, as one sealed object in the stores.

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

Each object is complete; the newest counts. Trusts the keyholder. A catalogue that is read back is trusted
only as far as its seal: an attacker with write access to the stores can hide newer ones, but cannot forge
one.

Specification: docs/spec/stores.md, section 4; RFC 8785.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
        "failed_attempts",
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
    files: Mapping[str, str]
    """Small files of the data folder that are not in the database, as text: `trust.txt`."""

    def serialise(self) -> bytes:
        """Return the catalogue in plaintext, before sealing: canonical JSON (RFC 8785)."""
        return canonical_json.serialise(
            {
                "at": self.at,
                "files": dict(self.files),
                "kind": "catalogue",
                "ledger": {"origin": self.origin, "size": self.size},
                "number": self.number,
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
            ledger = read["ledger"]
            return cls(
                int(read["number"]),
                str(read["at"]),
                str(read["schema"]),
                str(ledger["origin"]),
                int(ledger["size"]),
                read["tables"],
                read["files"],
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


def digest(rows: Rows, files: Mapping[str, str]) -> str:
    """SHA-256 that shows whether anything has changed."""
    content = canonical_json.serialise(
        {"files": dict(files), "tables": {name: list(all_) for name, all_ in rows.items()}}
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
