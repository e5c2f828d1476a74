"""`amana nodes`: what the terminal says about the machines of the center."""

from __future__ import annotations

from dataclasses import replace

import pytest

from amana.cli import main
from amana.settings import Settings
from casework import nodes
from casework.center import Center


def test_machines_are_listed_with_the_one_that_does_the_work_of_all_and_retired(
    center: Center, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(settings.data)]
    other = replace(center, node="b", recorder="b" * 64)
    nodes.register(center, "http://10.0.0.1:8420")
    nodes.register(other, "http://10.0.0.2:8420")
    assert nodes.take_lease(other, nodes.CENTER_WIDE, []) == 1
    assert main(["nodes", "list", *data]) == 0
    here, there = capsys.readouterr().out.splitlines()
    assert (here.split()[0], there.split()[0]) == (settings.node, "b")
    assert here.endswith("this machine")
    assert there.endswith("does the work of all")
    assert main(["nodes", "retire", "b", *data]) == 0
    assert "Nobody waits for machine b" in capsys.readouterr().out
    assert main(["nodes", "retire", settings.node, *data]) == 2
    assert "the machine itself" in capsys.readouterr().err
