"""`amana forms`: what is in force, what is wrong with a folder, and something to begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from amana.cli import main


def test_it_shows_what_is_in_force_and_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forms = tmp_path / "rules" / "forms"
    assert main(["forms", "list", "--data", str(tmp_path)]) == 0
    assert "adult-examination, version 1" in capsys.readouterr().out

    assert main(["forms", "show", "adult-examination"]) == 0
    own = capsys.readouterr().out.replace("version = 1", "version = 2", 1)
    forms.mkdir(parents=True)
    (forms / "adult-examination.toml").write_text(own, "utf-8")
    assert main(["forms", "check", str(forms)]) == 0
    assert "adult-examination, version 2" in capsys.readouterr().out
    assert main(["forms", "list", "--data", str(tmp_path)]) == 0
    assert "adult-examination, version 2" in capsys.readouterr().out

    (forms / "adult-examination.toml").write_text(own.replace('kind = "text"', 'kind = "line"', 1), "utf-8")
    assert main(["forms", "check", str(forms)]) == 2
    assert "adult-examination.toml: form sections 1 fields 2 kind" in capsys.readouterr().err


def test_an_empty_folder_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forms", "check", str(tmp_path)]) == 2
    assert "no file ends with .toml" in capsys.readouterr().err
    assert main(["forms", "check", str(tmp_path / "absent")]) == 2
