"""Intimate pictures of a case: requests to open one, and decisions on another person's request.

GET  /cases/{case_id}/intimate
POST /photographs/{evidence_id}/requests          form: purpose, reason
POST /intimate-requests/{request_id}/approve
POST /intimate-requests/{request_id}/refuse
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from amana.pages.signing import personally
from casework.cases import cases
from casework.evidence import gateway
from casework.photographs import intimate_approvals
from casework.web.request import center_of, page, person_of

router = APIRouter()

Text = Annotated[str, Form(max_length=2000)]
Code = Annotated[str, Form(max_length=64)]


def _page_of(case_id: str) -> str:
    return f"/cases/{case_id}/intimate"


@router.get("/cases/{case_id}/intimate")
def show(request: Request, case_id: str) -> Response:
    """List the intimate pictures of a case and the requests to open them."""
    center, person = center_of(request), person_of(request)
    listed = intimate_approvals.listed(center, person, case_id)
    return page(
        request,
        "intimate.html",
        case=cases.get(center, person, case_id),
        listed=listed,
        purposes=gateway.PURPOSES,
    )


@router.post("/photographs/{evidence_id}/requests")
def ask(request: Request, evidence_id: str, purpose: Code, reason: Text) -> Response:
    """Request to open an intimate picture, then return to the intimate pictures of its case."""
    center, person = center_of(request), person_of(request)
    act = partial(intimate_approvals.ask, center, person, evidence_id, purpose, reason)
    return personally(request, act, _page_of(intimate_approvals.case_of(center, person, evidence_id)))


@router.post("/intimate-requests/{request_id}/approve")
def approve(request: Request, request_id: str) -> Response:
    """Approve another person's request, then return to the intimate pictures of its case."""
    return _decide(request, request_id, approve=True)


@router.post("/intimate-requests/{request_id}/refuse")
def refuse(request: Request, request_id: str) -> Response:
    """Refuse another person's request, then return to the intimate pictures of its case."""
    return _decide(request, request_id, approve=False)


def _decide(request: Request, request_id: str, *, approve: bool) -> Response:
    center, person = center_of(request), person_of(request)
    act = partial(intimate_approvals.decide, center, person, request_id, approve=approve)
    return personally(request, act, _page_of(intimate_approvals.case_of_request(center, person, request_id)))
