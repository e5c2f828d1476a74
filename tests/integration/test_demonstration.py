"""`amana demo` shows what it says it shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chain_of_custody.errors import NotProved
from chain_of_custody.verify import verify

pytestmark = pytest.mark.slow


def test_the_demonstration_goes_from_camera_to_court_and_catches_a_flipped_bit(tmp_path: Path) -> None:
    folder = tmp_path / "demonstration"
    done = subprocess.run(
        (sys.executable, "-m", "amana", "demo", "--seconds", "5", "--keep", str(folder)),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "INTACT" in done.stdout
    assert "NOT PROVED, step 8 (records)" in done.stdout
    (part,) = verify(folder / "court-folder").parts
    assert part.state == "complete"
    with pytest.raises(NotProved, match="not what was recorded"):
        verify(folder / "altered-copy")
