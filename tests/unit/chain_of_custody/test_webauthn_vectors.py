"""The vectors for people's own signatures: each case gives what its file says, and they can be made again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chain_of_custody.encoding.signed_note import decode_base64
from tests.support.ledger import webauthn_vectors
from tests.support.ledger.webauthn_vectors import FOLDER, answer, taken

FILES = sorted(file.name for file in FOLDER.glob("*.json") if file.name != "keys.json")


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_bytes())


@pytest.mark.parametrize("name", FILES)
def test_each_assertion_is_taken_or_refused_for_the_reason_it_names(name: str) -> None:
    vectors = read(name)
    wanted = {case["name"]: case["refused"] for case in vectors["cases"]}
    assert {case["name"]: answer(vectors, case) for case in vectors["cases"]} == wanted
    assert len(wanted) == len(vectors["cases"])
    assert None in wanted.values() and len(set(wanted.values())) > 3


def test_each_key_is_taken_or_refused() -> None:
    keys = read("keys.json")["keys"]
    wrong = [
        key["name"]
        for key in keys
        if taken(key["algorithm"], decode_base64(key["key"], "key")) != key["taken"]
    ]
    assert wrong == []
    assert [key["name"] for key in keys if key["taken"]] == [
        "es256", "eddsa", "rs256, 2048 bits", "rs256, 2056 bits", "rs256, 2050 bits", "es256, x = 0",
    ]  # fmt: skip


def test_the_vectors_of_software_keys_are_made_again_to_the_byte() -> None:
    made = webauthn_vectors.made()
    assert {name: (FOLDER / name).read_bytes() for name in made} == made
    chromium = {f"chromium-{algorithm}.json" for algorithm in ("es256", "eddsa", "rs256")}
    assert made.keys() | chromium == {file.name for file in FOLDER.glob("*.json")}
