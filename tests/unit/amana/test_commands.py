"""The commands of `amana`: each is found by its name, and says what it takes."""

from __future__ import annotations

import re

import pytest

from amana.cli import COMMANDS, main


@pytest.mark.parametrize(
    "name",
    # The library of the simulated room looks for others by a program, as it is imported.
    [pytest.param(name, marks=pytest.mark.starts if name == "demo" else ()) for name in COMMANDS],
)
def test_each_command_of_the_list_is_there_and_describes_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: amana {name}" in capsys.readouterr().out


def test_the_help_lists_them_all_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert re.findall(r"^    (\S+)", capsys.readouterr().out, re.MULTILINE) == list(COMMANDS)
