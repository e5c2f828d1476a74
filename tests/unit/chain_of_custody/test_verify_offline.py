"""The verifier is offline: it proves a package where there is no network at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chain_of_custody.package.sealed_file import seal_folder
from tests.support.packages.court_packages import Center
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.starts

WORDS = "legal winner thank year wave sausage worth useful"
INTERFACES = "import pathlib; print(*pathlib.Path('/proc/net/dev').read_text().split('\\n')[2:], sep='\\n')"
CONNECT = "import socket; socket.create_connection(('127.0.0.1', 9), timeout=5)"


@pytest.fixture(scope="module")
def nowhere() -> list[str]:
    """The beginning of a command that runs in a network namespace of its own, without any interface but a
    loopback that is down."""
    if shutil.which("unshare"):
        for command in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return command
    if os.environ.get("CI"):
        pytest.fail("this machine cannot make a network namespace, and being offline is not shown")
    pytest.skip("this machine cannot make a network namespace")


def run(nowhere: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*nowhere, sys.executable, "-P", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


def test_there_really_is_no_network(nowhere: list[str]) -> None:
    interfaces = [line.split(":")[0].strip() for line in run(nowhere, "-c", INTERFACES).stdout.splitlines()]
    assert [name for name in interfaces if name] == ["lo"]
    assert "Network is unreachable" in run(nowhere, "-c", CONNECT).stderr


def test_a_folder_is_proved_without_any_network(
    nowhere: list[str], honest: tuple[Center, Path], tmp_path: Path
) -> None:
    center, folder = honest
    policy = tmp_path / "policy.txt"
    policy.write_bytes(center.policy.data)
    ran = run(nowhere, "-m", "chain_of_custody", "verify", str(folder), "--policy", str(policy))
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1].startswith("INTACT")


def test_a_sealed_file_is_proved_without_any_network(
    nowhere: list[str], honest: tuple[Center, Path], tmp_path: Path
) -> None:
    package = seal_folder(honest[1], tmp_path / "testimony.amana", WORDS)
    words = tmp_path / "words.txt"
    words.write_text(WORDS)
    ran = run(
        nowhere, "-m", "chain_of_custody", "verify", str(package), "--passphrase-file", str(words), "--json"
    )
    assert ran.returncode == 3, ran.stderr
    assert '"outcome": "consistent"' in ran.stdout
