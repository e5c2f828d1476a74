"""Opening sealed items of every kind, and the requests of their pages' scripts.

Every request uses `casework.evidence.gateway`, which checks permission again, states the opening in the
ledger before the first key, and gives keys of single messages only. For a refusal there, the application
answers with a code and three sentences.

    POST /evidence/{id}/viewings          {purpose} → {viewing, direct} of a recording;
                                          {viewing, records} of any other item
    GET  /viewings/{v}/proof              everything the checks of a recording's page need
    POST /viewings/{v}/keys               {indices} → {keys: [base64, 76 bytes each]}
    GET  /viewings/{v}/messages/{index}   one sealed message
    POST /viewings/{v}/places             {indices} → {places: [{url, start, size} or null]}: where a store
                                          gives the same messages directly, for some minutes

No plaintext is sent: the browser receives sealed messages and only their keys, checks each message against
its record, and decrypts it.
"""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.evidence import gateway
from casework.evidence.viewing import MAX_KEYS
from casework.grants import stated_purposes
from casework.web.request import Caller, OurCenter, session_of
from player.pages import exhibit as playback

router = APIRouter()


class Opening(BaseModel):
    """The purpose of opening: one of `casework.codes.OPENING`."""

    purpose: str = Field(max_length=64)


class RequestedMessages(BaseModel):
    """Requested messages, by their index in the recording."""

    indices: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=MAX_KEYS)]


@router.post("/evidence/{evidence_id}/viewings")
def open_evidence(
    request: Request, center: OurCenter, person: Caller, evidence_id: str, opening: Opening
) -> Response:
    """Open a sealed item for a stated purpose; answer with the id of the viewing.

    The answer also says whether a recording can be read directly from a store, or holds the records of
    any other item.
    """
    viewing = gateway.view(center, person, evidence_id, opening.purpose)
    stated_purposes.note(center, session_of(request), viewing.id)
    answer: dict[str, Any]
    if viewing.kind == "recording":
        answer = {"viewing": viewing.id, "direct": center.direct is not None}
    else:
        answer = {"viewing": viewing.id, "records": [asdict(one) for one in viewing.recording.records]}
    return JSONResponse(answer)


@router.get("/viewings/{viewing_id}/proof")
def prove(center: OurCenter, person: Caller, viewing_id: str) -> Response:
    """Answer with the proofs that the page of a recording verifies; see `player.pages.exhibit.bundle`."""
    viewing = gateway.viewing(center, person, viewing_id)
    return JSONResponse(playback.bundle(center, person, viewing))


@router.post("/viewings/{viewing_id}/keys")
def give_keys(center: OurCenter, person: Caller, viewing_id: str, requested: RequestedMessages) -> Response:
    """Answer with the keys of the requested messages, 76 bytes each, in base64."""
    keys = gateway.viewing(center, person, viewing_id).message_keys(requested.indices)
    return JSONResponse({"keys": [base64.b64encode(key).decode() for key in keys]})


@router.get("/viewings/{viewing_id}/messages/{index}")
def give_message(
    center: OurCenter, person: Caller, viewing_id: str, index: Annotated[int, Path(ge=0)]
) -> Response:
    """Answer with one sealed message of the viewed item."""
    message = gateway.viewing(center, person, viewing_id).message(index)
    return Response(message, media_type="application/octet-stream")


@router.post("/viewings/{viewing_id}/places")
def give_places(center: OurCenter, person: Caller, viewing_id: str, requested: RequestedMessages) -> Response:
    """Answer with where a store gives each requested message directly, or null."""
    places = gateway.viewing(center, person, viewing_id).places(requested.indices)
    answer = [None if place is None else asdict(place) for place in places]
    return JSONResponse({"places": answer})
