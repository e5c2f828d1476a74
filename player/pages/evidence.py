"""The court room on the web: the page of one exhibit, and what its player asks for.

Thin: every request goes through `casework.evidence.gateway`, which asks permission again, states
the opening in the ledger before the first key, and gives keys of single messages only. What is refused there
is answered by the application with a code and three sentences.

    GET  /evidence/{id}                   the page
    POST /evidence/{id}/viewings          {purpose} → {viewing}
    GET  /viewings/{v}/proof              everything the page's checks need
    POST /viewings/{v}/keys               {indices} → {keys: [base64, 76 bytes each]}
    GET  /viewings/{v}/messages/{index}   one sealed message
    POST /viewings/{v}/places             {indices} → {places: [{url, start, size} or null]}: where a store
                                          gives the same messages directly, for some minutes
"""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from casework.evidence import gateway
from casework.evidence.viewing import MAX_KEYS
from casework.grants import grants
from player.pages import exhibit as playback
from player.pages import transcripts
from player.pages.request import center_of, person_of

router = APIRouter()

_NOT_KEPT = {"cache-control": "no-store"}


class Opening(BaseModel):
    """Why the exhibit is opened: one of `evidence.PURPOSES`."""

    purpose: str = Field(max_length=64)


class Wanted(BaseModel):
    """Messages whose keys are asked for, by their index in the recording."""

    indices: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=MAX_KEYS)]


@router.get("/evidence/{evidence_id}")
def show_evidence(request: Request, evidence_id: str) -> Response:
    center, person = center_of(request), person_of(request)
    exhibit = playback.exhibit(center, person, evidence_id)
    reached = grants.reached(center, person, evidence_id)
    if reached.waiting is not None:  # what it asks of them is read and undertaken first
        return RedirectResponse(f"/grants/{reached.waiting}?evidence={exhibit.evidence}", 303)
    beside = transcripts.of_exhibit(request, exhibit)
    response: Response = request.app.state.templates.TemplateResponse(
        request, "evidence.html", {"exhibit": exhibit, "reached": reached, "transcripts": beside}
    )
    return response


@router.post("/evidence/{evidence_id}/viewings")
def open_evidence(request: Request, evidence_id: str, opening: Opening) -> Response:
    viewing = gateway.view(center_of(request), person_of(request), evidence_id, opening.purpose)
    direct = center_of(request).direct is not None
    return JSONResponse({"viewing": viewing.id, "direct": direct}, headers=_NOT_KEPT)


@router.get("/viewings/{viewing_id}/proof")
def prove(request: Request, viewing_id: str) -> Response:
    center, person = center_of(request), person_of(request)
    viewing = gateway.viewing(center, person, viewing_id)
    return JSONResponse(playback.bundle(center, person, viewing), headers=_NOT_KEPT)


@router.post("/viewings/{viewing_id}/keys")
def give_keys(request: Request, viewing_id: str, wanted: Wanted) -> Response:
    keys = gateway.viewing(center_of(request), person_of(request), viewing_id).message_keys(wanted.indices)
    return JSONResponse({"keys": [base64.b64encode(key).decode() for key in keys]}, headers=_NOT_KEPT)


@router.get("/viewings/{viewing_id}/messages/{index}")
def give_message(request: Request, viewing_id: str, index: Annotated[int, Path(ge=0)]) -> Response:
    message = gateway.viewing(center_of(request), person_of(request), viewing_id).message(index)
    return Response(message, media_type="application/octet-stream", headers=_NOT_KEPT)


@router.post("/viewings/{viewing_id}/places")
def give_places(request: Request, viewing_id: str, wanted: Wanted) -> Response:
    places = gateway.viewing(center_of(request), person_of(request), viewing_id).places(wanted.indices)
    told = [None if place is None else asdict(place) for place in places]
    return JSONResponse({"places": told}, headers=_NOT_KEPT)
