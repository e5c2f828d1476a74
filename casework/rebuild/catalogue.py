"""The catalogue: the working tables that nothing else tells, as one sealed object in the stores.

The database is only a cache. What it holds comes from four places, and each table is put down under one (a
test holds the list against the models):

- the ledger: entries, tree, index, newest checkpoint;
- objects beside it: details, cosignatures, timestamps;
- the catalogue: what people work with, which no statement tells;
- nowhere, on purpose: what must not outlive a lost machine (sessions, links), is found out anew (how copies
  were read, how witnesses stand), or was about to end anyway (viewings, what waited for a signature).

    object = sealed pieces of up to 256 KiB, one after the other (`vault.sealing.catalogue_key`)
    place  = "catalogue/<number>/<piece>/<how many>"
    clear  = canonical JSON: number, time, schema, the ledger's checkpoint at that moment, tables, files

Each object is complete; the newest counts. Trusts the keyholder. What is read back is believed as far as its
seal goes: somebody who can write to the stores can hide newer ones, and cannot make one up.

Specification: docs/spec/stores.md, section 4; RFC 8785.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Connection, Date, Enum, LargeBinary, Table, insert, select

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
        "hold_standings",
        "known_browsers",
        "nodes",
        "password_uses",
        "prepared_acts",
        "published_catalogue",
        "published_copies",
        "recovery_codes",
        "room_devices",
        "sessions",
        "sign_in_links",
        "transcript_drafts",
        "uploads",
        "viewings",
        "witness_states",
        "work_leases",
    }
)
"""Every table is in one of these four."""

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Table → its rows, as JSON values by column."""


@dataclass(frozen=True)
class Catalogue:
    """One catalogue, in clear."""

    number: int
    at: str
    """When, by the center's clock."""
    schema: str
    """The revision of the tables: only the version of the software that has it can put them back."""
    origin: str
    size: int
    """The ledger when it was read: statements from this position on may be about things not in it yet."""
    tables: Rows
    files: Mapping[str, str]
    """Small files of the data folder that are not in the database, as text: `trust.txt`."""

    def serialise(self) -> bytes:
        """Return the catalogue in clear, before sealing: canonical JSON (RFC 8785)."""
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
        """Raises `Malformed`."""
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
    """What belongs into a catalogue, as it is in this transaction; the rows by their keys, so that the same
    content is the same bytes."""
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
    """Put them back, into tables that are empty. Raises `Malformed` for what these tables cannot hold."""
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
    """SHA-256 by which it is seen whether anything has changed."""
    content = canonical_json.serialise(
        {"files": dict(files), "tables": {name: list(all_) for name, all_ in rows.items()}}
    )
    return hashlib.sha256(content).hexdigest()


def seal(keyholder: CatalogueSealer, catalogue: Catalogue) -> bytes:
    """The object. Raises what the keyholder raises."""
    clear = catalogue.serialise()
    pieces = [clear[at : at + MAX_CONTENT] for at in range(0, len(clear), MAX_CONTENT)]
    places = _places(catalogue.number, len(pieces))
    return b"".join(keyholder.seal_catalogue(list(zip(places, pieces, strict=True))))


def open_sealed(keyholder: CatalogueSealer, number: int, data: bytes) -> Catalogue:
    """Raises `vault.errors.Altered` for what was not sealed as this number, whole; `Malformed`."""
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
    # Which piece of how many: one that is left out, repeated or taken from another catalogue does not open.
    return [f"catalogue/{number}/{piece}/{count}".encode() for piece in range(count)]


def _tables() -> list[Table]:
    """In an order in which each row finds those it refers to."""
    return [table for table in Base.metadata.sorted_tables if table.name in CATALOGUED]


def _plain(kind: Any, value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case enum.Enum():
            return value.value
        case str():
            return value
        case bytes():
            return base64.b64encode(value).decode()
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
    if isinstance(kind, JSON):
        return value
    raise TypeError(f"a catalogue cannot hold a {type(value).__name__}")


def _value(kind: Any, plain: Any) -> Any:
    if plain is None:
        return None
    if isinstance(kind, Instant):
        return datetime.fromisoformat(plain)
    if isinstance(kind, Date):
        return date.fromisoformat(plain)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(plain, validate=True)
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return kind.enum_class(plain)
    return plain
