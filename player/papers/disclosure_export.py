"""The disclosure log of a case as CSV and JSON, one line per act."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from casework.reports.disclosure import DisclosureEntry
from chain_of_custody.encoding import canonical_json
from player.papers.history_export import row, table

COLUMNS: Mapping[str, Callable[[DisclosureEntry], Any]] = {
    "position": lambda one: one.entry.position,
    "at": lambda one: canonical_json.instant_text(one.entry.at),
    "type": lambda one: one.entry.type,
    "about": lambda one: one.entry.about,
    "by": lambda one: one.entry.actor.id,
    "by_name": lambda one: one.entry.name,
    "by_role": lambda one: one.entry.actor.role,
    "by_organisation": lambda one: one.entry.actor.organisation,
    "receiver": lambda one: one.receiver,
    "receiver_name": lambda one: one.receiver_name,
    "purpose": lambda one: one.entry.purpose,
    "grant": lambda one: one.entry.body.get("grant"),
    "kind": lambda one: _given(one, "kind"),
    "basis": lambda one: _given(one, "basis"),
    "until": lambda one: _given(one, "until"),
    "package": lambda one: _package(one.entry.body),
    "signed_by": lambda one: one.entry.signed_by,
}
"""The columns in order, and what each holds of an act."""


def as_csv(log: Sequence[DisclosureEntry]) -> str:
    """Return the disclosure log as CSV: a header of `COLUMNS`, then one row for each act."""
    return table(COLUMNS, (row(COLUMNS, one) for one in log))


def as_json(case: str, log: Sequence[DisclosureEntry]) -> str:
    """Return the disclosure log of a case as JSON."""
    return json.dumps({"case": case, "disclosures": [row(COLUMNS, one) for one in log]}, indent=1)


def _given(one: DisclosureEntry, name: str) -> Any:
    """Return a field of the grant under which it happened; None without a grant."""
    return None if one.grant is None else one.grant.body.get(name)


def _package(body: Mapping[str, Any]) -> Any:
    return body.get("package") or (body.get("receipt") or {}).get("package")
