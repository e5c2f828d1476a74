"""The signed-in person's work queue, read once per request: for the count in the bar, and for *Today*."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from casework.errors import DatabaseAway
from casework.web.request import center_of, person_of
from casework.work_queue import queue
from casework.work_queue.work_item import WorkItem

log = logging.getLogger(__name__)


def waiting(request: Request) -> Sequence[WorkItem]:
    """Return the person's work queue; empty while the database does not answer, which the page then says."""
    found: Sequence[WorkItem] | None = getattr(request.state, "waiting", None)
    if found is None:
        try:
            found = queue.waiting_for(center_of(request), person_of(request))
        except (DatabaseAway, SQLAlchemyError) as error:
            log.warning("the work queue cannot be read now: %s", type(error).__name__)
            found = ()
        request.state.waiting = found
    return found
