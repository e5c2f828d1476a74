"""One bare Debian for all tests here, and the package of this commit."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installed.machine import Machine

HOUSE = Path(__file__).parents[2]
AT = "http://localhost:8420"


@pytest.fixture(scope="session")
def package() -> Path:
    """The package of this commit."""
    built = subprocess.run(["make", "-s", "deb"], cwd=HOUSE, check=True, stdout=subprocess.PIPE, text=True)
    return Path(built.stdout.split()[-1])


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    root = Path("/var/tmp/amana-test-machine")
    shutil.rmtree(root, ignore_errors=True)
    machine = Machine(root)
    try:
        machine.install()
        machine.boot()
        yield machine
    finally:
        machine.switch_off()
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def link(machine: Machine, package: Path) -> str:
    """The first link, as the installation prints it; nothing is answered."""
    shutil.copy(package, machine.root / "root")
    machine.run("apt-get", "update", "-q")
    said = machine.run("apt-get", "install", "-y", "--no-install-recommends", f"/root/{package.name}")
    assert f"Amana answers at  {AT}" in said
    assert "Warning" not in said
    return str(re.findall(r"\S+/sign-in#\S+", said)[0])
