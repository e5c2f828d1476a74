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
from chain_of_custody.items.file_manifest import NAMES
from chain_of_custody.items.record import timecode
from chain_of_custody.statements.statement import by_a_person
from chain_of_custody.statements.types import SEALS, TYPES
from chain_of_custody.verifier.chains import Chains, LedgerStatement, Signers

Details = Mapping[int, Mapping[str, object]]

_FILES: Mapping[str, str] = {SEALS[kind]: name for kind, name in NAMES.items()}
"""Type of the statement that begins a file's chain → the kind of file, in words."""

_PROOFS: Mapping[tuple[str, str], str] = {
    ("credential.enrolled", "key"): "confirmed by an earlier key of that person",
    ("credential.enrolled", "link"): "on a one-time link, without an earlier key",
    ("credential.enrolled", "recovery"): "on a recovery code, without an earlier key",
    ("credential.revoked", "center"): "without a key of that person",
    ("credential.revoked", "key"): "confirmed by another key of that person",
    ("specimen", "account"): "confirmed in that person's account",
    ("specimen", "link"): "confirmed on a page opened by a one-time link",
}
"""Type of statement, or what it is about, and `proof` → how it came about."""
_STORED: Mapping[bool | None, str] = {
    None: "",
    False: ", not stored as had been asked",
    True: ", stored as had been asked",
}


def history(chains: Chains, signers: Signers, details: Details) -> Iterator[str]:
    """Yield the sentences of the custody history."""
    skipped: Counter[str] = Counter()
    about = {
        evidence: f"{_FILES[type_]} {evidence[:8]}"  # a package may contain many
        for evidence, chain in chains.items.items()
        if (type_ := chain[0].statement.type) in _FILES
    } | {
        evidence: f"specimen {chain[0].statement.body['number']}"
        for evidence, chain in chains.specimens.items()
    }
    for filed in chains.all:
        if filed.statement.type == "recording.progress":
            skipped[filed.statement.evidence] += 1
            continue
        if count := skipped.pop(filed.statement.evidence, 0):
            yield f"… while recording, the recording so far was committed to, {count} times"
        yield _sentence(filed, signers, details.get(filed.position), about.get(filed.statement.evidence))


def statement_json(filed: LedgerStatement, signers: Signers, details: Details) -> dict[str, Any]:
    """Return a statement for programs."""
    statement, details_of = filed.statement, details.get(filed.position)
    return {
        "position": filed.position,
        "type": statement.type,
        "evidence": statement.evidence,
        "case": statement.case,
        "number": statement.number,
        "at": statement.at,
        "actor": statement.actor.to_json(),
        "purpose": statement.purpose,
        "body": dict(statement.body),
        "details": None if details_of is None else dict(details_of),
        "keys": [signature.key for signature in filed.signed.signatures],
        "signed_by": signers.by[filed.position],
    }


def _sentence(
    filed: LedgerStatement, signers: Signers, details: Mapping[str, object] | None, which: str | None
) -> str:
    statement = filed.statement
    sentence = f"{act_text(filed, which)}: {_actor(filed, details)}, purpose {statement.purpose}"
    return f"{statement.at}  {sentence} ({_signer(filed, signers)}; entry {filed.position})"


def act_text(filed: LedgerStatement, which: str | None) -> str:
    """Return what was done. `which`: the file or specimen that it is about, None where it is about none."""
    type_, body = TYPES[filed.statement.type], filed.statement.body
    values = _values(filed)
    if filed.statement.type == "key.rotated" and body["state"] == "complete":
        return "{items} items are wrapped for the {kind} key {key}".format_map(values)
    sentence = type_.sentence.format_map(values)
    beside = "".join(text.format_map(values) for name, text in type_.suffixes.items() if body.get(name))
    if which is None:
        return sentence + beside
    match filed.statement.type:
        case "evidence.viewed":
            return f"{which} was opened{beside}"
        case "evidence.exported":
            return f"{sentence} of {which}{beside}"
    return f"{which}: {sentence}{beside}"


def _values(filed: LedgerStatement) -> dict[str, Any]:
    """Return the values in a statement's sentence: the members of its body, as text."""
    body = filed.statement.body
    values: dict[str, Any] = {name: printable(str(value)) for name, value in body.items()}
    match filed.statement.type:
        case "credential.enrolled" | "credential.revoked":
            values["proof"] = _PROOFS[filed.statement.type, body["proof"]]
        case "interview.decided":
            values["consent"] = values["consent"].replace("-", " ")
        case "specimen.handed-over" | "specimen.received" | "specimen.destroyed":
            values |= {name: body[name] for name in ("giver", "receiver", "to") if name in body}
            values["intact"] = "intact" if body["intact"] else "not intact"
            values["proof"] = _PROOFS["specimen", body["proof"]]
            values["stored"] = _STORED[body["stored"]]
        case "specimen.link-made":
            values["holder"] = body["holder"]
        case "derivative.made":
            values["kind"] = values["kind"].replace("-", " ")
        case "derivative.checked":
            values["accepted"] = "accepted" if body["accepted"] else "not accepted"
        case "custody.transferred":
            values["receipt"] = body["receipt"]
        case "evidence.verified":  # only for a clean copy the sentence says that all was read
            values["whole"] = "" if body["damaged"] or body["repaired"] or body["surplus"] else " whole"
        case "evidence.exported" | "passage.excluded" if (span := body["excerpt"]) is not None:
            values["excerpt"] = f"from {timecode(span['from'])} to {timecode(span['to'])}"
            values["passage"] = f"the passage {values['excerpt']}"
        case "passage.excluded":
            values["passage"] = "all of the recording"
    return values


def _actor(filed: LedgerStatement, details: Mapping[str, object] | None) -> str:
    actor = filed.statement.actor
    name = None if details is None else details.get("name")
    if isinstance(name, str) and name:
        # In quotation marks that the name cannot contain: otherwise it could add a false claim about the
        # signer.
        return f"“{printable(name).replace('”', ' ')}”, {actor.role} of {actor.organisation}"
    return f"{actor.role} {actor.id[:8]} of {actor.organisation}"


def _signer(filed: LedgerStatement, signers: Signers) -> str:
    match signers.by[filed.position]:
        case "recorder" if filed.statement.actor.role in ("recorder", "system"):
            return "signed by the recorder"
        case "recorder":
            return "signed by the recorder, not by the person"
        case "person":
            return "signed by the person's own key"
        case _ if by_a_person(filed.statement):
            return "recorded by the center's system; not signed by the person"
        case _:
            return "signed by the center's system"
