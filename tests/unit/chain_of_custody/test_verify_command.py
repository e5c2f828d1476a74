"""The verifier as a command: what it says, exit codes, JSON, sealed packages, hostile folders."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import _cffi_backend
import cryptography
import pytest
import rfc8785

import chain_of_custody
from chain_of_custody.__main__ import main
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.package.sealed_file import SealedSource, SealHeader, write_sealed
from chain_of_custody.report import console
from chain_of_custody.report.messages import FINDINGS, NOT_PROVED, PROVED, SINGULAR, remark
from chain_of_custody.verify import STEPS
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import AT_3, HOME
from tests.support.packages.court_packages import Center, Recording

WORDS = "legal winner thank year wave sausage worth useful"


def policy_file(center: Center, tmp_path: Path) -> str:
    path = tmp_path / "policy.txt"
    path.write_bytes(center.policy.data)
    return str(path)


def sealed(folder: Path, to: Path) -> str:
    """The folder, sealed with few rounds, for haste."""
    with to.open("xb") as out:
        write_sealed(FolderSource(folder), out, WORDS, SealHeader(bytes(16), 100_000), bytes(24))
    return str(to)


def words_file(tmp_path: Path, words: str = WORDS) -> str:
    path = tmp_path / "words.txt"
    path.write_text(words)
    return str(path)


def program(*arguments: str, isolated: bool = True) -> list[str]:
    return [sys.executable, *(["-P"] if isolated else []), "-m", "chain_of_custody", *arguments]


def test_it_exits_with_0_when_intact_and_3_when_the_origin_is_unknown(
    honest: tuple[Center, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    center, folder = honest
    assert main(["verify", str(folder), "--policy", policy_file(center, tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("INTACT")
    assert main(["verify", str(folder)]) == 3
    assert capsys.readouterr().out.splitlines()[-1].startswith("CONSISTENT, ORIGIN UNKNOWN")


def test_it_says_each_step_as_it_passes_and_the_report_and_the_verdict(
    honest: tuple[Center, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["verify", str(honest[1])])
    said, errors = capsys.readouterr()
    steps, report = said.split("\n\n", maxsplit=1)
    assert re.findall(r"^OK  ([ \d]\d) ([a-z]+): .", steps, re.MULTILINE) == [
        (f"{number:2}", name) for number, name in enumerate(STEPS, start=1)
    ]
    assert report.startswith("CONSISTENT, ORIGIN UNKNOWN")
    assert not errors


def test_every_step_has_words_for_passing_and_for_failing() -> None:
    assert tuple(console.PASSED) == tuple(console.MEANINGS) == STEPS


def test_it_says_in_one_line_what_is_not_proved_and_what_that_means(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made.flip(folder / HOME / "wide-2.mp4", 700)
    assert main(["verify", str(folder)]) == 1
    *passed, last = capsys.readouterr().out.splitlines()
    assert len(passed) == 11
    assert all(line.startswith("OK  ") for line in passed)
    assert last.startswith(f"NOT PROVED, step 12 (records), {HOME}/wide-2.mp4, record 15, {AT_3}: ")
    assert "Do not rely on it" in last


def test_what_never_was_a_package_is_called_that_and_a_stripped_one_is_not_proved(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(folder / "data")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("This is no court package: ")
    assert said.count("\n") == 1
    (folder / "bagit.txt").unlink()
    assert main(["verify", str(folder)]) == 1


def test_it_gives_programs_the_same_as_json(
    honest: tuple[Center, Path], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(folder), "--json", "--policy", policy_file(honest[0], tmp_path)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["v"], report["exit"], report["outcome"]) == (2, 0, "intact")
    assert report["policy"]["fingerprint"] == honest[0].policy.fingerprint
    (folder / "data/policy.txt").unlink()
    assert main(["verify", str(folder), "--json"]) == 1
    failure = json.loads(capsys.readouterr().out)
    assert (failure["v"], failure["exit"], failure["outcome"]) == (2, 1, "not proved")
    step = failure["step"]
    assert (step["number"], step["name"], step["kind"]) == (2, "bag", "Incomplete")
    assert (step["where"], step["meaning"]) == ("data/policy.txt", console.MEANINGS["bag"])


def test_it_exits_with_2_when_wrongly_called(
    honest: tuple[Center, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tmp_path / "nowhere")]) == 2
    assert main(["verify", str(honest[1]), "--policy", str(tmp_path / "nowhere")]) == 2
    (tmp_path / "false").write_bytes(b"not a policy\n")
    assert main(["verify", str(honest[1]), "--policy", str(tmp_path / "false")]) == 2
    with pytest.raises(SystemExit) as exited:
        main([])
    assert exited.value.code == 2


def test_a_policy_that_came_with_the_package_is_no_registered_one(
    honest: tuple[Center, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(honest[1]), "--policy", str(honest[1] / "data/policy.txt")]) == 2
    assert "it came with the package" in capsys.readouterr().err


def test_what_is_no_package_is_said_before_its_policy_is_looked_at(
    honest: tuple[Center, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tmp_path), "--policy", policy_file(honest[0], tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("This is no court package: ")


def test_a_sealed_package_is_proved_as_its_folder_is(
    honest: tuple[Center, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = ["--policy", policy_file(honest[0], tmp_path)]
    assert main(["verify", str(honest[1]), *policy]) == 0
    of_folder = capsys.readouterr().out
    package = sealed(honest[1], tmp_path / "testimony.amana")
    assert main(["verify", package, *policy, "--passphrase-file", words_file(tmp_path)]) == 0
    assert capsys.readouterr().out == of_folder


def test_a_wrong_passphrase_is_step_1_and_says_where_to_look(
    honest: tuple[Center, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = sealed(honest[1], tmp_path / "testimony.amana")
    words = words_file(tmp_path, WORDS.replace("thank", "than"))
    assert main(["verify", package, "--passphrase-file", words]) == 1
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("NOT PROVED, step 1 (opening), testimony.amana: this is not the passphrase")


def test_a_sealed_file_that_was_altered_in_a_film_is_named_by_the_time_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    center, recording = Center(), Recording()
    made.begin(center, recording)
    recording.add("media", bytes(100_000), 1, 5 * made.SECOND, made.SECOND)
    center.seal(recording)
    folder = center.export(tmp_path / "package", [recording], viewing_copies=False)
    package = Path(sealed(folder, tmp_path / "testimony.amana"))
    place = SealedSource(package, WORDS)._index[f"{HOME}/wide-2.mp4"]
    chunk = (place.offset + place.size - 50_000) // 16384
    content = bytearray(package.read_bytes())
    at = len(SealHeader(bytes(16), 100_000).canonical()) + 56 + 16400 * chunk
    content[at + 5] ^= 1
    package.write_bytes(content)
    assert main(["verify", str(package), "--passphrase-file", words_file(tmp_path)]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"NOT PROVED, step 12 (records), {HOME}/wide-2.mp4, record ")
    assert "at 00:00:05 of part 1" in last
    assert f"the sealed file was altered between its bytes {at} and {at + 16400}" in last


def given(monkeypatch: pytest.MonkeyPatch, text: str = "") -> None:
    """Make `text` the command's input, which is no terminal."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_without_a_terminal_a_sealed_package_needs_a_passphrase_file(
    honest: tuple[Center, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(monkeypatch)
    assert main(["verify", sealed(honest[1], tmp_path / "testimony.amana")]) == 2
    assert "--passphrase-file" in capsys.readouterr().err.splitlines()[-1]


def test_the_passphrase_can_come_from_the_input(
    honest: tuple[Center, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, WORDS + "\n")
    assert main(["verify", sealed(honest[1], tmp_path / "x.amana"), "--passphrase-file", "-"]) == 3


def on_terminal(command: Sequence[str], answers: Sequence[str]) -> tuple[int, str]:
    """Exit code and all that a terminal shows; each answer is given to one question."""
    process, terminal = pty.fork()
    if process == 0:
        os.execv(command[0], command)
    shown = b""
    waiting = list(answers)
    while True:
        try:
            more = os.read(terminal, 4096)
        except OSError:  # what Linux says when nobody is left at the other end
            break
        if not more:
            break
        shown += more
        if waiting and shown.count(b"Passphrase (") > len(answers) - len(waiting):
            os.write(terminal, waiting.pop(0).encode() + b"\n")
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    os.close(terminal)
    return code, shown.decode()


@pytest.mark.starts
def test_a_terminal_is_asked_again_and_sees_how_far_it_is(
    honest: tuple[Center, Path], tmp_path: Path
) -> None:
    package = sealed(honest[1], tmp_path / "testimony.amana")
    code, shown = on_terminal(program("verify", package), ["wrong words", WORDS.title()])
    assert code == 3, shown
    assert shown.count("This is not the passphrase of this package") == 1
    assert "% of the films" in shown
    assert WORDS.title() not in shown
    assert shown.splitlines()[-1].startswith("CONSISTENT, ORIGIN UNKNOWN")


@pytest.mark.starts
def test_after_three_wrong_passphrases_it_ends(honest: tuple[Center, Path], tmp_path: Path) -> None:
    package = sealed(honest[1], tmp_path / "testimony.amana")
    code, shown = on_terminal(program("verify", package), ["one", "two", "three"])
    assert code == 1
    assert shown.count("Passphrase (") == 3
    assert "step 1 (opening)" in shown.splitlines()[-1]


def test_without_a_terminal_there_is_no_progress_line(
    honest: tuple[Center, Path], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["verify", str(honest[1])]) == 3
    shown = capfdbinary.readouterr()
    assert b"\r" not in shown.out + shown.err
    assert b"\x1b" not in shown.out + shown.err


@pytest.mark.starts
def test_somebody_who_listens_no_longer_changes_no_exit_code(honest: tuple[Center, Path]) -> None:
    command = program("verify", str(honest[1]))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait() == 3
    assert errors == b""


@pytest.mark.starts
@pytest.mark.parametrize("how", [[], ["--json"]])
def test_an_answer_that_cannot_be_written_is_no_answer_about_the_package(
    honest: tuple[Center, Path], how: list[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            program("verify", str(honest[1]), *how),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (run.returncode, run.stderr) == (2, "The answer cannot be written: No space left on device.\n")


@pytest.mark.starts
def test_where_only_the_remarks_beside_it_cannot_be_written_the_answer_is_given(
    honest: tuple[Center, Path],
) -> None:
    with Path("/dev/full").open("w") as full:
        command = program("verify", str(honest[1] / "nowhere"))
        assert subprocess.run(command, stderr=full, check=False).returncode == 2


@pytest.mark.starts
def test_interrupted_while_it_is_loaded_it_says_so_without_a_traceback(tmp_path: Path) -> None:
    """A module that it loads waits for the interrupt, so that it comes neither too early nor too late."""
    (tmp_path / "rfc8785.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n"
    )
    run = subprocess.run(
        ["env", "--default-signal=INT", *program("verify", "x")],  # whatever the tests themselves ignore
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path.cwd())])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (1, "Interrupted: nothing is proved.\n")


@pytest.mark.parametrize("words", ["", " \n", "\ufeff\n"])
def test_an_empty_passphrase_is_wrongly_called(
    honest: tuple[Center, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    package = sealed(honest[1], tmp_path / "testimony.amana")
    assert main(["verify", package, "--passphrase-file", words_file(tmp_path, words)]) == 2
    assert capsys.readouterr().err == "The passphrase (nine words) is empty.\n"


def test_a_name_in_the_package_commands_no_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data/\x1b[2J").write_bytes(b"")
    assert main(["verify", str(folder)]) == 1
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.starts
@pytest.mark.parametrize("isolated", [True, False])
def test_nothing_in_the_folder_it_is_called_from_becomes_part_of_it(
    folder: Path, tmp_path: Path, isolated: bool
) -> None:
    for name in ("json", "argparse", "pathlib", "re", "rfc8785", "cryptography", "hashlib", "sitecustomize"):
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').write(__file__)\n")
    run = subprocess.run(
        program("verify", str(folder), isolated=isolated),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()
    assert run.returncode == 1
    assert "there is a file that nobody listed" in run.stdout


@pytest.mark.starts
def test_it_needs_python_and_two_packages_and_nothing_else(
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
    code = (
        "import runpy, sys; sys.path.append(sys.argv.pop(1));"
        "runpy.run_module('chain_of_custody', run_name='__main__')"
    )
    package_file = sealed(honest[1], tmp_path / "testimony.amana")
    # Isolated, and without site-packages: only the standard library and what is linked above.
    command = [sys.executable, "-I", "-S", "-c", code, str(site), "verify", package_file]
    run = subprocess.run(
        [*command, "--passphrase-file", words_file(tmp_path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 3, run.stderr


@pytest.mark.parametrize("content", [b"<!doctype html><title>Verify</title>", b"%PDF-1.7\n", b"amana/v2\n"])
def test_what_is_no_package_is_said_before_anybody_is_asked_for_a_passphrase(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _: pytest.fail("it asked for a passphrase"))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    (tmp_path / "verify.html").write_bytes(content)
    assert main(["verify", str(tmp_path / "verify.html")]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("This is no court package: ")
    assert not said.out


@pytest.mark.parametrize("content", [b"", b"amana/pack"])
def test_a_file_that_was_broken_off_in_its_first_line_is_not_proved_and_needs_no_passphrase(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _: pytest.fail("it asked for a passphrase"))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    (tmp_path / "testimony.amana").write_bytes(content)
    assert main(["verify", str(tmp_path / "testimony.amana")]) == 1
    assert capsys.readouterr().out.startswith("NOT PROVED, step 1 (opening)")


def test_a_path_that_is_not_what_is_meant_is_said_in_a_sentence(
    honest: tuple[Center, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = sealed(honest[1], tmp_path / "testimony.amana")
    nowhere, words = str(tmp_path / "nowhere"), words_file(tmp_path)
    for arguments, said in (
        ([nowhere], "there is no "),
        ([words + "/x"], "is inside something that is not a folder"),
        ([str(honest[1]), "--policy", nowhere], "there is no "),
        ([str(honest[1]), "--policy", str(tmp_path)], "is a folder, and a file is meant"),
        ([package, "--passphrase-file", nowhere], "nine words) cannot be read: there is no "),
        ([package, "--passphrase-file", str(tmp_path)], "is a folder, and a file is meant"),
    ):
        assert main(["verify", *arguments]) == 2, arguments
        error = capsys.readouterr().err
        assert said in error
        assert "Errno" not in error


def test_what_is_no_policy_is_called_that(
    honest: tuple[Center, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for content in (b"not a policy\n", b"%PDF-1.7\n\xff", b""):
        (tmp_path / "false").write_bytes(content)
        assert main(["verify", str(honest[1]), "--policy", str(tmp_path / "false")]) == 2
        assert capsys.readouterr().err.startswith(f"This is not a policy file: {tmp_path / 'false'} (")


def test_one_of_something_is_said_in_the_singular() -> None:
    assert remark("viewing", count=1).sentence.startswith("The 1 viewing copy consists")
    assert remark("viewing", count=2).sentence.startswith("The 2 viewing copies consist")
    for code in SINGULAR:
        one, many = (remark(code, count=count, position=7) for count in (1, 2))
        assert "1 statements" not in one.sentence
        assert one.sentence != many.sentence.replace("2", "1")
        assert one.as_json()["values"] == {"count": 1, "position": 7}
    counted = {code for code, said in {**PROVED, **FINDINGS, **NOT_PROVED}.items() if "{count}" in said}
    assert counted == set(SINGULAR)
