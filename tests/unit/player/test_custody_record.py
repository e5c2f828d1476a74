"""The custody record in CASE/UCO: conforms to the published ontology, and holds no name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from player.papers.case_uco import custody_record
from tests.support.paper_facts import FILE, POLICE, SPECIMEN, STATEMENTS, export_facts


def record() -> bytes:
    return custody_record(export_facts())


def validate(data: bytes, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "custody.jsonld").write_bytes(data)
    command = [Path(sys.executable).with_name("case_validate"), folder / "custody.jsonld"]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.starts
def test_the_ontology_of_case_accepts_it(tmp_path: Path) -> None:
    told = validate(record(), tmp_path)
    assert told.returncode == 0 and "Conforms: True" in told.stdout


@pytest.mark.starts
def test_the_ontology_of_case_refuses_it_once_a_digest_is_no_digest(tmp_path: Path) -> None:
    broken = record().replace(FILE.sha256.encode(), b"not hexadecimal")
    assert validate(broken, tmp_path).returncode != 0


def test_every_statement_is_an_action_in_the_ledgers_order() -> None:
    graph = json.loads(record())["@graph"]
    actions = [node for node in graph if node["@type"] == "case-investigation:InvestigativeAction"]
    assert [node["uco-core:name"] for node in actions] == [
        signed.statement.type for _, signed in sorted({**STATEMENTS, **SPECIMEN}.items())
    ]
    identities = {node["@id"] for node in graph}
    for node in actions:
        performer = node.get("uco-action:performer") or node["uco-action:instrument"]
        assert performer["@id"] in identities


def test_a_specimen_is_an_object_with_each_act_and_who_gave_or_received_it() -> None:
    graph = {node["@id"]: node for node in json.loads(record())["@graph"]}
    [thing] = [node for node in graph.values() if node["@type"] == "uco-core:Item"]
    assert thing["uco-core:description"] == "kit, closed with seal k-1001"
    acts = [node for node in graph.values() if {"@id": thing["@id"]} in node.get("uco-action:object", [])]
    assert [node["uco-core:name"] for node in acts] == [
        "specimen.taken",
        "specimen.handed-over",
        "specimen.received",
        "specimen.link-made",
    ]
    received, link = acts[-2:]
    assert "confirmed on a page opened by a one-time link" in received["uco-core:description"]
    [receiver] = received["uco-action:participant"]
    assert graph[receiver["@id"]]["uco-core:name"] == f"officer {POLICE.id}"
    assert graph[received["uco-action:instrument"]["@id"]]["@type"] == "uco-tool:Tool"
    assert link["uco-action:participant"] == [receiver]
    assert graph[link["uco-action:performer"]["@id"]]["@type"] == "uco-identity:Identity"


def test_the_same_facts_give_the_same_bytes() -> None:
    assert record() == record()
