"""Each type of statement is in every file that CONTRIBUTING.md lists for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from chain_of_custody.statements.types import TYPES

HERE = Path(__file__).parents[2]
EVERYWHERE = (
    "docs/spec/statement.md",
    "player/pages/static/bodies.js",
    "player/pages/templates/evidence_strings.html",
)


@pytest.mark.parametrize("file", EVERYWHERE)
def test_each_type_is_in_each_file_that_has_all_of_them(file: str) -> None:
    assert f"`{file}`" in (HERE / "CONTRIBUTING.md").read_text()
    text = (HERE / file).read_text()
    assert [type_ for type_ in sorted(TYPES) if type_ not in text] == []
