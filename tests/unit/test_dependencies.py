"""What is declared, pinned, imported and described as a dependency is the same."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES: list[str] = PROJECT["tool"]["importlinter"]["root_packages"]
USED_BY_OTHERS = {"python-multipart"}
"""Declared since another dependency takes it only where it is there: forms, by FastAPI."""


def name_of(requirement: str) -> str:
    """As PEP 503 normalises it."""
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def pinned(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def imported() -> Iterator[str]:
    """Every distribution that the product imports, on the way in or inside of a function."""
    of = packages_distributions()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                for top in {name.split(".")[0] for name in names} - sys.stdlib_module_names - {*PACKAGES}:
                    yield name_of(of[top][0])


def closure(names: set[str]) -> set[str]:
    """These distributions and, as far as they are installed here, all that they require in turn."""
    found: set[str] = set()
    while names:
        found |= names
        names = {
            name_of(line)
            for name in names
            for line in requires(name) or ()
            if "extra ==" not in line or "binary" in line
        }
        names = {name for name in names if name in pinned("requirements.lock")} - found
    return found


DECLARED = {name_of(line) for line in PROJECT["project"]["dependencies"]}
BUILD = {name_of(line) for line in PROJECT["project"]["optional-dependencies"]["build"]}


def test_what_is_declared_is_what_the_product_imports() -> None:
    assert set(imported()) == DECLARED - USED_BY_OTHERS


def test_an_installation_holds_nothing_that_the_product_does_not_need() -> None:
    assert set(pinned("requirements.lock")) - BUILD <= closure(DECLARED)


def test_the_second_lock_pins_the_same_and_adds_the_tools() -> None:
    runtime, development = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert runtime.items() <= development.items()
    tools = {name_of(line) for line in PROJECT["project"]["optional-dependencies"]["dev"]}
    assert tools <= development.keys() - runtime.keys()


def test_the_page_has_a_row_for_each() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    assert {name_of(row) for row in re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)} == DECLARED
