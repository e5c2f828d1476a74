"""The mutants of `make mutants` still fit the code: their texts and their tests are there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.__main__ import MUTANTS
from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_its_text_occurs_once_and_its_test_exists(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text().count(mutant.text) == 1
    file, _, name = mutant.test.partition("::")
    text = (ROOT / file).read_text()
    assert not name or f"def {name.partition('[')[0]}(" in text


def test_no_two_have_one_name() -> None:
    assert not [name for name, count in Counter(one.name for one in MUTANTS).items() if count > 1]
