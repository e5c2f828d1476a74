"""What each process loads that has to do without the rest: folders of ours, and distributions of others."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
CUSTODY = "encoding errors items statements tlog"
CHILD = {"casework.sandbox"}


def within(package: str, names: str) -> set[str]:
    return {f"{package}.{name}" for name in names.split()}


LOADED = {
    "recorder.__main__": within(
        "recorder", "camera clock config errors interview rtp track_sink tracks webrtc"
    )
    | within("casework", "clock errors recording sandbox sealing")
    | within("chain_of_custody", CUSTODY)
    | within("vault", "disk errors sealing spool"),
    "chain_of_custody.__main__": within(
        "chain_of_custody", f"{CUSTODY} package report timestamping trust verifier verify"
    ),
    "casework.sandbox.entry": CHILD,
    "casework.sandbox.starter": CHILD,
    "casework.sandbox.previews_child": CHILD,
    "casework.comparison_sheets.renderer_child": CHILD | {"casework.comparison_sheets"},
    "casework.redaction.face_detection_child": {"casework.redaction"},
    "player.package.content_credentials_child": CHILD | {"player.package"},
}
"""Entry point → folders, or modules beside them, that it loads."""
OTHERS = {
    "recorder.__main__": {"aioice", "aiortc", "av", "cryptography", "pylibsrtp", "rfc8785", "uvloop"},
    "chain_of_custody.__main__": {"cryptography", "rfc8785"},
}
"""… and the packages of others that it imports itself. The children load none before they are confined."""
NEVER = {"fastapi", "httpx", "jinja2", "sqlalchemy", "starlette", "uvicorn"}


def loaded(what: str) -> set[str]:
    """Names of the modules that a new process imports for this."""
    command = [sys.executable, "-X", "importtime", "-c", what]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    return {name.strip() for name in re.findall(r"^import time:.*\|([^|]+)$", said, re.MULTILINE)}


@pytest.mark.starts
@pytest.mark.parametrize("entry", LOADED)
def test_it_loads_what_its_contract_allows(entry: str) -> None:
    names = loaded(f"import {entry}") - loaded("")
    ours = {name for name in names if name.split(".")[0] in PACKAGES}
    assert {".".join(name.split(".")[:2]) for name in ours if "." in name} - {entry} == LOADED[entry]
    others = {name.split(".")[0] for name in names} - {*PACKAGES}
    assert OTHERS.get(entry, set()) <= others
    assert others.isdisjoint(NEVER)
    if entry.endswith(("_child", ".entry")):
        assert others <= sys.stdlib_module_names


@pytest.mark.starts
@pytest.mark.parametrize("arguments", ["--help", "verify --help", "serve --help", "keys --help"])
def test_no_command_but_the_given_one_is_imported(arguments: str) -> None:
    """What the database and the pages load would be loaded for each command at the terminal."""
    names = loaded(f"from amana.cli import main; main({arguments.split()})")
    assert {name.split(".")[0] for name in names}.isdisjoint({"aiortc", "fastapi", "sqlalchemy"})
    commands = {name for name in names if name.startswith("amana.commands.")} - {"amana.commands.parser"}
    given = arguments.split()[0]
    assert all(name.startswith(f"amana.commands.{given}") for name in commands)
