"""The disclosure log of a case as CSV and JSON, one line per act."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from casework.reports.disclosure import Disclosed
from chain_of_custody.encoding import canonical_json
from player.papers.history_export import table

COLUMNS = (
    "position",
    "at",
    "type",
    "about",
    "by",
    "by_name",
    "by_role",
    "by_organisation",
    "receiver",
    "receiver_name",
    "purpose",
    "grant",
    "kind",
    "basis",
    "until",
    "package",
    "signed_by",
)


def as_csv(log: Sequence[Disclosed]) -> str:
    """Return the disclosure log as CSV: a header of `COLUMNS`, then one row for each act."""
    return table(COLUMNS, map(_told, log))


def as_json(case: str, log: Sequence[Disclosed]) -> str:
    """Return the disclosure log of a case as JSON."""
    return json.dumps({"case": case, "disclosures": [_told(one) for one in log]}, indent=1)


def _told(one: Disclosed) -> dict[str, Any]:
    entry, given = one.entry, {} if one.grant is None else one.grant.body
    receipt = entry.body.get("receipt") or {}
    return {
        "position": entry.position,
        "at": canonical_json.instant_text(entry.at),
        "type": entry.type,
        "about": entry.about,
        "by": entry.actor.id,
        "by_name": entry.name,
        "by_role": entry.actor.role,
        "by_organisation": entry.actor.organisation,
        "receiver": one.receiver,
        "receiver_name": one.receiver_name,
        "purpose": entry.purpose,
        "grant": entry.body.get("grant"),
        "kind": given.get("kind"),
        "basis": given.get("basis"),
        "until": given.get("until"),
        "package": entry.body.get("package") or receipt.get("package"),
        "signed_by": entry.signed_by,
    }
