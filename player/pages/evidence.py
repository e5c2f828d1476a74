"""The page of one recording (`GET /evidence/{id}`). Its player opens it through `player.pages.viewings`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from casework.grants import grants, stated_purposes
from casework.web.request import Caller, OurCenter, page, see_other, session_of
from player.pages import exhibit as playback
from player.pages import transcripts

router = APIRouter()


@router.get("/evidence/{evidence_id}")
def show_evidence(request: Request, center: OurCenter, person: Caller, evidence_id: str) -> Response:
    """Show the page of one recording, or redirect to a grant that must be accepted first."""
    exhibit = playback.exhibit(center, person, evidence_id)
    reached = grants.reached(center, person, evidence_id)
    if reached.waiting is not None:  # its conditions must be accepted first
        return see_other(f"/grants/{reached.waiting}?evidence={exhibit.evidence}")
    beside = transcripts.of_exhibit(center, person, exhibit)
    return page(
        request,
        "evidence.html",
        exhibit=exhibit,
        reached=reached,
        stated=stated_purposes.stated(center, session_of(request), exhibit.evidence),
        transcripts=beside,
    )
