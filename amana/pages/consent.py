"""The page of consent: what the person agrees to, for each subject separately, and its withdrawal."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Path
from starlette.requests import Request
from starlette.responses import Response

from amana.pages.signing import personally
from casework.cases import cases, consent
from casework.web.request import center_of, page, person_of

router = APIRouter()

Text = Annotated[str, Form(max_length=2000)]
Code = Annotated[str, Form(max_length=64)]
CaseId = Annotated[str, Path(max_length=32)]


def _page_of(case_id: str) -> str:
    return f"/cases/{case_id}/consent"


@router.get("/cases/{case_id}/consent")
def show(request: Request, case_id: str) -> Response:
    """Show the consent page of a case: what is in force for each subject, and every answer ever recorded."""
    center, person = center_of(request), person_of(request)
    return page(
        request,
        "consent.html",
        answers=consent.listed(center, person, case_id),
        case=cases.get(center, person, case_id),
        standing=consent.consents_in_force(center, person, case_id),
        subjects=consent.SUBJECTS,
        outcomes=consent.OUTCOMES,
        deciders=consent.BY,
        forms=consent.FORMS,
    )


@router.post("/cases/{case_id}/consent")
def record(
    request: Request,
    case_id: CaseId,
    subject: Code,
    outcome: Code,
    decided_by: Code,
    form: Code,
    spoken: Code,
    explained_by: Text,
    text: Text = "",
    unsigned: bool = Form(default=False),
) -> Response:
    """Record an answer to one subject of consent, then return to the consent page of the case.

    `unsigned`: without the person's signature; only a refusal may go without.
    """
    act = partial(
        consent.record,
        center_of(request),
        person_of(request),
        case_id,
        subject,
        outcome=outcome,
        decided_by=decided_by,
        form=form,
        language=spoken,
        explained_by=explained_by,
        text=text,
    )
    return personally(request, act, _page_of(case_id), unsigned=unsigned)


@router.post("/cases/{case_id}/consent/{subject}/withdraw")
def withdraw(
    request: Request,
    case_id: CaseId,
    subject: str,
    decided_by: Code,
    form: Code,
    text: Text = "",
    unsigned: bool = Form(default=False),
) -> Response:
    """Record the withdrawal of consent to one subject, then return to the consent page of the case.

    `unsigned`: without the person's signature.
    """
    act = partial(
        consent.withdraw,
        center_of(request),
        person_of(request),
        case_id,
        subject,
        decided_by=decided_by,
        form=form,
        text=text,
    )
    return personally(request, act, _page_of(case_id), unsigned=unsigned)
