"""The map of directories in docs/architecture.md."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
MOST = 20
"""Modules in one folder: more are not taken in at a glance."""


def test_the_map_names_each_folder_of_the_product_once() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    mapped = re.findall(r"^\| `([a-z_]+/[a-z_]+)` \|", page, re.MULTILINE)
    folders = [path.parent for name in PACKAGES for path in (ROOT / name).glob("*/__init__.py")]
    assert sorted(mapped) == sorted(str(folder.relative_to(ROOT)) for folder in folders)


def test_no_folder_of_the_product_has_more_modules_than_a_reader_takes_in() -> None:
    folders = {path.parent for name in PACKAGES for path in (ROOT / name).rglob("*.py")}
    assert {str(one): count for one in folders if (count := len([*one.glob("*.py")])) > MOST} == {}
