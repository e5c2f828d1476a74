"""The custody record as CASE/UCO JSON-LD: the same history, in a format for other forensic software.

Cyber-investigation Analysis Standard Expression 1.5 over Unified Cyber Ontology. It repeats the content of
the package's statements and files; it proves nothing by itself. It contains no names: people are numbers and
roles, as in the ledger.

    Investigation            the case
    ProvenanceRecord         one per item: exhibit number, its files; one per specimen
    ObservableObject         one per file: path, size, SHA-256
    Item                     one per specimen: the object itself, which is in no file
    InvestigativeAction      one per statement: when, by whom, on what; in the ledger's order
    Identity, Tool           people; recorders, the center's system

The action about a specimen names its giver, its receiver, or the holder for whom a link was made, as
participant: where they confirmed it by a one-time link, the center's system stated it, and is its instrument.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from casework.evidence.export import ExportedItem, ExportFacts
from chain_of_custody.items.file_manifest import NAMES
from chain_of_custody.package.contents import is_media
from chain_of_custody.report.custody_text import act_text
from chain_of_custody.statements.statement import Actor, SignedStatement, Statement
from chain_of_custody.statements.types import TYPES
from chain_of_custody.verifier.chains import LedgerStatement

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://amana.invalid/custody-record")
_MACHINES = ("system", "recorder")

CONTEXT = {
    "kb": "http://example.org/kb/",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass(frozen=True)
class RecordedFile:
    """A file of the package: its path, bytes, and SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


def recorded_files(facts: ExportFacts, evidence: str) -> list[RecordedFile]:
    """Return the films of an item, its viewing copy included; of a photograph or document, the file itself
    and the pictures made from it."""
    return [
        RecordedFile(path, size, digest)
        for path, (size, digest) in sorted(facts.files.items())
        if is_media(path) and evidence in path
    ]


def is_safety(facts: ExportFacts, evidence: str) -> bool:
    """Return whether it is the safety recording of a part, made by the room's browser."""
    statements = (one.statement for one in facts.statements.values() if one.statement.evidence == evidence)
    return any("beside" in one.body for one in statements if one.type == "recording.started")


def custody_record(facts: ExportFacts) -> bytes:
    """Return JSON-LD in UTF-8. Same facts, same bytes."""
    statements = sorted({**facts.statements, **facts.specimens}.items())
    described = {item.evidence: _recording(facts, item) for item in facts.items}
    described |= {one.evidence: f"{NAMES[one.kind]} {one.number}" for one in facts.exhibits}
    things = {item: [_file(item, file) for file in recorded_files(facts, item)] for item in described}
    takings = (one.statement for _, one in statements if one.statement.type == "specimen.taken")
    for taken in takings:
        described[taken.evidence] = f"specimen {taken.body['number']}"
        things[taken.evidence] = [_specimen(taken)]
    records = [_provenance(item, words, things[item]) for item, words in described.items()]
    actions = [_action(position, signed, things) for position, signed in statements]
    actors = _actors(actor for _, signed in statements for actor in _all_actors(signed.statement))
    held = {"uco-core:name": facts.case, "uco-core:object": [_ref(node) for node in (*records, *actions)]}
    investigation = _node("case-investigation:Investigation", facts.case, held)
    graph = [investigation, *records, *chain.from_iterable(things.values()), *actors, *actions]
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, sort_keys=True).encode() + b"\n"


def _recording(facts: ExportFacts, item: ExportedItem) -> str:
    """Return a recording in words, such as `part 2 of interview …`."""
    beside = "safety recording of " if is_safety(facts, item.evidence) else ""
    return f"{beside}part {item.part} of interview {item.interview}"


