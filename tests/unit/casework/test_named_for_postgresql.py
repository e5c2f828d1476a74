"""The list of tests that run on PostgreSQL names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path


def test_each_line_names_a_test() -> None:
    here = Path(__file__).parent
    lines = (here / "on_postgresql.txt").read_text("utf-8").splitlines()[1:]
    assert lines == sorted(set(lines))
    for line in lines:
        module, name = line.split("::")
        assert re.search(
            rf"^(async )?def {name}\(", next(here.rglob(module)).read_text("utf-8"), re.MULTILINE
        ), line
