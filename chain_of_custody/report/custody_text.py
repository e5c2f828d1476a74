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

from chain_of_custody.items.event_text import printable
from chain_of_custody.items.record import timecode
from chain_of_custody.statements.statement import by_a_person
from chain_of_custody.statements.types import SEALS
from chain_of_custody.verifier.chains import Chains, Filed, Signers

Details = Mapping[int, Mapping[str, object]]

_DEEDS = {
    "interview.opened": "the interview was opened",
    "recorder.enrolled": "the key of recorder {name} was enrolled",
    "recorder.revoked": "the recorder's key {key} was revoked, reason {reason}",
    "credential.enrolled": "a key of person {person} was enrolled",
    "credential.revoked": "the person's key {key} was revoked, reason {reason}",
    "role.given": "person {person} was given the role {role} in {organisation}",
    "role.withdrawn": "person {person} has the role no longer, reason {reason}",
    "policy.changed": "the trust policy was changed",
    "timestamp.renewed": "a timestamp of authority {authority} was renewed",
    "key.rotated": "the center's {kind} key is {key} from here on, {items} items are still to be wrapped",
    "ledger.succeeded": "this ledger succeeded another, of which statements are lost",
    "recording.started": "recording of part {part} started",
    "recording.progress": "the recording so far was committed to",
    "recording.interrupted": "recording was found interrupted, reason {reason}",
    "recording.sealed": "the recording was sealed, {state}",
    "derivative.made": "a {kind} was made, format {format}",
    "derivative.checked": "it was {checked}, by a second person",
    "photograph.sealed": "the photograph was sealed, format {format}",
    "document.sealed": "the document was sealed, format {format}",
    "photographs.viewed": "{count} photographs of the case were looked at as small pictures",
    "intimate.requested": "it was asked to open this intimate picture, request {request}",
    "intimate.approved": "it was agreed that person {person} opens it, request {request}",
    "intimate.refused": "it was refused that person {person} opens it, request {request}",
    "exam.opened": "a set of exam photographs was begun",
    "exam.noted": "{injuries} injuries were noted in the set",
    "exam.closed": "the set was closed, {missing} pictures missing",
    "evidence.viewed": "the recording was viewed",
    "seal.confirmed": "the seal was confirmed, manifest {manifest}",
    "export.ordered": "a copy for a court was ordered, order {order}",
    "evidence.exported": "a copy was made for a court",
    "evidence.verified": "copy {copy} was read again whole, {sound} objects as recorded",
    "evidence.rehashed": "the recording was committed to anew, with {algorithm}",
    "custody.transferred": "a court acknowledged a copy",
    "case.described": "name and notes of the case were written",
    "case.given": "the case was given to person {person}",
    "case.withdrawn": "the case was taken back from person {person}",
    "grant.given": "person {person} was granted to {kind}, resting on {basis}, grant {grant}",
    "grant.accepted": "what grant {grant} asks for was undertaken",
    "grant.withdrawn": "grant {grant} was withdrawn, reason {reason}",
    "copy.authorised": "a copy under grant {grant} was authorised",
    "consent.recorded": "consent for {subject} was recorded as {outcome}, by {by}",
    "consent.withdrawn": "consent for {subject} was withdrawn, by {by}",
    "passage.excluded": "a court excluded {what} from being used, exclusion {exclusion}, reason {reason}",
    "passage.restored": "exclusion {exclusion} by a court has ended, reason {reason}",
    "retention.set": "it was set how long the case is kept, as {kind}",
    "hold.placed": "legal hold {hold} was placed, reason {reason}",
    "hold.lifted": "legal hold {hold} was lifted, reason {reason}",
    "disposal.authorised": "disposal {disposal} was authorised, reason {reason}",
    "disposal.refused": "disposal {disposal} was refused, reason {reason}",
    "evidence.disposed": "all {wraps} wrapped keys of it were destroyed, disposal {disposal}",
    "statistics.viewed": "numbers of the year {year} were read, report {report}",
}


