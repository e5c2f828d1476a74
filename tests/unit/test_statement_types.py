"""Each type of statement is in every file that CONTRIBUTING.md lists for all, and no table has another."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pytest

from amana.pages.signing_texts import TEXTS
from casework.ledger.projections import PROJECTIONS
from casework.reports import disclosure
from casework.signing.signed_act_types import SIGNED_ACTS
from chain_of_custody.statements.types import TYPES

HERE = Path(__file__).parents[2]
EVERYWHERE = (
    "docs/spec/statement.md",
    "web/static/proof/ledger/bodies.js",
    "player/pages/templates/evidence_strings.html",
)


@pytest.mark.parametrize("file", EVERYWHERE)
def test_each_type_is_in_each_file_that_has_all_of_them(file: str) -> None:
    assert f"`{file}`" in (HERE / "CONTRIBUTING.md").read_text()
    text = (HERE / file).read_text()
    assert [type_ for type_ in sorted(TYPES) if type_ not in text] == []


def test_the_types_of_signed_acts_all_have_words() -> None:
    assert set(SIGNED_ACTS) == set(TEXTS)


def test_each_type_of_the_access_log_has_a_sentence_of_its_own_there() -> None:
    template = (HERE / "player/pages/templates/disclosures.html").read_text()
    assert set(re.findall(r'if entry\.type == "([a-z.]+)"', template)) == disclosure.TYPES
    assert "else -%}{{ _(" not in template.partition("macro sentence")[2].partition("endmacro")[0]


@pytest.mark.parametrize("table", [PROJECTIONS, SIGNED_ACTS, disclosure.TYPES])
def test_no_table_has_a_type_that_there_is_not(table: Collection[str]) -> None:
    assert set(table) - set(TYPES) == set()


def test_each_file_that_the_guide_names_for_a_type_is_there() -> None:
    guide = (HERE / "CONTRIBUTING.md").read_text()
    table = guide.partition("### Where a new statement type goes\n")[2].partition("\n## ")[0]
    named = re.findall(r"`((?:[a-z_]+/)+[\w.-]+)`", table)
    assert len(named) > 10
    assert [one for one in named if not (HERE / one).exists()] == []
