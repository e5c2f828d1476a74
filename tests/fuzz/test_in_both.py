"""What `make fuzz` runs for hours over both verifiers, for a moment."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.fuzz import packages_in_both
from tests.fuzz.readers_in_both import READERS, compare
from tests.fuzz.timestamps_in_both import by_python, by_scripts, made, seeds
from tests.support.packages.node_engine import NodeEngine

pytestmark = pytest.mark.starts

PROGRAMS = 500
ALTERED = 40
"""Copies of each format; ten times the processor time for a hundred times as many (`make fuzz`)."""
COSTLY = {"sealed_package": 3}
"""A passphrase becomes a key in a tenth of a second."""
STORIES = 10


@pytest.fixture(scope="module")
def engine() -> Iterator[NodeEngine]:
    with NodeEngine() as engine:
        yield engine


def test_both_verifiers_say_the_same_of_altered_timestamps(engine: NodeEngine) -> None:
    chance = random.Random(15)
    programs = [*seeds(), *(chance.randbytes(chance.randrange(5, 11)) for _ in range(PROGRAMS))]
    cases = [made(program) for program in programs]
    ours = [by_python(case) for case in cases]
    theirs = by_scripts(cases, engine)
    assert {one.hex(): (a, b) for one, a, b in zip(programs, ours, theirs, strict=True) if a != b} == {}
    kinds = Counter(one if isinstance(one, str) else "accepted" for one in ours)
    assert all(kinds[kind] >= 10 for kind in ("accepted", "malformed", "time", "signature")), kinds


@pytest.mark.parametrize("name", READERS)
def test_both_verifiers_say_the_same_of_altered_bytes(name: str, engine: NodeEngine) -> None:
    found = compare(name, random.Random(f"{name} 15"), COSTLY.get(name, ALTERED), engine)
    assert found.different == {}
    assert found.read > 0 and found.refused > 0  # a corpus that is all one thing would show little


def test_both_verifiers_say_the_same_of_centers_that_lie(engine: NodeEngine) -> None:
    told = packages_in_both.some(random.Random(16), STORIES)
    found = [packages_in_both.compare(story, engine) for story in told]
    assert found[:-STORIES] == ["consistent"] * 4, "the honest ones"
    assert found.count("not proved") >= 3, found
