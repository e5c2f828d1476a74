"""Nothing in clear outlives its maker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from casework.sandbox.scratch_folders import clear

pytestmark = pytest.mark.starts


def test_what_a_killed_maker_left_in_clear_is_removed_and_what_is_being_made_is_not(tmp_path: Path) -> None:
    (tmp_path / "package-left" / "testimony").mkdir(parents=True)
    (tmp_path / "orders").mkdir()
    maker = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, pathlib\nfrom casework.sandbox.scratch_folders import scratch_folder as made\n"
            "with made(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()",
            tmp_path,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert maker.stdout is not None and maker.stdout.readline() == b"held\n"
    clear(tmp_path)
    assert not (tmp_path / "package-left").exists()
    assert len(list(tmp_path.glob("package-*"))) == 1
    maker.kill()
    maker.wait()
    clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["orders"]
