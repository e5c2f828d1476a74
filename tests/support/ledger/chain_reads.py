"""Which custody chains are read from the database, and how often: by its SQL statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from casework.center import Center


@contextmanager
def chain_reads(center: Center) -> Iterator[Counter[str]]:
    """Chain id → how often the positions of all its statements are selected, in any thread."""
    counts: Counter[str] = Counter()

    def note(_: object, cursor: object, statement: str, values: object, context: Any, many: bool) -> None:
        words = " ".join(statement.split())
        if not words.startswith("SELECT statements.position FROM statements WHERE statements.chain = "):
            return
        [named] = context.compiled_parameters
        if words.endswith(" ORDER BY statements.number") and named.keys() == {"chain_1"}:
            counts[named["chain_1"]] += 1

    event.listen(center.database.engine, "before_cursor_execute", note)
    try:
        yield counts
    finally:
        event.remove(center.database.engine, "before_cursor_execute", note)
