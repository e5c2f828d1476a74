"""Code in the place of each decoder, in the sandbox that it really runs in, against a running service.

What it tries must fail there, and works outside (`test_the_attack_is_one`), so that no attempt is vain.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from casework.sandbox import previews, self_check
from tests.attacks import attack
from tests.attacks.attacked import Attacked
from tests.attacks.decoding import DECODERS, Said


@pytest.mark.parametrize("decoder", DECODERS)
def test_what_a_decoder_tries_beside_its_work_fails(decoder: str, said_by: Callable[[str], Said]) -> None:
    said = said_by(decoder)
    allowed = {"list /", "list /usr", "list /dev", f"list {sys.prefix}"}  # programs and libraries
    allowed |= {f"list {Path(previews.__file__).parent}"}
    assert {name for name, how in said.items() if how == "done"} <= allowed
    assert {said[f"call {name}"] for name in attack.NUMBERS} == {"ENOSYS"}
    assert len(said) > 100


def test_the_attack_is_one(one: Attacked, tmp_path: Path) -> None:
    """Outside of a sandbox, in the same user's process, what it names is there and is reached."""
    (tmp_path / "file").write_text("of this test alone")
    ours = {"files": [str(tmp_path / "file")], "folders": [str(tmp_path)], "processes": [os.getpid()]}
    harmless = {**one.targets, **ours, "harmless": True, "inherited": 2, "memory": 2**30, "work": True}
    with subprocess.Popen(
        [one.program, json.dumps(harmless)], stdout=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.read())
    assert {name: how for name, how in said.items() if how != "done"} == {}


def test_the_service_found_its_sandbox_in_order(one: Attacked) -> None:
    seen = one.service.browser.get("/health", headers={"accept": "application/json"}).json()
    assert seen["sandbox"] == {"checked": True, "landlock": self_check.look().landlock, "well": True}
    assert seen["confinement"] == {"well": True}
