"""What a hostile package can cost the verifier, or make of it: bounded, and nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chain_of_custody.__main__ import main
from chain_of_custody.package import reader
from chain_of_custody.package.readme import README
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import refusal
from tests.support.packages.court_packages import Center


def test_the_small_files_of_a_folder_are_bounded_together(
    honest: tuple[Center, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_SMALL_FILES", 20_000)
    error = refusal(honest[1])
    assert (error.step, error.reason) == ("2 bag", "the files beside the films have more than 20000 bytes")


def test_folders_are_counted_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chain_of_custody.encoding.file_source.MAX_FILES", 40)
    for number in range(40):
        (folder / f"data/empty-{number}").mkdir()
    assert refusal(folder).reason == "more than 40 files and folders"


def test_the_folder_s_own_policy_is_not_one_that_was_registered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, forged = made.honest_package(tmp_path / "forged", Center(seed=50))
    (tmp_path / "elsewhere.txt").symlink_to(forged / "data/policy.txt")
    monkeypatch.chdir(forged)
    for policy in (str(forged / "data/policy.txt"), "data/policy.txt", str(tmp_path / "elsewhere.txt")):
        assert main(["verify", ".", "--policy", policy]) == 2
        said = capsys.readouterr()
        assert (said.out, "came with the package" in said.err) == ("", True)


def test_nor_is_it_under_another_spelling_of_the_folder_s_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where upper and lower case are one, a folder has many names, and `resolve` does not make them one."""
    _, forged = made.honest_package(tmp_path / "forged", Center(seed=50))
    (tmp_path / "FORGED").symlink_to(forged)
    monkeypatch.setattr(Path, "resolve", Path.absolute)
    assert main(["verify", str(forged), "--policy", str(tmp_path / "FORGED/data/policy.txt")]) == 2
    assert "came with the package" in capsys.readouterr().err


@pytest.mark.starts
def test_the_command_on_the_sheet_runs_nothing_that_lies_in_the_folder(folder: Path, tmp_path: Path) -> None:
    """`python -m` looks for modules where it is started first; a court may start it in the folder."""
    (folder / "rfc8785.py").write_text("print('INTACT')\nraise SystemExit(0)\n")
    commands = [line.strip() for line in README.splitlines() if "-m chain_of_custody" in line]
    assert len(commands) == 2
    for command in commands:
        words = command.replace("FOLDER", str(folder)).replace(" --policy POLICY", "").split()
        run = subprocess.run(
            [sys.executable, *words[1:]], cwd=folder, capture_output=True, text=True, check=False
        )
        assert (run.returncode, "INTACT" in run.stdout) == (1, False), run.stdout + run.stderr
