"""The page of consent: a sheet of what the person agrees to, subject by subject, and its withdrawal.

POST /cases/{id}/consent            answer-SUBJECT: given, limited, refused, not-asked or none; limits-SUBJECT
GET  /cases/{id}/consent/form.pdf   the same questions on paper, to be filled in and signed by hand
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from amana.pages.signing import SignOrNot
from casework.access.permissions import Act
from casework.cases import cases, consent
from casework.cases.consent import Answer
from casework.clock import now
from casework.transcripts.drafts import LANGUAGES
from casework.web.request import MEDIA_TYPES, Caller, CaseId, Code, OurCenter, Text, download, page
from player.papers import consent_form
from player.papers.consent_form import NOT_ASKED

router = APIRouter()

SPOKEN = (*LANGUAGES, "sgn", "und")
"""In which language consent was explained: those of transcripts, a sign language, another one (ISO 639)."""


async def _answers(request: Request) -> Sequence[Answer]:
    """Return the answer to each subject; one that the form leaves open has none."""
    fields = await request.form()

    def field(name: str, subject: str) -> str:
        written = fields.get(f"{name}-{subject}", "")
        return written if isinstance(written, str) else ""

    chosen = [Answer(one, field("answer", one), field("limits", one)) for one in consent.SUBJECTS]
    return [answer for answer in chosen if answer.outcome not in ("", NOT_ASKED)]


def _page_of(case_id: str) -> str:
    return f"/cases/{case_id}/consent"


@router.get("/cases/{case_id}/consent")
def show(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the consent page of a case: what is in force for each subject, and every answer ever recorded.

    The language proposed is the one in which the case's newest answer was explained.
    """
    answers = consent.listed(center, person, case_id)
    return page(
        request,
        "consent.html",
        answers=answers,
        spoken=next((one.consent.language for one in answers if one.consent.language), ""),
        case=cases.get(center, person, case_id),
        standing=consent.consents_in_force(center, person, case_id),
        groups=consent.GROUPS,
        subjects=consent.SUBJECTS,
        grounds=consent.GROUNDS,
        spoken_in=SPOKEN,
        outcomes=(*consent.OUTCOMES, NOT_ASKED),
        deciders=consent.BY,
        forms=consent.FORMS,
    )


@router.get("/cases/{case_id}/consent/form.pdf")
def give_form(center: OurCenter, person: Caller, case_id: str) -> Response:
    """Answer with the consent form of a case, as PDF."""
    case = cases.get(center, person, case_id, Act.RECORD_CONSENT)
    cases.require_in_use(case)
    return download(f"consent-form-{case.code}.pdf", consent_form.paper(case, now()), MEDIA_TYPES["pdf"])


@router.post("/cases/{case_id}/consent")
def record(
    sign: SignOrNot,
    case_id: CaseId,
    answers: Annotated[Sequence[Answer], Depends(_answers)],
    decided_by: Code,
    form: Code,
    spoken: Code,
    explained_by: Text,
    ground: Code = "",
    guardian: Text = "",
    interpreter: Annotated[bool, Form()] = False,
) -> Response:
    """Record the answers of a sheet, then return to the consent page of the case.

    Only a sheet of refusals may go without the person's signature.
    """
    return sign(
        _page_of(case_id),
        consent.record,
        case_id,
        answers,
        decided_by=decided_by,
        form=form,
        language=spoken,
        explained_by=explained_by,
        ground=ground,
        guardian=guardian,
        interpreter=interpreter,
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
