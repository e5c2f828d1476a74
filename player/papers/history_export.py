"""The custody history of a case as lines: for its page, and as CSV and JSON.

The sentences are those of the exhibit's page (`evidence_strings.html`), chosen by code; `exhibit/custody.js`
chooses among them in the same way.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from casework.cases.history import Entry
from chain_of_custody.encoding import canonical_json
from chain_of_custody.statements.types import FILES_SEALED, TYPES

Described = TypeVar("Described")

COLUMNS: Mapping[str, Callable[[Entry], Any]] = {
    "position": lambda entry: entry.position,
    "at": lambda entry: canonical_json.instant_text(entry.at),
    "about": lambda entry: entry.about,
    "number": lambda entry: entry.number,
    "type": lambda entry: entry.type,
    "actor": lambda entry: entry.actor.id,
    "role": lambda entry: entry.actor.role,
    "organisation": lambda entry: entry.actor.organisation,
    "name": lambda entry: entry.name,
    "purpose": lambda entry: entry.purpose,
    "signed_by": lambda entry: entry.signed_by,
    "body": lambda entry: dict(entry.body),
}
"""The columns in order, and what each holds of an entry."""
_COUNTED = ("count", "records", "sound", "injuries", "missing")
"""Numbers in statement bodies that sentences show: at most one of them in a body."""
_FOUND = ("repaired", "damaged", "surplus")
"""Numbers beside `sound` in the body of a copy check; each has a sentence of its own."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""OWASP's list for CSV; some spreadsheets treat the full-width characters like the others."""


@dataclass(frozen=True)
class Line:
    """One entry, or a run of commitments while a recording went on."""

    entry: Entry
    count: int
    """The number of entries that it represents."""
    sentences: Sequence[Sequence[str]]
    """The sentences in order; for each its possible codes, the most specific first."""

    @property
    def values(self) -> dict[str, object]:
        """Values for the sentences that need no translation."""
        body = self.entry.body
        excerpt, receipt = body.get("excerpt") or {}, body.get("receipt") or {}
        return {
            "court": receipt.get("organisation", ""),
            "from": _timecode(excerpt.get("from", 0)),
            "name": body.get("name", ""),
            "number": body.get("number", ""),
            "person": str(body.get("person", ""))[:8],
            "to": _timecode(excerpt.get("to", 0)),
        }

    def number(self, code: str) -> int:
        """Return the number that the sentence of a code shows; 0 where it shows none."""
        body, last = self.entry.body, code.rpartition(".")[2]
        if self.entry.type == "recording.progress":
            return self.count
        return next(
            (int(body[name]) for name in ((last,) if last in _FOUND else _COUNTED) if name in body), 0
        )

    @property
    def receiver(self) -> str:
        """The recipient's name at that time; empty if the entry's details do not contain it."""
        return str((self.entry.details or {}).get("receiver", ""))

    @property
    def parties(self) -> Mapping[str, tuple[Mapping[str, str], str]]:
        """Return who gave a specimen, and who got it or has it (`organisation`, `role`).

        Each with the name at that time; it is empty if the entry's details do not contain it.
        """
        body, own = self.entry.body, self.entry.name or ""
        taker = self.receiver or own if self.entry.type == "specimen.received" else ""
        to = next((body[name] for name in ("receiver", "to", "holder") if name in body), None)
        found = {"giver": (body.get("giver"), own), "receiver": (to, taker)}
        return {which: (party, name) for which, (party, name) in found.items() if isinstance(party, Mapping)}

    @property
    def words(self) -> dict[str, str]:
        """Codes that may have a translation: `reason`, `role`, `copy_`, `source`, `kind`; and `seal`."""
        body = self.entry.body
        return {
            "reason": str(body.get("reason", "")),
            "role": str(body.get("role", "")),
            "copy_": str(body.get("copy", "")),
            "source": str(body.get("source", "")),
            "kind": str(body.get("kind", "")),
            "seal": str(body.get("seal", "")),
        }

    @property
    def day(self) -> str:
        """The date of the entry, `YYYY-MM-DD`, where the center is."""
        return f"{self.entry.at.astimezone():%Y-%m-%d}"

    @property
    def automatic(self) -> bool:
        """Whether a machine did it: a recorder, or the center's system."""
        return self.signer in ("recorder", "system")

    @property
    def signer(self) -> str:
        """`recorder`, `person`, `system` or `center`."""
        if self.entry.type.startswith("recording."):
            return "recorder"
        if self.entry.signed_by == "person":
            return "person"
        return "system" if self.entry.actor.role == "system" else "center"


