"""Pages of the photographs and documents of a case, and the requests of their scripts.

    GET  /cases/{case_id}/photographs               the page: all of them, and adding more
    POST /cases/{case_id}/photographs/look          → {viewing}: states that small pictures are opened
    POST /viewings/{viewing_id}/small-pictures      {ids} → {pictures: [{id, record, message, key}]}
    GET  /photographs/{evidence_id}                 the page of one (opened by `player.pages.viewings`)

The browser gets sealed messages and only their keys. It verifies each message against its record and opens
it: the server never decrypts a sealed picture.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.access.permissions import Act, may
from casework.cases import cases
from casework.center import Center
from casework.evidence import small_pictures
from casework.evidence.small_pictures import MAX_TOGETHER
from casework.forms import form_files
from casework.grants import grants, stated_purposes
from casework.photographs import (
    exam_sets,
    examination_drafts,
    examination_records,
    givings,
    intimate_approvals,
    photographs,
)
from casework.received_copies import similar
from casework.sandbox import self_check
from casework.web.request import Caller, OurCenter, page, see_other, session_of
from chain_of_custody.items.examination_record import Form
from chain_of_custody.statements.types import EXAMINATION

router = APIRouter()


class SmallPictureIds(BaseModel):
    """Ids of the requested small pictures."""

    ids: Annotated[list[Annotated[str, Field(max_length=32)]], Field(max_length=MAX_TOGETHER)]


@router.get("/cases/{case_id}/photographs")
def show_case(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the photographs, documents and exam sets of a case."""
    listed = photographs.listed(center, person, case_id)
    adds = may(person, Act.ADD_PHOTOGRAPHS)
    return page(
        request,
        "photographs.html",
        case=cases.get(center, person, case_id),
        photographs=[one for one in listed if one.kind == "photograph"],
        documents=[one for one in listed if one.kind == "document"],
        exams=exam_sets.of_case(center, person, case_id),
        drafts=examination_drafts.of_case(center, person, case_id) if adds else [],
        forms=_forms(center) if adds else None,
        intimate=photographs.counted_intimate(center, person, case_id),
        not_given=photographs.not_given(center, person, case_id),
        locked=not center.keyholder.status().unlocked,
        no_sandbox=(found := self_check.last()) is not None and found.why is not None,
    )


def _forms(center: Center) -> Sequence[Form] | None:
    """Return the center's forms of examinations; None while its files cannot be read."""
    try:
        return form_files.read(center.forms)
    except form_files.FormUnreadable:
        return None


@router.post("/cases/{case_id}/photographs/look")
def look(center: OurCenter, person: Caller, case_id: str) -> Response:
    """State that the person views a case's small pictures; answer with the id of the viewing."""
    viewing = small_pictures.look(center, person, case_id)
    return JSONResponse({"viewing": viewing})


@router.post("/viewings/{viewing_id}/small-pictures")
def give_small(center: OurCenter, person: Caller, viewing_id: str, small: SmallPictureIds) -> Response:
    """Answer with small pictures of a viewing: for each its record, sealed message and message key."""
    pictures = small_pictures.small(center, person, viewing_id, small.ids)
    answer = [
        {
            "id": one.id,
            "record": asdict(one.record),
            "message": base64.b64encode(one.message).decode(),
            "key": base64.b64encode(one.key).decode(),
        }
        for one in pictures
    ]
    return JSONResponse({"pictures": answer})


@router.get("/photographs/{evidence_id}")
def show_one(request: Request, center: OurCenter, person: Caller, evidence_id: str) -> Response:
    """Show the page of one photograph or document, or redirect to a grant that must be accepted first."""
    photograph, case = photographs.introduced(center, person, evidence_id)
    reached = grants.reached(center, person, photograph.id)
    if reached.waiting is not None:  # the grant's conditions must be read and accepted first
        return see_other(f"/grants/{reached.waiting}?evidence={photograph.id}")
    agreed = intimate_approvals.agreed_to(center, person, photograph.id)
    return page(
        request,
        "photograph.html",
        one=photograph,
        case=case,
        purposes=reached.purposes if agreed is None else agreed,
        stated=stated_purposes.stated(center, session_of(request), photograph.id),
        saves=photographs.saves(center, person, photograph.id),
        givings=givings.stated(center, person, photograph.id) if photograph.source else [],
        comparison=similar.files(center, person, photograph.id) if photograph.source else None,
        corrections=examination_records.corrections(center, person, photograph.id)
        if photograph.format == EXAMINATION
        else None,
    )
