"""One cache of compiled queries for all SQLite databases of a test process.

SQLAlchemy compiles each query once for each engine, and each test has a database of its own: compiling took
an eighth of the time of the unit tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from sqlalchemy import Engine, create_engine, util
from sqlalchemy.engine.interfaces import CompiledCacheType

CAPACITY = 4000  # queries: more than the tests make


@contextmanager
def shared() -> Iterator[None]:
    """Within it, all engines that `casework` makes for SQLite have one dialect and one cache.

    The dialect is shared because it is part of the cache's keys.
    """
    first = create_engine("sqlite://")
    first.connect().close()  # the dialect asks the library for its version
    cache: CompiledCacheType = util.LRUCache(CAPACITY)

    def create(*arguments: Any, **options: Any) -> Engine:
        engine = create_engine(*arguments, **options)
        if engine.dialect.name == first.dialect.name:
            engine.dialect = first.dialect
            engine.update_execution_options(compiled_cache=cache)
        return engine

    with mock.patch("casework.database.engine.create_engine", create):
        yield
    first.dispose()
