"""`amana protocols`: what is in force, what is wrong with it, and something to begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from amana.cli import main


def test_it_shows_what_is_in_force_and_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["protocols", "--data", str(tmp_path)]) == 0
    assert "From Amana itself" in capsys.readouterr().out

    assert main(["protocols", "--file", "--data", str(tmp_path)]) == 0
    own = capsys.readouterr().out
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "protocols.txt").write_text(own)
    assert main(["protocols", "--data", str(tmp_path)]) == 0
    assert str(tmp_path) in capsys.readouterr().out

    (tmp_path / "rules" / "protocols.txt").write_text(own + "later  x  A | ب\n")
    assert main(["protocols", "--data", str(tmp_path)]) == 2
    assert "line" in capsys.readouterr().err
