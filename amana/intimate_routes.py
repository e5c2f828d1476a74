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
from starlette.responses import RedirectResponse, Response

from casework import cases, evidence, intimate, photographs
from casework.center import Center
from casework.models import Person

router = APIRouter()

Text = Annotated[str, Form(max_length=2000)]
Code = Annotated[str, Form(max_length=64)]


def _center(request: Request) -> Center:
    center: Center = request.app.state.center
    return center


def _person(request: Request) -> Person:
    person: Person = request.state.person
    return person


def _back(case_id: str) -> Response:
    return RedirectResponse(f"/cases/{case_id}/intimate", 303)


@router.get("/cases/{case_id}/intimate")
def show(request: Request, case_id: str) -> Response:
    center, person = _center(request), _person(request)
    listed = intimate.listed(center, person, case_id)
    response: Response = request.app.state.templates.TemplateResponse(
        request,
        "intimate.html",
        {"case": cases.get(center, person, case_id), "listed": listed, "purposes": evidence.PURPOSES},
    )
    return response


@router.post("/photographs/{evidence_id}/requests")
def ask(request: Request, evidence_id: str, purpose: Code, reason: Text) -> Response:
    center, person = _center(request), _person(request)
    intimate.ask(center, person, evidence_id, purpose, reason)
    return _back(photographs.case_of(center, evidence_id))


@router.post("/intimate-requests/{request_id}/approve")
def approve(request: Request, request_id: str) -> Response:
    return _back(intimate.decide(_center(request), _person(request), request_id, approve=True))


@router.post("/intimate-requests/{request_id}/refuse")
def refuse(request: Request, request_id: str) -> Response:
    return _back(intimate.decide(_center(request), _person(request), request_id, approve=False))
