"""What the Debian package has for the command line: manual pages, and completion in a real shell."""

from __future__ import annotations

import argparse
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from amana.cli import COMMANDS, command_parser

pytestmark = pytest.mark.starts

SCRIPT = Path(__file__).parents[3] / "deploy" / "debian" / "command_line.py"


def written(root: Path) -> Path:
    """Its files below `/usr/share`, of one date."""
    environ = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    subprocess.run([sys.executable, str(SCRIPT), str(root)], env=environ, check=True)
    return root / "usr" / "share"


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("written"))


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """This one, and those of all subcommands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from parsers(one)


def rendered(page: Path) -> str:
    """The page as a reader sees it, without line breaks; a warning about it fails."""
    man = shutil.which("man")
    if man is None:
        pytest.skip("man is not installed (Debian: man-db)")
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "120", "MAN_KEEP_FORMATTING": ""}
    done = subprocess.run([man, "--warnings", "-l", str(page)], env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return " ".join(done.stdout.split())


def test_each_command_has_a_page_that_names_whatever_its_help_does(share: Path) -> None:
    pages = share / "man" / "man1"
    assert {path.name for path in pages.iterdir()} == {"amana.1", *(f"amana-{name}.1" for name in COMMANDS)}
    overview = rendered(pages / "amana.1")
    for one in command_parser()._subparsers._group_actions[0].choices.values():  # type: ignore[union-attr]
        name = one.prog.removeprefix("amana ")
        assert f"amana-{name}(1) {COMMANDS[name][1]}" in overview
        page = rendered(pages / f"amana-{name}.1")
        for parser in parsers(one):
            usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
            assert usage.endswith("...") or usage in page
            for action in parser._actions:
                if action.help and action.help != argparse.SUPPRESS:
                    assert " ".join((action.help % {"default": action.default}).split()) in page


def test_a_page_has_the_sections_that_readers_of_manuals_expect(share: Path) -> None:
    for path in (share / "man" / "man1").iterdir():
        page = path.read_text()
        found = [name for name in re.findall(r"^\.SH (.*)$", page, re.MULTILINE) if name != "COMMANDS"]
        assert found == ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "FILES", "SEE ALSO"]
        assert re.match(r'\.TH AMANA\S* 1 2023-11-14 "Amana \d', page)


def test_the_same_files_are_written_again(share: Path, tmp_path: Path) -> None:
    again = written(tmp_path)
    files = [path.relative_to(share) for path in share.rglob("*") if path.is_file()]
    assert len(files) == len(COMMANDS) + 3
    assert [(again / path).read_bytes() for path in files] == [(share / path).read_bytes() for path in files]


def test_a_shell_completes_commands_options_choices_and_folders(share: Path, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies.txt").touch()
    lines = ["amana keys unl\t", "amana exp\t--pur\t", "amana make-copy sec\t", "amana serve --data cop\t"]
    said = typed(["source " + str(share / "bash-completion/completions/amana"), *lines], tmp_path)
    completed = ["keys unlock", "export --purpose", "make-copy second-", "serve --data copies/"]
    assert re.findall(r"<(.*)>", said) == completed


def typed(lines: list[str], folder: Path) -> str:
    """What an interactive bash prints for these lines; `amana` prints its arguments in angle brackets."""
    terminal, end = pty.openpty()
    bash = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "TERM": "dumb"},
        stdin=end,
        stdout=subprocess.PIPE,
        stderr=end,
        text=True,
        start_new_session=True,
    )
    os.close(end)
    with bash, os.fdopen(terminal, "r+b", buffering=0) as keyboard:
        for line in ['amana() { echo "<$*>"; }', *lines, "exit"]:
            keyboard.write(line.encode() + b"\n")
        said, _ = bash.communicate(timeout=60)
    return said
