"""What is left after a fault, asked of the service and proved by the court's own verifier."""

from __future__ import annotations

import base64
from pathlib import Path

from amana.centers import attached_center
from amana.demo.http_user import Visitor
from casework.evidence.gateway import ItemExtent, export_package
from casework.people.people import find
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.items.recording_manifest import Index
from chain_of_custody.report.report import Report
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.verify import verify
from tests.support.centers.service import Service, patiently

TRACKS = {1: "wide", 2: "microphone", 3: "close"}


async def recorded(prosecutor: Visitor, evidence: str) -> tuple[dict[int, float], str]:
    """Up to which second each track reaches, and how the part ended. The seal may take its time to come."""
    proof: dict[str, object] = {}

    async def sealed() -> bool:
        opened = await prosecutor.post_json(f"/evidence/{evidence}/viewings", purpose="review")
        proof.update(await prosecutor.look(f"/viewings/{opened['viewing']}/proof"))
        return True

    await patiently(sealed)
    index = Index.parse(str(proof["index"]).encode())
    ends = dict.fromkeys(TRACKS, 0.0)
    for record in index.records:
        if record.kind == "media":
            ends[record.track] = max(ends[record.track], record.end / 1e6)
    leaves = [base64.b64decode(filed["leaf"]) for filed in proof["statements"]]  # type: ignore[attr-defined]
    statements = [SignedStatement.parse(leaf).statement for leaf in leaves]
    (sealed_as,) = [one.body["state"] for one in statements if one.type == "recording.sealed"]
    return ends, str(sealed_as)


def verified(service: Service, parts: list[str], tmp_path: Path, name: str = "court-folder") -> Report:
    """Everything in a court folder, proved offline by the court's own verifier."""
    with attached_center(service.settings) as center:
        (person,) = find(center, "Prosecutor of the test")
        wanted = [ItemExtent(part) for part in parts]
        folder = export_package(center, person, wanted, "hearing", tmp_path / name, viewing_copies=False)
    return verify(FolderSource(folder))
