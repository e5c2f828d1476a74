"""The certificate of destruction: pending until it is true, every version listed, and what remains."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from casework.database.models import Role
from casework.errors import Forbidden, Missing, WrongState
from casework.evidence import gateway
from casework.people import people
from casework.retention import destruction_certificates, disposal_requests
from chain_of_custody.encoding import canonical_json
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.tlog.inclusion_proof import TlogProof
from player.papers import destruction_certificate
from tests.support.centers.disposing_world import Disposing
from tests.support.people.granting import granted


@pytest.fixture
def kind() -> str:
    return "sqlite"


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "paper.pdf").write_bytes(pdf)
    told = subprocess.run(
        ["pdftotext", "-layout", folder / "paper.pdf", "-"], check=True, capture_output=True, text=True
    ).stdout
    return re.sub(r"[\s\u202a-\u202c]+", " ", told)


def certificate(disposing: Disposing) -> tuple[dict[str, Any], bytes]:
    certified = destruction_certificates.certified(
        disposing.center, disposing.first, disposing.told().disposal.id
    )
    whole = json.loads(destruction_certificate.certificate_json(certified))
    return whole, destruction_certificate.certificate(disposing.center, certified)


@pytest.mark.starts
def test_it_says_pending_until_it_is_true_and_lists_every_version(
    disposing: Disposing, tmp_path: Path
) -> None:
    package = gateway.export_package(
        disposing.center,
        disposing.first,
        [gateway.ItemExtent(disposing.item)],
        "hearing",
        tmp_path / "court",
        viewing_copies=False,
    )
    assert package.is_dir()
    (disposing.world.folder / "second-copy").rename(disposing.world.folder / "unmounted")
    disposing.approved()
    disposing.look()
    whole, pdf = certificate(disposing)
    assert (whole["state"], whole["list"], whole["not_looked_through"]) == ("pending", None, ["second-copy"])
    told = text_of(pdf, tmp_path)
    assert "this is not yet a certificate of complete destruction" in told
    assert "did not answer" in told

    (disposing.world.folder / "unmounted").rename(disposing.world.folder / "second-copy")
    disposing.look()
    whole, pdf = certificate(disposing)
    assert (whole["state"], whole["pending_until"], whole["not_looked_through"]) == ("finished", None, [])
    assert all(version["gone"] for version in whole["versions"])
    wraps = [one for one in whole["versions"] if one["wrap"]]
    assert {one["place"] for one in wraps} == {"first-keys", "second-keys"}
    listed = [{name: one[name] for name in ("gone", "key", "place", "version")} for one in wraps]
    assert hashlib.sha256(canonical_json.serialise(listed)).hexdigest() == whole["list"]
    told = text_of(pdf, tmp_path)
    assert "nothing of it is left in any place" in told
    for person in ("Person P", "Person S"):
        assert told.count(person) == 2, "once in each language"
    assert told.count("destroyed 20") == len(whole["versions"])
    for line in (whole["list"][:32], whole["handed_out"][0]["package"][:32]):
        assert told.replace(" ", "").count(line) == 2
    signatures = subprocess.run(
        ["pdfsig", "-nocert", tmp_path / "paper.pdf"], capture_output=True, text=True, check=False
    ).stdout
    assert "Signature is Valid" in signatures


def test_its_statements_prove_themselves_with_nothing_else_of_the_center(disposing: Disposing) -> None:
    disposing.approved()
    disposing.look()
    whole, _ = certificate(disposing)
    types = []
    for one in whole["statements"]:
        leaf = base64.b64decode(one["leaf"])
        proof = TlogProof.parse(base64.b64decode(one["proof"]))
        assert proof.index == one["position"]
        proof.verify(leaf, disposing.center.log_keys)
        types.append(SignedStatement.parse(leaf).statement.type)
    assert types[0] == "recording.started"
    assert types[-3:] == ["disposal.authorised", "disposal.authorised", "evidence.disposed"]


def test_there_is_none_of_what_was_not_agreed_to_and_none_for_strangers(disposing: Disposing) -> None:
    disposal = disposing.requested()
    with pytest.raises(WrongState, match="not agreed"):
        destruction_certificates.certified(disposing.center, disposing.first, disposal.id)
    disposal_requests.approve(disposing.center, disposing.second, disposal.id, reference="5")
    world = disposing.world
    stranger = people.add(world.center, world.administrator, "Person T", Role.PROSECUTOR)
    with pytest.raises(Forbidden):
        destruction_certificates.certified(disposing.center, stranger, disposal.id)
    other = asyncio.run(world.recorded(world.interview()))
    granted(world.center, world.prosecutor, world.case.id, world.court, items=[gateway.ItemExtent(other)])
    assert disposal_requests.listed(world.center, world.court, world.case.id) == []
    with pytest.raises(Missing):
        destruction_certificates.certified(disposing.center, world.court, disposal.id)
    granted(world.center, world.prosecutor, world.case.id, world.court)
    assert destruction_certificates.certified(disposing.center, world.court, disposal.id).pending
