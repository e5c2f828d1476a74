"""How SQLite, which has no statistics here, answers the questions of the work queue: every page asks them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from casework.work_queue import queue
from tests.support.centers.casework_world import World


@pytest.fixture
def kind() -> str:
    """PostgreSQL plans by its statistics."""
    return "sqlite"


def test_no_question_of_the_queue_goes_through_all_evidence(world: World) -> None:
    engine = world.center.database.engine
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    queue.waiting_for(world.center, world.prosecutor)
    event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        plans = [
            row.detail
            for statement, values in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert "SCAN intimate_requests" in plans
    assert "SCAN evidence" not in plans