def lines(entries: Sequence[Entry]) -> list[Line]:
    """Return lines in the order given, with each recording's progress as one line, at its last entry."""
    last: dict[str, Entry] = {}
    counts: dict[str, int] = {}
    for entry in entries:
        if entry.type == "recording.progress":
            last[entry.about] = entry
            counts[entry.about] = counts.get(entry.about, 0) + 1
    files = {entry.about for entry in entries if entry.type in FILES_SEALED}
    return [
        Line(
            entry,
            counts[entry.about] if entry.type == "recording.progress" else 1,
            _codes(entry, file=entry.about in files),
        )
        for entry in entries
        if entry.type != "recording.progress" or last[entry.about] is entry
    ]


def as_csv(entries: Sequence[Entry]) -> str:
    """Return every entry as CSV, one line each."""
    rows = (row(COLUMNS, entry) for entry in entries)
    return table(COLUMNS, (one | {"body": canonical_json.serialise(one["body"]).decode()} for one in rows))


def row(columns: Mapping[str, Callable[[Described], Any]], one: Described) -> dict[str, Any]:
    """Return the values of the columns for one entry or act."""
    return {name: value(one) for name, value in columns.items()}


def table(columns: Collection[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return CSV. An apostrophe precedes what a spreadsheet would take for a formula."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(columns)
    lines.writerows([_inert(one[column]) for column in columns] for one in rows)
    return written.getvalue()


def as_json(case: str, entries: Sequence[Entry]) -> str:
    """Return every entry of a case as JSON, in the order given."""
    return json.dumps({"case": case, "entries": [row(COLUMNS, entry) for entry in entries]}, indent=1)


def _timecode(at: int) -> str:
    """Format µs on the timeline of a recording, such as `0:01:05`."""
    seconds = at // 1_000_000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _inert(value: object) -> object:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _codes(entry: Entry, *, file: bool) -> list[tuple[str, ...]]:
    """Return the sentence codes. `file`: it is about a file (`FileKind`)."""
    if entry.type == "evidence.verified":
        return [(code,) for code in _copy_read(entry.body)]
    if TYPES[entry.type].chain == "specimen":
        return [(code,) for code in _specimen(entry)]
    special = "excerpt" if entry.body.get("excerpt") else "file" if file else entry.purpose
    if (entry.details or {}).get("receiver"):
        special = "named"
    special = "excluded" if entry.body.get("excluded") else special
    special = "accepted" if entry.body.get("accepted") else special
    special = str(entry.body["kind"]) if entry.type == "derivative.made" else special
    special = str(entry.body["consent"]) if entry.type == "interview.decided" else special
    special = str(entry.body["reason"]) if entry.type.startswith("hold.") else special
    return [(f"did.{entry.type}.{special}", f"did.{entry.type}", "did.other")]


def _specimen(entry: Entry) -> list[str]:
    """Return the codes of an act about a specimen: what was done, then what was found of it, and how the act
    was confirmed."""
    stored, codes = entry.body.get("stored"), [f"did.{entry.type}"]
    if entry.body.get("intact") is False:
        codes.append("did.specimen.broken")
    if stored is not None:
        codes.append("did.specimen.stored" if stored else "did.specimen.not-stored")
    return codes + (["did.specimen.link"] if entry.body.get("proof") == "link" else [])


def _copy_read(body: Mapping[str, Any]) -> list[str]:
    """Return the codes of a copy check; only a clean copy gets the sentence that all of it was read."""
    findings = [what for what in _FOUND if body[what]]
    if not findings:
        return ["did.evidence.verified"]
    return [f"did.evidence.verified.{what}" for what in ("read", *findings)]
