"""The commands that documents show. Those of docs/operations.md name in their block who runs them:

    ```sh machine    root, in a booted Debian with the package: tests/installed/test_package.py
    ```sh center     a small center, with peers: tests/integration/test_operations.py

Both run every block that is theirs, in the order of the document.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

DOCUMENTS = Path(__file__).parents[2] / "docs"
OPERATIONS = DOCUMENTS / "operations.md"
RUNNERS = {
    "machine": "tests/installed/test_package.py",
    "center": "tests/integration/test_operations.py",
}
_FENCED = re.compile(r"^```(.*?)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(document: Path) -> list[tuple[str, str]]:
    """The words behind the fence of each block, and its text."""
    return _FENCED.findall(document.read_text())


def blocks_for(runner: str) -> list[str]:
    """What this runner has to run."""
    return [text for words, text in blocks(OPERATIONS) if words == f"sh {runner}"]


def commands(text: str) -> list[str]:
    """The commands of a block, one a line: each with its continued lines and what is written into it."""
    found: list[str] = []
    end = ""
    for line in text.splitlines():
        if end or (found and found[-1].endswith("\\")):
            found[-1] += f"\n{line}"
        elif line and not line.startswith("#"):
            found.append(line)
        if here := re.search(r"<<'(\w+)'", line):
            end = here[1]
        elif line == end:
            end = ""
    return found


def amana_commands(text: str) -> Iterator[list[str]]:
    """The arguments of each `amana …` of a block, also in the middle of a line."""
    for line in commands(text):
        lexer = shlex.shlex(line.replace("\\\n", " ").split("\n")[0], posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        command: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set(";&|<>()"):
                if command[:1] == ["amana"]:
                    yield command[1:]
                command = []
            else:
                command.append(word)


def inline_commands(document: Path) -> list[list[str]]:
    """The arguments of each `amana …` in a sentence."""
    text = _FENCED.sub("", document.read_text())
    return [words.split() for words in re.findall(r"`amana\s([^`]+)`", text)]
