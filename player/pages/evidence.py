"""The page of one recording (`GET /evidence/{id}`). Its player opens it through `player.pages.viewings`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from casework.grants import grants
from player.pages import exhibit as playback
from player.pages import transcripts
from player.pages.request import center_of, person_of

router = APIRouter()


@router.get("/evidence/{evidence_id}")
def show_evidence(request: Request, evidence_id: str) -> Response:
    """Show the page of one recording, or redirect to a grant that must be accepted first."""
    center, person = center_of(request), person_of(request)
    exhibit = playback.exhibit(center, person, evidence_id)
    reached = grants.reached(center, person, evidence_id)
    if reached.waiting is not None:  # its conditions must be read and accepted first
        return RedirectResponse(f"/grants/{reached.waiting}?evidence={exhibit.evidence}", 303)
    beside = transcripts.of_exhibit(request, exhibit)
    response: Response = request.app.state.templates.TemplateResponse(
        request, "evidence.html", {"exhibit": exhibit, "reached": reached, "transcripts": beside}
    )
    return response
