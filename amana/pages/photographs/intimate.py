"""Intimate pictures of a case: requests to open one, and decisions on another person's request.

GET  /cases/{case_id}/intimate
POST /photographs/{evidence_id}/requests          form: purpose, reason
POST /intimate-requests/{request_id}/approve
POST /intimate-requests/{request_id}/refuse
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from amana.pages.signing import Sign
from casework.cases import cases
from casework.evidence import gateway
from casework.photographs import intimate_approvals
from casework.web.request import Caller, Code, OurCenter, Text, page

router = APIRouter()


def _page_of(case_id: str) -> str:
    return f"/cases/{case_id}/intimate"


@router.get("/cases/{case_id}/intimate")
def show(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """List the intimate pictures of a case and the requests to open them."""
    listed = intimate_approvals.listed(center, person, case_id)
    return page(
        request,
        "intimate.html",
        case=cases.get(center, person, case_id),
        listed=listed,
        purposes=gateway.PURPOSES,
    )


@router.post("/photographs/{evidence_id}/requests")
def ask(
    sign: Sign, center: OurCenter, person: Caller, evidence_id: str, purpose: Code, reason: Text
) -> Response:
    """Request to open an intimate picture, then return to the intimate pictures of its case."""
    case_id = intimate_approvals.case_of(center, person, evidence_id)
    return sign(_page_of(case_id), intimate_approvals.ask, evidence_id, purpose, reason)


@router.post("/intimate-requests/{request_id}/approve")
def approve(sign: Sign, center: OurCenter, person: Caller, request_id: str) -> Response:
    """Approve another person's request, then return to the intimate pictures of its case."""
    case_id = intimate_approvals.case_of_request(center, person, request_id)
    return sign(_page_of(case_id), intimate_approvals.decide, request_id, approve=True)


@router.post("/intimate-requests/{request_id}/refuse")
def refuse(sign: Sign, center: OurCenter, person: Caller, request_id: str) -> Response:
    """Refuse another person's request, then return to the intimate pictures of its case."""
    case_id = intimate_approvals.case_of_request(center, person, request_id)
    return sign(_page_of(case_id), intimate_approvals.decide, request_id, approve=False)