def history(chains: Chains, signers: Signers, details: Details) -> Iterator[str]:
    """Yield the sentences of the custody history."""
    skipped: Counter[str] = Counter()
    kinds = {type_: kind for kind, type_ in SEALS.items()}
    files = {
        evidence: kinds[chain[0].statement.type]
        for evidence, chain in chains.items.items()
        if chain[0].statement.type in kinds
    }
    for one in chains.all:
        if one.statement.type == "recording.progress":
            skipped[one.statement.evidence] += 1
            continue
        if count := skipped.pop(one.statement.evidence, 0):
            yield f"… while recording, the recording so far was committed to, {count} times"
        yield _sentence(one, signers, details.get(one.position), files)


def statement_json(one: Filed, signers: Signers, details: Details) -> dict[str, Any]:
    """Return a statement for programs."""
    statement, told = one.statement, details.get(one.position)
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
        "details": None if told is None else dict(told),
        "keys": [signature.key for signature in one.signed.signatures],
        "signed_by": signers.by[one.position],
    }


def _sentence(
    one: Filed, signers: Signers, details: Mapping[str, object] | None, files: Mapping[str, str]
) -> str:
    statement = one.statement
    said = f"{_deed(one, files)}: {_actor(one, details)}, purpose {statement.purpose}"
    return f"{statement.at}  {said} ({_signer(one, signers)}; entry {one.position})"


def _deed(one: Filed, files: Mapping[str, str]) -> str:
    body = one.statement.body
    values = {name: printable(str(value)) for name, value in body.items()}
    if one.statement.type == "derivative.made":
        values["kind"] = values["kind"].replace("-", " ")
    if one.statement.type == "derivative.checked":
        values["checked"] = "looked at and accepted" if body["accepted"] else "looked at and not accepted"
    if one.statement.type == "passage.excluded":
        values["what"] = _passage(body["excerpt"])
    deed = _DEEDS.get(one.statement.type, one.statement.type).format_map(values)
    if (kind := files.get(one.statement.evidence)) is not None:
        return _deed_with_a_file(one, kind, deed, values)
    match one.statement.type:
        case "evidence.exported" if body["excerpt"] is not None:
            begin, end = body["excerpt"]["from"], body["excerpt"]["to"]
            return f"{deed}, an excerpt from {timecode(begin)} to {timecode(end)}{_by_order(values)}"
        case "evidence.exported":
            return f"{deed}{_by_order(values)}"
        case "key.rotated" if body["state"] == "complete":
            return "{items} items are wrapped for the {kind} key {key}".format_map(values)
        case "evidence.verified":
            return _copy_read(body, values)
        case "custody.transferred":
            receipt = body["receipt"]
            return f"{deed}: {receipt['organisation']} found it {receipt['outcome']} at {receipt['at']}"
        case "evidence.viewed" if "grant" in body:
            return f"{deed} under grant {values['grant']}"
        case "export.ordered" if "excluded" in body:
            return f"{deed}, with what a court has excluded"
        case "interview.opened" if "earlier" in body:
            return f"{deed}, after {values['earlier']} earlier ones"
    return deed


def _deed_with_a_file(one: Filed, kind: str, deed: str, values: Mapping[str, str]) -> str:
    """Return the act with the photograph, document or derivative it is about: there may be many."""
    which = f"{kind} {one.statement.evidence[:8]}"
    match one.statement.type:
        case "evidence.viewed":
            under = f" under grant {values['grant']}" if "grant" in values else ""
            return f"{which} was opened{under}"
        case "evidence.exported":
            return f"{deed} of {which}{_by_order(values)}"
    return f"{which}: {deed}"


def _passage(excerpt: Mapping[str, int] | None) -> str:
    if excerpt is None:
        return "all of the recording"
    return f"the passage from {timecode(excerpt['from'])} to {timecode(excerpt['to'])}"


def _by_order(values: Mapping[str, str]) -> str:
    return f", by order {values['order']}" if "order" in values else ""


def _copy_read(body: Mapping[str, Any], values: Mapping[str, str]) -> str:
    """Return the result of rereading a copy; only for a clean copy does it say that all was read."""
    deed = "copy {copy} was read again, {sound} objects as recorded"
    if not (body["damaged"] or body["repaired"] or body["surplus"]):
        deed = _DEEDS["evidence.verified"]
    if body["repaired"]:
        deed += ", {repaired} were damaged or missing and were put right from another copy"
    if body["damaged"]:
        deed += ", {damaged} were damaged or missing and could not be put right"
    if body["surplus"]:
        deed += ", {surplus} do not belong to it"
    return deed.format_map(values)


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
