"""The custody history as sentences: who did what, when and why, and whose key signed.

One sentence for each statement, in the ledger's order; a run of progress statements becomes one sentence.
Names are given if the details of a statement are in the package; without them a person is a role and an id.
What people wrote is shown as plain text, never as terminal control codes.

Checks nothing: pass it what `verify` has proved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from chain_of_custody.encoding.shown_text import printable
from chain_of_custody.items.record import timecode
from chain_of_custody.statements.statement import by_a_person
from chain_of_custody.statements.types import TYPES, ChainKind
from chain_of_custody.verifier.chains import Chains, Filed, Signers

Details = Mapping[int, Mapping[str, object]]

_PROOFS: Mapping[tuple[str, str], str] = {
    ("credential.enrolled", "key"): "confirmed by an earlier key of that person",
    ("credential.enrolled", "link"): "on a one-time link, without an earlier key",
    ("credential.enrolled", "recovery"): "on a recovery code, without an earlier key",
    ("credential.revoked", "center"): "without a key of that person",
    ("credential.revoked", "key"): "confirmed by another key of that person",
}
"""Type of statement and `proof` → how it came about."""


def history(chains: Chains, signers: Signers, details: Details) -> Iterator[str]:
    """Yield the sentences of the custody history."""
    skipped: Counter[str] = Counter()
    kinds = {evidence: TYPES[chain[0].statement.type].chain for evidence, chain in chains.items.items()}
    for one in chains.all:
        if one.statement.type == "recording.progress":
            skipped[one.statement.evidence] += 1
            continue
        if count := skipped.pop(one.statement.evidence, 0):
            yield f"… while recording, the recording so far was committed to, {count} times"
        yield _sentence(one, signers, details.get(one.position), kinds.get(one.statement.evidence))


def statement_json(one: Filed, signers: Signers, details: Details) -> dict[str, Any]:
    """Return a statement for programs."""
    statement, details_of = one.statement, details.get(one.position)
    return {
        "position": one.position,
        "type": statement.type,
        "evidence": statement.evidence,
        "case": statement.case,
        "number": statement.number,
        "at": statement.at,
        "actor": statement.actor.to_json(),
        "purpose": statement.purpose,
        "body": dict(statement.body),
        "details": None if details_of is None else dict(details_of),
        "keys": [signature.key for signature in one.signed.signatures],
        "signed_by": signers.by[one.position],
    }


def _sentence(
    one: Filed, signers: Signers, details: Mapping[str, object] | None, kind: ChainKind | None
) -> str:
    statement = one.statement
    sentence = f"{_deed(one, kind)}: {_actor(one, details)}, purpose {statement.purpose}"
    return f"{statement.at}  {sentence} ({_signer(one, signers)}; entry {one.position})"


def _deed(one: Filed, kind: ChainKind | None) -> str:
    """Return what was done. `kind`: of the item that it is about, None for a statement about no item."""
    type_, body = TYPES[one.statement.type], one.statement.body
    values = _values(one)
    if one.statement.type == "key.rotated" and body["state"] == "complete":
        return "{items} items are wrapped for the {kind} key {key}".format_map(values)
    deed = type_.sentence.format_map(values)
    beside = "".join(text.format_map(values) for name, text in type_.suffixes.items() if body.get(name))
    if kind in (None, "recording"):
        return deed + beside
    which = f"{kind} {one.statement.evidence[:8]}"  # of which there may be many in a package
    match one.statement.type:
        case "evidence.viewed":
            return f"{which} was opened{beside}"
        case "evidence.exported":
            return f"{deed} of {which}{beside}"
    return f"{which}: {deed}{beside}"


def _values(one: Filed) -> dict[str, Any]:
    """Return the values in a statement's sentence: the members of its body, as text."""
    body = one.statement.body
    values: dict[str, Any] = {name: printable(str(value)) for name, value in body.items()}
    match one.statement.type:
        case "credential.enrolled" | "credential.revoked":
            values["proof"] = _PROOFS[one.statement.type, body["proof"]]
        case "derivative.made":
            values["kind"] = values["kind"].replace("-", " ")
        case "derivative.checked":
            values["accepted"] = "accepted" if body["accepted"] else "not accepted"
        case "custody.transferred":
            values["receipt"] = body["receipt"]
        case "evidence.verified":  # only of a clean copy it is said that all was read
            values["whole"] = "" if body["damaged"] or body["repaired"] or body["surplus"] else " whole"
        case "evidence.exported" | "passage.excluded" if (span := body["excerpt"]) is not None:
            values["excerpt"] = f"from {timecode(span['from'])} to {timecode(span['to'])}"
            values["passage"] = f"the passage {values['excerpt']}"
        case "passage.excluded":
            values["passage"] = "all of the recording"
    return values


def _actor(one: Filed, details: Mapping[str, object] | None) -> str:
    actor = one.statement.actor
    name = None if details is None else details.get("name")
    if isinstance(name, str) and name:
        # In quotation marks that the name cannot close: else it could continue with a claim about who signed.
        return f"“{printable(name).replace('”', ' ')}”, {actor.role} of {actor.organisation}"
    return f"{actor.role} {actor.id[:8]} of {actor.organisation}"


def _signer(one: Filed, signers: Signers) -> str:
    match signers.by[one.position]:
        case "recorder" if one.statement.actor.role in ("recorder", "system"):
            return "signed by the recorder"
        case "recorder":
            return "signed by the recorder, not by the person"
        case "person":
            return "signed by the person's own key"
        case _ if by_a_person(one.statement):
            return "recorded by the center's system; not signed by the person"
        case _:
            return "signed by the center's system"
