"""Pages of the photographs and documents of a case, and what their scripts ask for.

    GET  /cases/{case_id}/photographs               the page: all of them, and adding more
    POST /cases/{case_id}/photographs/look          → {viewing}: small pictures are opened, which is stated
    POST /photograph-viewings/{viewing_id}/small    {ids} → {pictures: [{id, record, message, key}]}
    GET  /photographs/{evidence_id}                 the page of one
    POST /photographs/{evidence_id}/viewings        {purpose} → {viewing, records}: opened, which is stated
    POST /photograph-viewings/{viewing_id}/keys     {indices} → {keys}
    GET  /photograph-viewings/{viewing_id}/messages/{index}

Sealed messages and the keys of just these go to the browser, which holds each message against its record and
opens it: no picture is in clear on this side once it is sealed.
"""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana.http.request import center_of, page, person_of, see_other
from casework.cases import cases, consent
from casework.evidence import gateway, small_pictures
from casework.evidence.small_pictures import MAX_TOGETHER
from casework.evidence.viewing import MAX_KEYS
from casework.grants import grants
from casework.photographs import exam_sets, intimate_approvals, photographs

router = APIRouter()

_NOT_KEPT = {"cache-control": "no-store"}


class Opening(BaseModel):
    """Why it is opened: one of `evidence.PURPOSES`."""

    purpose: str = Field(max_length=64)


class Small(BaseModel):
    """Whose small pictures are wanted."""

    ids: Annotated[list[Annotated[str, Field(max_length=32)]], Field(max_length=MAX_TOGETHER)]


class Wanted(BaseModel):
    """Messages whose keys are asked for."""

    indices: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=MAX_KEYS)]


@router.get("/cases/{case_id}/photographs")
def show_case(request: Request, case_id: str) -> Response:
    center, person = center_of(request), person_of(request)
    listed = photographs.listed(center, person, case_id)
    return page(
        request,
        "photographs.html",
        case=cases.get(center, person, case_id),
        photographs=[one for one in listed if one.kind == "photograph"],
        documents=[one for one in listed if one.kind == "document"],
        exams=exam_sets.of_case(center, person, case_id),
        consents=consent.standing(center, person, case_id),
        intimate=photographs.counted_intimate(center, person, case_id),
        locked=not center.keyholder.status().unlocked,
    )


@router.post("/cases/{case_id}/photographs/look")
def look(request: Request, case_id: str) -> Response:
    viewing = small_pictures.look(center_of(request), person_of(request), case_id)
    return JSONResponse({"viewing": viewing}, headers=_NOT_KEPT)


@router.post("/photograph-viewings/{viewing_id}/small")
def give_small(request: Request, viewing_id: str, small: Small) -> Response:
    found = small_pictures.small(center_of(request), person_of(request), viewing_id, small.ids)
    told = [
        {
            "id": one.id,
            "record": asdict(one.record),
            "message": base64.b64encode(one.message).decode(),
            "key": base64.b64encode(one.key).decode(),
        }
        for one in found
    ]
    return JSONResponse({"pictures": told}, headers=_NOT_KEPT)


@router.get("/photographs/{evidence_id}")
def show_one(request: Request, evidence_id: str) -> Response:
    center, person = center_of(request), person_of(request)
    one, case = photographs.introduced(center, person, evidence_id)
    reached = grants.reached(center, person, one.id)
    if reached.waiting is not None:  # what the grant asks of them is read and undertaken first
        return see_other(f"/grants/{reached.waiting}?evidence={one.id}")
    agreed = intimate_approvals.agreed_to(center, person, one.id)
    return page(
        request,
        "photograph.html",
        one=one,
        case=case,
        purposes=reached.purposes if agreed is None else agreed,
        saves=photographs.saves(center, person, one.id),
    )


@router.post("/photographs/{evidence_id}/viewings")
def open_one(request: Request, evidence_id: str, opening: Opening) -> Response:
    viewing = gateway.view(center_of(request), person_of(request), evidence_id, opening.purpose)
    records = [asdict(record) for record in viewing.recording.records]
    return JSONResponse({"viewing": viewing.id, "records": records}, headers=_NOT_KEPT)


@router.post("/photograph-viewings/{viewing_id}/keys")
def give_keys(request: Request, viewing_id: str, wanted: Wanted) -> Response:
    keys = gateway.viewing(center_of(request), person_of(request), viewing_id).message_keys(wanted.indices)
    return JSONResponse({"keys": [base64.b64encode(key).decode() for key in keys]}, headers=_NOT_KEPT)


@router.get("/photograph-viewings/{viewing_id}/messages/{index}")
def give_message(request: Request, viewing_id: str, index: Annotated[int, Path(ge=0)]) -> Response:
    message = gateway.viewing(center_of(request), person_of(request), viewing_id).message(index)
    return Response(message, media_type="application/octet-stream", headers=_NOT_KEPT)
