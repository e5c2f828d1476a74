"""The certificate of destruction: a paper in Arabic and English, and the same as JSON for programs.

Both list every version of everything with its state, show *pending until* while that applies, name the two
people who agreed, and list what remains: the item's statements, which the JSON carries with their proofs, so
that any holder of the center's policy can verify them; and packages that courts have.

The paper is signed under the center's own authority (`typeset`). Words and layout:
`documents/destruction.typ`, `destruction-words.json`. Specification of the JSON: docs/spec/destruction.md.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from casework.database.models import DisposedVersion
from casework.retention.destruction_certificates import CertifiedDisposal
from chain_of_custody.encoding.canonical_json import instant_text, moment
from player.papers import typeset

if TYPE_CHECKING:
    from casework.center import Center


def certificate(center: Center, certified: CertifiedDisposal) -> bytes:
    """Return the signed PDF. Raises `vault.errors.ProtectionAway` if the documents key is away."""
    return typeset.signed(
        center,
        "destruction",
        paper_facts(certified),
        certified.at,
        certified.authority,
        "Certificate of destruction",
    )


def certificate_json(certified: CertifiedDisposal) -> bytes:
    """Return the certificate as JSON for programs, with every statement and its proof."""
    disposal, details = certified.disposal, certified.disposal_details
    whole: dict[str, Any] = {
        "kind": "amana-destruction",
        "v": 1,
        "deployment": certified.policy.deployment,
        "origin": certified.policy.log_keys.origin,
        "policy": certified.policy.fingerprint,
        "at": instant_text(certified.at),
        "software": typeset.software(),
        "case": disposal.case_id,
        "item": disposal.item,
        "what": "details" if certified.details else "recording",
        "disposal": disposal.id,
        "reason": disposal.reason,
        "reference": details.reference,
        "state": details.state,
        "pending_until": _time(details.pending_until),
        "disposed_at": _time(disposal.disposed_at),
        "list": certified.listed,
        "not_looked_through": list(certified.not_looked),
        "versions": [_version(one) for one in certified.versions],
        "handed_out": [{"at": at, "package": package} for at, package in certified.handed_out],
        "statements": [
            {
                "position": at,
                "leaf": base64.b64encode(one.leaf).decode(),
                "proof": base64.b64encode(certified.proofs[at]).decode(),
            }
            for at, one in sorted(certified.statements.items())
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"


def paper_facts(certified: CertifiedDisposal) -> dict[str, Any]:
    """Return the input of `destruction.typ`."""
    disposal, details = certified.disposal, certified.disposal_details
    return {
        **typeset.center_facts(certified.policy, certified.authority),
        "made": _moment(certified.at),
        "case": disposal.case_id,
        "item": disposal.item,
        "what": "details" if certified.details else "recording",
        "disposal": disposal.id,
        "reason": disposal.reason,
        "reference": details.reference,
        "state": details.state,
        "until": _moment(details.pending_until),
        "disposed": _moment(disposal.disposed_at),
        "finished": _moment(disposal.finished_at) if details.state == "finished" else None,
        "position": disposal.disposed_position,
        "list": certified.listed,
        "people": [
            _who(certified, position, name)
            for position, name in (
                (disposal.requested_position, details.requested_by),
                (disposal.decided_position, details.decided_by),
            )
            if position is not None
        ],
        "wraps": {"all": details.wraps, "left": details.wraps_left},
        "objects": {"all": details.objects, "left": details.objects_left},
        "not_looked": [_place(place) for place in certified.not_looked],
        "versions": [_row(one, disposal.item, certified.at) for one in certified.versions],
        "statements": len(certified.statements),
        "last": max(certified.statements, default=0),
        "handed_out": [
            {"at": _moment(moment(at)), "package": package} for at, package in certified.handed_out
        ],
    }


def _who(certified: CertifiedDisposal, position: int, name: str | None) -> dict[str, Any]:
    statement = certified.statements[position].statement
    return {
        "name": name,
        "role": statement.actor.role,
        "id": statement.actor.id,
        "organisation": statement.actor.organisation,
        "at": _moment(moment(statement.at)),
        "position": position,
    }


def _row(version: DisposedVersion, item: str, at: datetime) -> dict[str, Any]:
    place = _place(version.place)
    if version.gone_at is not None:
        state = "gone"
    elif version.held:
        state = "held"
    else:
        state = "until" if version.locked_until is not None and version.locked_until > at else "left"
    return {
        **place,
        "key": version.key.replace(item, "…"),
        "version": version.version if len(version.version) <= 20 else f"{version.version[:17]}…",
        "wrap": version.wrap,
        "state": state,
        "at": _moment(version.gone_at or version.locked_until),
    }


def _place(place: str) -> dict[str, str]:
    """Split a place into its code and the name of its machine."""
    for kind in ("keyholder-", "recording-machine-"):
        if place.startswith(kind):
            return {"place": kind.rstrip("-"), "machine": place.removeprefix(kind)}
    return {"place": place, "machine": ""}


def _version(version: DisposedVersion) -> Mapping[str, Any]:
    return {
        "gone": _time(version.gone_at),
        "held": version.held,
        "key": version.key,
        "locked_until": _time(version.locked_until),
        "place": version.place,
        "version": version.version,
        "wrap": version.wrap,
    }


def _time(when: datetime | None) -> str | None:
    return None if when is None else instant_text(when)


def _moment(when: datetime | None) -> str | None:
    return None if when is None else typeset.moment(when)
