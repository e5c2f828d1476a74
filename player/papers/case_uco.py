"""The custody record as CASE/UCO JSON-LD: the same history, in a format for other forensic software.

Cyber-investigation Analysis Standard Expression 1.5 over Unified Cyber Ontology. It repeats the content of
the package's statements and files; it proves nothing by itself. It contains no names: people are numbers and
roles, as in the ledger.

    Investigation            the case
    ProvenanceRecord         one per item: exhibit number, its files
    ObservableObject         one per file: path, size, SHA-256
    InvestigativeAction      one per statement: when, by whom, on what; in the ledger's order
    Identity, Tool           people; recorders, the center's system
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.statements.statement import Actor, Statement

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


@dataclass(frozen=True)
class Item:
    """An evidence item with its files."""

    evidence: str
    interview: str
    part: int
    files: Sequence[RecordedFile]
    safety: bool = False
    """Whether it is the safety recording of that part, made by the room's browser."""

    @property
    def description(self) -> str:
        """The recording in words, such as `part 2 of interview …`; for the provenance record."""
        what = f"{'safety recording of ' if self.safety else ''}part {self.part}"
        return f"{what} of interview {self.interview}"


@dataclass(frozen=True)
class FileItem:
    """A photograph, document or derivative with its files. `kind`: which; `number`: of its kind in the
    case."""

    evidence: str
    kind: str
    number: int
    files: Sequence[RecordedFile]

    @property
    def description(self) -> str:
        """The item in words, such as `photograph 3`; for the provenance record."""
        return f"{self.kind} {self.number}"


def custody_record(case: str, items: Sequence[Item | FileItem], statements: Mapping[int, Statement]) -> bytes:
    """Return JSON-LD in UTF-8. `statements`: ledger position → statement. Same input, same bytes."""
    files = {item.evidence: [_file(item, file) for file in item.files] for item in items}
    records = [_provenance(item, files[item.evidence]) for item in items]
    actions = [
        _action(position, statement, files.get(statement.evidence, []))
        for position, statement in sorted(statements.items())
    ]
    actors = _actors(statement.actor for statement in statements.values())
    investigation = {
        "@id": _id("Investigation", case),
        "@type": "case-investigation:Investigation",
        "uco-core:name": case,
        "uco-core:object": [_ref(node) for node in (*records, *actions)],
    }
    graph = [investigation, *records, *chain.from_iterable(files.values()), *actors, *actions]
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, sort_keys=True).encode() + b"\n"


def _file(item: Item | FileItem, file: RecordedFile) -> dict[str, Any]:
    return {
        "@id": _id("File", f"{item.evidence}/{file.path}"),
        "@type": "uco-observable:File",
        "uco-core:hasFacet": [
            {
                "@id": _id("FileFacet", f"{item.evidence}/{file.path}"),
                "@type": "uco-observable:FileFacet",
                "uco-observable:fileName": file.path.rsplit("/", maxsplit=1)[-1],
                "uco-observable:filePath": file.path,
                "uco-observable:sizeInBytes": file.size,
            },
            {
                "@id": _id("ContentDataFacet", f"{item.evidence}/{file.path}"),
                "@type": "uco-observable:ContentDataFacet",
                "uco-observable:hash": [
                    {
                        "@id": _id("Hash", f"{item.evidence}/{file.path}"),
                        "@type": "uco-types:Hash",
                        "uco-types:hashMethod": "SHA256",
                        "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": file.sha256},
                    }
                ],
            },
        ],
    }


def _provenance(item: Item | FileItem, files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "@id": _id("ProvenanceRecord", item.evidence),
        "@type": "case-investigation:ProvenanceRecord",
        "uco-core:description": item.description,
        "case-investigation:exhibitNumber": item.evidence,
        "uco-core:object": [_ref(file) for file in files],
    }


def _action(position: int, statement: Statement, files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    action: dict[str, Any] = {
        "@id": _id("InvestigativeAction", str(position)),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": statement.type,
        "uco-core:description": (
            f"ledger entry {position}; number {statement.number} in the chain of {statement.evidence}; "
            f"purpose {statement.purpose}"
        ),
        "uco-action:startTime": {
            "@type": "xsd:dateTime",
            "@value": moment(statement.at).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        },
    }
    performer = {"@id": _actor_id(statement.actor)}
    action["uco-action:instrument" if statement.actor.role in _MACHINES else "uco-action:performer"] = (
        performer
    )
    if files:
        action["uco-action:object"] = [_ref(file) for file in files]
    return action


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


def _ref(node: Mapping[str, Any]) -> dict[str, Any]:
    return {"@id": node["@id"]}


def _id(kind: str, name: str) -> str:
    """Return an identifier that is the same in every package: a name-based UUID (RFC 9562, version 5)."""
    return f"kb:{kind}-{uuid.uuid5(_NAMESPACE, f'{kind}/{name}')}"
