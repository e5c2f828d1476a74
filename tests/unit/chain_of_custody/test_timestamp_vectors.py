"""docs/spec/time.md, section 8: each rule has vectors, and Python gives their verdicts.

tests/scripts/proof/time/timestamp_vectors.test.js is the same for the scripts.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chain_of_custody.encoding.signed_note import decode_base64
from chain_of_custody.errors import Altered, Malformed, NotProved, SignatureInvalid
from chain_of_custody.timestamping.public_keys import CURVES, HASHES, RSA, SIGNATURES
from chain_of_custody.timestamping.token_verification import verify_token
from tests.support.ledger import timestamp_vectors

SPECIFICATION = Path(__file__).resolve().parents[3] / "docs" / "spec" / "time.md"
PROFILE = SPECIFICATION.read_text().split("## 8. ")[1]
RULES = set(re.findall(r"^\| ([EACPRTS]\d+) \|", PROFILE, re.MULTILINE))


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(timestamp_vectors.FILE.read_text())
    return content


def verdict(response: bytes, data: bytes, anchor: bytes) -> str:
    try:
        verify_token(response, data, anchor)
    except Malformed:
        return "malformed"
    except Altered:
        return "altered"
    except SignatureInvalid:
        return "signature"
    except NotProved:
        return "time"
    return "accepted"


def test_each_vector_has_its_verdict(written: dict[str, Any]) -> None:
    data = decode_base64(written["data"], "data")
    anchors = [decode_base64(anchor, "anchor") for anchor in written["anchors"]]
    found = {
        one["name"]: verdict(decode_base64(one["response"], "response"), data, anchors[one["anchor"]])
        for one in written["vectors"]
    }
    assert found == {one["name"]: one["verdict"] for one in written["vectors"]}
    assert len(found) == len(written["vectors"]), "a name twice"


def test_the_vectors_are_made_again_to_the_byte() -> None:
    assert timestamp_vectors.FILE.read_text() == timestamp_vectors.text()


def test_each_rule_is_broken_by_a_vector_and_each_vector_is_about_a_rule(written: dict[str, Any]) -> None:
    assert {one["rule"] for one in written["vectors"]} == RULES
    assert {one["rule"] for one in written["vectors"] if one["verdict"] != "accepted"} == RULES
    assert len(RULES) > 60


def test_the_specification_lists_the_identifiers_that_are_accepted() -> None:
    listed = re.findall(r"`(30[0-9a-f]{20,})`", PROFILE)
    accepted = [*HASHES, *SIGNATURES, RSA, RSA, *CURVES]
    assert sorted(listed) == sorted(identifier.hex() for identifier in accepted)
