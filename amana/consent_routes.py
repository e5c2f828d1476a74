"""The page of consent: what the person agrees to, for each thing separately, and taking it back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from casework import cases, consent
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


@router.get("/cases/{case_id}/consent")
def show(request: Request, case_id: str) -> Response:
    center, person = _center(request), _person(request)
    response: Response = request.app.state.templates.TemplateResponse(
        request,
        "consent.html",
        {
            "answers": consent.listed(center, person, case_id),
            "case": cases.get(center, person, case_id),
            "standing": consent.standing(center, person, case_id),
            "subjects": consent.SUBJECTS,
            "outcomes": consent.OUTCOMES,
            "deciders": consent.BY,
            "forms": consent.FORMS,
        },
    )
    return response


@router.post("/cases/{case_id}/consent")
def record(
    request: Request,
    case_id: str,
    subject: Code,
    outcome: Code,
    decided_by: Code,
    form: Code,
    spoken: Code,
    explained_by: Text,
    text: Text = "",
) -> Response:
    consent.record(
        _center(request),
        _person(request),
        case_id,
        subject,
        outcome=outcome,
        decided_by=decided_by,
        form=form,
        language=spoken,
        explained_by=explained_by,
        text=text,
    )
    return RedirectResponse(f"/cases/{case_id}/consent", 303)


@router.post("/cases/{case_id}/consent/{subject}/withdraw")
def withdraw(
    request: Request, case_id: str, subject: str, decided_by: Code, form: Code, text: Text = ""
) -> Response:
    consent.withdraw(
        _center(request), _person(request), case_id, subject, decided_by=decided_by, form=form, text=text
    )
    return RedirectResponse(f"/cases/{case_id}/consent", 303)
