"""Every command in a document exists, and a test runs every one of docs/operations.md."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from amana import cli
from tests.support.documented_commands import (
    DOCUMENTS,
    OPERATIONS,
    RUNNERS,
    amana_commands,
    blocks,
    blocks_for,
    inline_commands,
)

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted(DOCUMENTS.glob("*.md"))]
LONGEST = 500
"""Lines of docs/operations.md are fewer."""

ELSEWHERE = {
    "keys ceremony": "tests/unit/amana/test_escrow_commands.py",
    "keys recover": "tests/unit/amana/test_escrow_commands.py",
    "keys accept-ledger": "tests/integration/test_service.py",
    "nodes retire": "tests/unit/amana/test_nodes_command.py",
    "recorders revoke": "tests/unit/amana/test_recorders_command.py",
}
"""Commands that stand in a sentence of docs/operations.md and in no block of it, and who runs them."""


def said(*arguments: str) -> str:
    """What reading these arguments prints; nothing, if the command line takes them."""
    with io.StringIO() as out, contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        with contextlib.suppress(SystemExit):
            cli.command_parser(arguments[:1]).parse_args(arguments)
        return out.getvalue()


def takes(arguments: list[str]) -> bool:
    """Whether these are arguments of a command, or its beginning; `…` stands for what a reader adds."""
    if arguments[0] == "verify":
        return True  # the court's verifier reads its own
    refused = said(*(word for word in arguments if word != "…"))
    return not refused or "required: " in refused


def name(arguments: list[str]) -> str:
    """The command without its arguments: `keys protect`, `status`."""
    group = f"amana {arguments[0]} [-h] COMMAND" in said(arguments[0], "--help")
    return " ".join(arguments[: 2 if group else 1])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_command_line_takes_every_command_that_is_shown(page: Path) -> None:
    shown = [one for words, text in blocks(page) if words.startswith("sh") for one in amana_commands(text)]
    for arguments in [*shown, *inline_commands(page)]:
        if arguments[0] != "…":
            assert takes(arguments), (" ".join(arguments), said(*arguments))


@pytest.mark.parametrize("wrong", ["nothing", "scrub --copies", "keys protects", "make-copy third-copy"])
def test_a_wrong_command_is_noticed(wrong: str) -> None:
    assert not takes(wrong.split())


def test_operations_is_short() -> None:
    assert len(OPERATIONS.read_text().splitlines()) < LONGEST


def test_each_block_of_operations_is_run_by_a_test() -> None:
    assert {words for words, _ in blocks(OPERATIONS)} == {f"sh {runner}" for runner in RUNNERS}
    for runner, file in RUNNERS.items():
        assert f'blocks_for("{runner}")' in (ROOT / file).read_text()


def test_commands_in_sentences_of_operations_are_run_too() -> None:
    run = {name(one) for runner in RUNNERS for text in blocks_for(runner) for one in amana_commands(text)}
    spoken = {name(one) for one in inline_commands(OPERATIONS) if one[0] not in ("…", "verify")}
    assert spoken - run == ELSEWHERE.keys()
    for command, file in ELSEWHERE.items():
        assert f'"{command.split()[-1]}"' in (ROOT / file).read_text(), command
