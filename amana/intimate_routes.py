"""Intimate pictures of a case: asking to open one, and agreeing to somebody else's request.

GET  /cases/{case_id}/intimate
POST /photographs/{evidence_id}/requests          form: purpose, reason
POST /intimate-requests/{request_id}/approve
POST /intimate-requests/{request_id}/refuse
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from amana.asked import center_of, person_of, see_other
from casework import cases, evidence, intimate, photographs

router = APIRouter()

Text = Annotated[str, Form(max_length=2000)]
Code = Annotated[str, Form(max_length=64)]


def _back(case_id: str) -> Response:
    return see_other(f"/cases/{case_id}/intimate")


@router.get("/cases/{case_id}/intimate")
def show(request: Request, case_id: str) -> Response:
    center, person = center_of(request), person_of(request)
    listed = intimate.listed(center, person, case_id)
    response: Response = request.app.state.templates.TemplateResponse(
        request,
        "intimate.html",
        {"case": cases.get(center, person, case_id), "listed": listed, "purposes": evidence.PURPOSES},
    )
    return response


@router.post("/photographs/{evidence_id}/requests")
def ask(request: Request, evidence_id: str, purpose: Code, reason: Text) -> Response:
    center, person = center_of(request), person_of(request)
    intimate.ask(center, person, evidence_id, purpose, reason)
    return _back(photographs.case_of(center, evidence_id))


@router.post("/intimate-requests/{request_id}/approve")
def approve(request: Request, request_id: str) -> Response:
    return _back(intimate.decide(center_of(request), person_of(request), request_id, approve=True))


@router.post("/intimate-requests/{request_id}/refuse")
def refuse(request: Request, request_id: str) -> Response:
    return _back(intimate.decide(center_of(request), person_of(request), request_id, approve=False))
