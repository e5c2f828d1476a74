"""Voiding what was opened in error (`casework.interviews.opened_in_error`).

POST /cases/{id}/void                            reason, note
POST /cases/{id}/interviews/{interview}/void     reason, note
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from casework.clock import new_id
from casework.interviews import opened_in_error
from casework.recording.channel import ChannelError
from casework.web.request import Caller, CaseId, Code, OurCenter, Text, see_other

router = APIRouter()


@router.post("/cases/{case_id}/void")
def void_case(center: OurCenter, person: Caller, case_id: CaseId, reason: Code, note: Text = "") -> Response:
    """Void a case, then return to its page."""
    opened_in_error.void_case(center, person, case_id, reason, note)
    return see_other(f"/cases/{case_id}")


@router.post("/cases/{case_id}/interviews/{interview_id}/void")
async def void_interview(
    center: OurCenter,
    person: Caller,
    case_id: CaseId,
    interview_id: Annotated[str, Path(max_length=32)],
    reason: Code,
    note: Text = "",
) -> Response:
    """Void an interview, end its room pages, then return to the interviews of the case."""
    await asyncio.to_thread(opened_in_error.void_interview, center, person, interview_id, reason, note)
    if (child := center.rooms.reach(interview_id)) is not None:
        with contextlib.suppress(ChannelError):  # its pages see that the interview is over in any case
            await child.ask("stop", request=new_id(), evidence=None, reason="finished", by=person.id)
    return see_other(f"/cases/{case_id}/interviews")
