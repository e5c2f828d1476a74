"""Values kept at hand."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from casework.cache import Cache
from tests.support.patience import PATIENCE


def test_a_value_is_made_once_however_many_ask_at_once() -> None:
    cache: Cache[str, object] = Cache(2)
    made: list[object] = []
    start = threading.Barrier(8)

    def make() -> object:
        made.append(object())
        return made[-1]

    def ask(_: int) -> object:
        start.wait()
        return cache.get("one", make)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == set(made)
    assert len(made) == 1


def test_the_value_used_longest_ago_makes_room() -> None:
    cache: Cache[str, int] = Cache(2)
    cache.get("a", lambda: 1)
    cache.get("b", lambda: 2)
    assert cache.get("a", lambda: 10) == 1
    cache.get("c", lambda: 3)
    assert (cache.get("a", lambda: 10), cache.get("b", lambda: 20)) == (1, 20)


def test_a_value_that_could_not_be_made_is_tried_again() -> None:
    cache: Cache[str, float] = Cache(2)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 / 0)
    assert cache.get("a", lambda: 1.0) == 1.0


def test_one_that_takes_long_holds_up_no_other() -> None:
    cache: Cache[str, int] = Cache(2)
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        go_on.wait(PATIENCE)
        return 1

    with ThreadPoolExecutor(1) as pool:
        slowly = pool.submit(cache.get, "slow", slow)
        assert begun.wait(PATIENCE)
        assert cache.get("quick", lambda: 2) == 2
        go_on.set()
        assert slowly.result() == 1
