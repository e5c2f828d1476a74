"""Shared by the routes of an interview: the interview, if the caller may do an act in it, its recorder, its
pages.

A parameter such as `row: Conducted` comes first in a route: permission is checked before anything else of a
request is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from casework.access.permissions import Act
from casework.center import Center, RecorderChild
from casework.database.models import Interview, InterviewState
from casework.interviews import interviews
from casework.web.request import Caller, OurCenter, page
from recorder.pages import messages, refusals
from recorder.pages.refusals import Unfit

MAX_COMMAND = 16 * 1024
"""Bytes of a request."""


def _permitted(act: Act) -> Any:
    async def found(center: OurCenter, person: Caller, interview: str) -> Interview:
        return await asyncio.to_thread(interviews.get, center, person, interview, act)

    return Depends(found)


Conducted: TypeAlias = Annotated[Interview, _permitted(Act.CONDUCT_INTERVIEW)]
"""A route's parameter: the interview. Raises `Forbidden`, `Missing`."""
Observed: TypeAlias = Annotated[Interview, _permitted(Act.OBSERVE_INTERVIEW)]
"""The same, for observers."""
OpenToQuestions: TypeAlias = Annotated[Interview, _permitted(Act.ASK_QUESTION)]
"""The same, for those who ask questions."""


def body_within(longest: int) -> Any:
    """Return a dependency of routes: the JSON object that was sent, in at most so many bytes."""

    async def sent(request: Request) -> Mapping[str, Any]:
        return await refusals.body(request, longest)

    return Depends(sent)


Sent: TypeAlias = Annotated[Mapping[str, Any], body_within(MAX_COMMAND)]
"""A route's parameter: what was sent. The recorder child checks what is in it."""


def running(center: Center, interview: str) -> RecorderChild:
    """Return the interview's recorder. Raises `Unfit` if none runs."""
    child = center.rooms.reach(interview)
    if child is None:
        raise Unfit("recorder.away")
    return child


async def recorder_of(center: Center, row: Interview) -> RecorderChild:
    """Return the interview's recorder, started if there is none. Raises `ChannelError`, `Unfit`."""
    if row.state is InterviewState.SEALED:
        raise Unfit("state.wrong", "the interview is sealed")
    return center.rooms.reach(row.id) or await center.rooms.start(row.id)


def interview_page(
    request: Request, template: str, row: Interview, known: Mapping[str, Any], **more: Any
) -> Response:
    """Return a page of an interview. `known`: data for its script beside ids, number and practice."""
    basis = {"id": row.id, "case": row.case_id, "code": row.case.code, "practice": row.practice}
    return page(request, template, interview={**basis, **known}, sentences=messages.table(), **more)
