"""One attacked service for the tests of a file, and what each part said."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import pytest

from tests.attacks.attacked import Attacked, attacked
from tests.attacks.decoding import Said


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("s")) as service:
        yield service


@pytest.fixture(scope="module")
def said_by(one: Attacked) -> Callable[[str], Said]:
    """What came of each attempt in the place of a part; each is attacked once."""
    return functools.cache(one.said_by)
