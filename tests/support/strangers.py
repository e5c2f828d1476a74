"""Programs in which nothing of Amana's is: Go's own readers of notes and logs, in `tests/strangers`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE

HERE = Path(__file__).resolve()
SOURCES = HERE.parents[1] / "strangers"
BUILD = HERE.parents[2] / "build"
GOPATH = Path("/usr/share/gocode")


def unavailable(what: str) -> None:
    """Skip the test; fail it in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} must be there in CI (tests/system-packages.txt)")
    pytest.skip(f"{what} is not installed (tests/system-packages.txt)")


def go_program(name: str, folder: Path) -> Path:
    """Build `tests/strangers/NAME` with Debian's packages of Go into this folder."""
    if shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod/sumdb").is_dir():
        unavailable("Go, with golang-golang-x-mod-dev")
    # Go compiles what it needs of its standard library the first time: less without C and optimisations.
    plain = ("-gcflags", "all=-N -l")
    built = subprocess.run(
        ["go", "build", *plain, "-o", str(folder / name), str(SOURCES / name / "main.go")],
        env={
            "PATH": os.environ["PATH"],
            "CGO_ENABLED": "0",
            "GO111MODULE": "off",
            "GOPATH": str(GOPATH),
            "GOCACHE": str(BUILD / "go"),
            "HOME": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert built.returncode == 0, built.stderr
    return folder / name
