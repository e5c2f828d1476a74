"""docs/security-findings.md names tests that exist, and none of the findings is without one."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security-findings.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


@cache
def functions(file: str) -> set[str]:
    """The names of its tests; of a file that is not there, none."""
    path = ROOT / file
    nodes = ast.parse(path.read_text()).body if path.exists() else []
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_test_that_the_page_names_is_there() -> None:
    assert len(NAMED) > 30
    assert [f"{file}::{name}" for file, name in NAMED if name not in functions(file)] == []


def test_each_finding_has_a_test() -> None:
    rows = re.findall(r"^\| (\d+) \|(.*)$", PAGE, re.MULTILINE)
    assert {int(number) for number, _ in rows} == set(range(1, 12))
    assert [number for number, row in rows if "::test_" not in row] == []
