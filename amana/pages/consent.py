"""The page of consent: what the person agrees to, for each subject separately, and its withdrawal."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from amana.pages.signing import SignOrNot
from casework.cases import cases, consent
from casework.web.request import Caller, CaseId, Code, OurCenter, Text, page

router = APIRouter()


def _page_of(case_id: str) -> str:
    return f"/cases/{case_id}/consent"


@router.get("/cases/{case_id}/consent")
def show(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the consent page of a case: what is in force for each subject, and every answer ever recorded."""
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
    sign: SignOrNot,
    case_id: CaseId,
    subject: Code,
    outcome: Code,
    decided_by: Code,
    form: Code,
    spoken: Code,
    explained_by: Text,
    text: Text = "",
) -> Response:
    """Record an answer to one subject of consent, then return to the consent page of the case.

    Only a refusal may go without the person's signature.
    """
    return sign(
        _page_of(case_id),
        consent.record,
        case_id,
        subject,
        outcome=outcome,
        decided_by=decided_by,
        form=form,
        language=spoken,
        explained_by=explained_by,
        text=text,
    )


@router.post("/cases/{case_id}/consent/{subject}/withdraw")
def withdraw(
    sign: SignOrNot, case_id: CaseId, subject: str, decided_by: Code, form: Code, text: Text = ""
) -> Response:
    """Record the withdrawal of consent to one subject, then return to the consent page of the case.

    It may go without the person's signature.
    """
    act = consent.withdraw
    return sign(_page_of(case_id), act, case_id, subject, decided_by=decided_by, form=form, text=text)
