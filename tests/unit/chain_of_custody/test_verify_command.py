"""The verifier as a command: exit codes, one line, JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import _cffi_backend
import court_folders as made
import cryptography
import pytest
import rfc8785
from alterations import AT_3, HOME
from court_folders import Center

import chain_of_custody
from chain_of_custody.__main__ import main


def policy_file(center: Center, tmp_path: Path) -> str:
    path = tmp_path / "policy.txt"
    path.write_bytes(center.policy.data)
    return str(path)


def test_the_command_exits_with_0_when_intact_and_3_when_the_origin_is_unknown(
    honest: tuple[Center, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    center, folder = honest
    assert main(["verify", str(folder), "--policy", policy_file(center, tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("INTACT")
    assert main(["verify", str(folder)]) == 3
    assert capsys.readouterr().out.startswith("CONSISTENT, ORIGIN UNKNOWN")


def test_the_command_says_in_one_line_what_is_not_proved_and_what_that_means(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made.flip(folder / HOME / "wide-2.mp4", 700)
    assert main(["verify", str(folder)]) == 1
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out.startswith(f"NOT PROVED, step 8 (records), {HOME}/wide-2.mp4, record 15, {AT_3}: ")
    assert "Do not rely on it" in out


def test_a_folder_that_never_was_a_court_folder_is_called_that_and_a_stripped_one_is_not_proved(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(folder / "data")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("This is no court folder: ")
    assert said.count("\n") == 1
    (folder / "bagit.txt").unlink()
    assert main(["verify", str(folder)]) == 1


def test_the_command_gives_programs_the_same_as_json(
    honest: tuple[Center, Path], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(folder), "--json", "--policy", policy_file(honest[0], tmp_path)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["exit"], report["outcome"], report["policy"]["trial_keys"]) == (0, "intact", True)
    assert report["policy"]["fingerprint"] == honest[0].policy.fingerprint
    assert [one["position"] for one in report["statements"]] == list(range(7))
    (folder / "data/policy.txt").unlink()
    assert main(["verify", str(folder), "--json"]) == 1
    failure = json.loads(capsys.readouterr().out)
    assert (failure["step"], failure["name"], failure["where"]) == (1, "bag", "data/policy.txt")


def test_the_command_exits_with_2_when_wrongly_called(
    honest: tuple[Center, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tmp_path / "nowhere")]) == 2
    assert main(["verify", str(honest[1]), "--policy", str(tmp_path / "nowhere")]) == 2
    (tmp_path / "false").write_bytes(b"not a policy\n")
    assert main(["verify", str(honest[1]), "--policy", str(tmp_path / "false")]) == 2
    with pytest.raises(SystemExit) as exited:
        main([])
    assert exited.value.code == 2


def test_the_verifier_needs_python_and_two_packages_and_nothing_else(
    honest: tuple[Center, Path], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for package in (chain_of_custody, cryptography, rfc8785):
        assert package.__file__ is not None
        home = Path(package.__file__).parent
        (site / home.name).symlink_to(home, target_is_directory=True)
    binding = Path(_cffi_backend.__file__)  # cryptography's own dependency
    (site / binding.name).symlink_to(binding)
    program = (
        "import runpy, sys; sys.path.append(sys.argv.pop(1));"
        "runpy.run_module('chain_of_custody', run_name='__main__')"
    )
    # Isolated, and without site-packages: only the standard library and what is linked above.
    command = [sys.executable, "-I", "-S", "-c", program, str(site), "verify", str(honest[1])]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 3, run.stderr
    assert run.stdout.startswith("CONSISTENT")