def _file(evidence: str, file: RecordedFile) -> dict[str, Any]:
    name = f"{evidence}/{file.path}"
    digest = {
        "uco-types:hashMethod": "SHA256",
        "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": file.sha256},
    }
    place = {
        "uco-observable:fileName": file.path.rsplit("/", maxsplit=1)[-1],
        "uco-observable:filePath": file.path,
        "uco-observable:sizeInBytes": file.size,
    }
    facets = [
        _node("uco-observable:FileFacet", name, place),
        _node(
            "uco-observable:ContentDataFacet",
            name,
            {"uco-observable:hash": [_node("uco-types:Hash", name, digest)]},
        ),
    ]
    return _node("uco-observable:File", name, {"uco-core:hasFacet": facets})


def _specimen(taken: Statement) -> dict[str, Any]:
    """Return the object that a specimen is, as its taking describes it."""
    body = taken.body
    inside = f", in kit {body['kit']}" if "kit" in body else ""
    content = {
        "uco-core:name": f"specimen {body['number']}",
        "uco-core:description": f"{body['kind']}, closed with seal {body['seal']}{inside}",
    }
    return _node("uco-core:Item", taken.evidence, content)


def _provenance(evidence: str, words: str, things: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    item = {
        "uco-core:description": words,
        "case-investigation:exhibitNumber": evidence,
        "uco-core:object": [_ref(thing) for thing in things],
    }
    return _node("case-investigation:ProvenanceRecord", evidence, item)


def _action(
    position: int, signed: SignedStatement, things: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Any]:
    statement = signed.statement
    by = "uco-action:instrument" if statement.actor.role in _MACHINES else "uco-action:performer"
    act = ""
    if TYPES[statement.type].chain == "specimen":
        act = f"{act_text(LedgerStatement(position, signed), None)}; "
    action: dict[str, Any] = {
        "uco-core:name": statement.type,
        "uco-core:description": (
            f"{act}ledger entry {position}; number {statement.number} in the chain of {statement.evidence}; "
            f"purpose {statement.purpose}"
        ),
        "uco-action:startTime": {"@type": "xsd:dateTime", "@value": statement.at},
        by: {"@id": _actor_id(statement.actor)},
    }
    if objects := things.get(statement.evidence):
        action["uco-action:object"] = [_ref(one) for one in objects]
    if parties := _parties(statement):
        action["uco-action:participant"] = [{"@id": _actor_id(one)} for one in parties]
    return _node("case-investigation:InvestigativeAction", str(position), action)


def _all_actors(statement: Statement) -> list[Actor]:
    return [statement.actor, *_parties(statement)]


def _parties(statement: Statement) -> list[Actor]:
    """Return who gave or received a specimen, or for whom a link was made."""
    parties = (statement.body.get(name) for name in ("giver", "holder", "receiver"))
    return [Actor(one["person"], one["role"], one["organisation"]) for one in parties if one is not None]


def _actors(actors: Iterable[Actor]) -> list[dict[str, Any]]:
    known: dict[str, dict[str, Any]] = {}
    for actor in actors:
        identity = _actor_id(actor)
        machine = actor.role in _MACHINES
        known[identity] = {
            "@id": identity,
            "@type": "uco-tool:Tool" if machine else "uco-identity:Identity",
            "uco-core:name": f"{actor.role} {actor.id}",
            "uco-core:description": f"{actor.role} of {actor.organisation}",
        }
    return [known[identity] for identity in sorted(known)]


def _actor_id(actor: Actor) -> str:
    return _id("Actor", f"{actor.id}/{actor.role}/{actor.organisation}")


def _node(type_: str, name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a node with this content; its identifier is of the type's name without its namespace."""
    return {"@id": _id(type_.partition(":")[2], name), "@type": type_, **content}


def _ref(node: Mapping[str, Any]) -> dict[str, Any]:
    return {"@id": node["@id"]}


def _id(kind: str, name: str) -> str:
    """Return an identifier that is the same in every package: a name-based UUID (RFC 9562, version 5)."""
    return f"kb:{kind}-{uuid.uuid5(_NAMESPACE, f'{kind}/{name}')}"
