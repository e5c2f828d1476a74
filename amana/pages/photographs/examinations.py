"""Pages of records of examinations: a form filled in during the examination, sealed, and corrected later.

POST /cases/{case_id}/examinations               form: form → the draft's page
GET  /examinations/{examination_id}              the form, with what is filled in
GET  /examinations/{examination_id}/values       {version, values, reason}
POST /examinations/{examination_id}/values       {version, values, reason} → {version}, or 409
POST /examinations/{examination_id}/seal         {version} → {id, number}: the record is sealed
POST /examinations/{examination_id}/discard      delete the draft → the page of the case's photographs
POST /photographs/{evidence_id}/corrections      the record's bytes, as opened → {draft}
POST /photographs/{evidence_id}/certificate      the same → the medical certificate, as PDF

A sealed record is opened like every document (`photographs`, `player.pages.viewings`).
"""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana.http.session_middleware import session_token
from casework.center import Center
from casework.database.models import Person
from casework.photographs import (
    exam_sets,
    examination_certificate,
    examination_drafts,
    examination_records,
)
from casework.photographs.examination_drafts import Filled
from casework.web.request import MEDIA_TYPES, Caller, Code, OurCenter, download, page, person_of, see_other
from chain_of_custody.items.examination_record import (
    MAX_CHOICES,
    MAX_FIELDS,
    MAX_FINDINGS,
    MAX_REASON,
    MAX_SECTIONS,
    MAX_TEXT,
)
from player.papers import medical_certificate

router = APIRouter()

_Id = Annotated[str, Field(max_length=64)]
_Text = Annotated[str, Field(max_length=MAX_TEXT)]
_Several = Annotated[list[_Id], Field(max_length=max(MAX_CHOICES, MAX_FINDINGS))]


class FilledIn(BaseModel):
    """What is filled in, over the version that the page has read."""

    version: int = Field(ge=0, lt=2**53)
    values: Annotated[dict[_Id, _Text | _Several], Field(max_length=MAX_SECTIONS * MAX_FIELDS)]
    reason: str = Field(default="", max_length=MAX_REASON)


class VersionToSeal(BaseModel):
    """The version to seal, as the page has it."""

    version: int = Field(ge=0, lt=2**53)


@router.post("/cases/{case_id}/examinations")
def begin(center: OurCenter, person: Caller, case_id: str, form: Code) -> Response:
    """Begin the record of an examination, then redirect to its page."""
    draft = examination_drafts.begin(center, person, case_id, form)
    return see_other(f"/examinations/{draft.id}")


@router.get("/examinations/{examination_id}")
def show(request: Request, center: OurCenter, person: Caller, examination_id: str) -> Response:
    """Show the form of a draft with what is filled in."""
    draft = examination_drafts.opened(center, person, examination_id)
    sets = exam_sets.of_case(center, person, draft.case.id)
    return page(
        request,
        "examination.html",
        draft=draft,
        case=draft.case,
        form=draft.form.to_json(),
        values=dict(draft.filled.values),
        findings=[f"{one.number}.{injury}" for one in sets for injury in range(1, one.injuries + 1)],
    )


@router.get("/examinations/{examination_id}/values")
def newest(center: OurCenter, person: Caller, examination_id: str) -> Response:
    """Answer with what is filled in, as it was saved last."""
    draft = examination_drafts.opened(center, person, examination_id)
    filled = draft.filled
    return JSONResponse({"version": draft.version, "values": filled.values, "reason": filled.reason})


@router.post("/examinations/{examination_id}/values")
def save(center: OurCenter, person: Caller, examination_id: str, filled: FilledIn) -> Response:
    """Save what is filled in; answer with its version."""
    content = Filled(filled.values, filled.reason)
    version = examination_drafts.save(center, person, examination_id, filled.version, content)
    return JSONResponse({"version": version})


@router.post("/examinations/{examination_id}/seal")
def seal(
    request: Request, center: OurCenter, person: Caller, examination_id: str, version: VersionToSeal
) -> Response:
    """Seal the record; answer with its id and its number among the documents of its case."""
    token = session_token(request)
    status = examination_records.seal(center, person, token, examination_id, version.version)
    return JSONResponse({"id": status.id, "number": status.number})


@router.post("/examinations/{examination_id}/discard")
def discard(center: OurCenter, person: Caller, examination_id: str) -> Response:
    """Delete a draft, then return to the photographs of its case."""
    case_id = examination_drafts.discard(center, person, examination_id)
    return see_other(f"/cases/{case_id}/photographs")


@router.post("/photographs/{evidence_id}/corrections")
async def correct(request: Request, center: OurCenter, evidence_id: str) -> Response:
    """Begin the correction of a sealed record, whose bytes the page has opened; answer with the draft."""
    data, person = await request.body(), person_of(request)
    draft = await asyncio.to_thread(examination_records.correct, center, person, evidence_id, data)
    return JSONResponse({"draft": draft.id})


@router.post("/photographs/{evidence_id}/certificate")
async def certify(
    request: Request,
    center: OurCenter,
    evidence_id: str,
    specimens: Annotated[str, Query(max_length=16)] = examination_certificate.LIST,
) -> Response:
    """Make the medical certificate of a sealed record, whose bytes the page has opened, and state it; then
    answer with the PDF. `specimens`: what it shows of them, of `examination_certificate.SHOWN`."""
    data, person = await request.body(), person_of(request)
    return await asyncio.to_thread(_certificate, center, person, evidence_id, data, specimens)


def _certificate(center: Center, person: Person, evidence_id: str, data: bytes, specimens: str) -> Response:
    certified = examination_certificate.certified(center, person, evidence_id, data, specimens)
    paper = medical_certificate.paper(center, certified)
    examination_certificate.state(center, person, certified, paper)
    name = f"medical-certificate-{certified.case.code}-{certified.item.number}.pdf"
    return download(name, paper, MEDIA_TYPES["pdf"])
