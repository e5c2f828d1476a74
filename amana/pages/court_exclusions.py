"""A case's page for court orders about passages: exclusion and restoration."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from amana.pages.signing import Sign
from casework.cases import cases
from casework.errors import Refused
from casework.evidence import court_exclusions
from casework.interviews import interviews
from casework.web.request import Caller, CaseId, Code, OurCenter, Text, page

router = APIRouter()


_TIME = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)(?:\.(\d{1,3}))?", re.ASCII)


def _page_of(case_id: str) -> str:
    return f"/cases/{case_id}/excluded"


@router.get("/cases/{case_id}/excluded")
def show(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the court's exclusions in a case, with the form that enters one."""
    entered = court_exclusions.listed(center, person, case_id)
    items = [
        part
        for interview in interviews.of_case(center, person, case_id)
        for part in interviews.list_items(interview)
    ]
    return page(
        request,
        "excluded.html",
        case=cases.get(center, person, case_id),
        entered=entered,
        items={part.evidence: part for part in items},
        sealed=[part for part in items if part.state.sealed],
        reasons=court_exclusions.REASONS,
        endings=court_exclusions.ENDINGS,
    )


@router.post("/cases/{case_id}/excluded")
def exclude(
    sign: Sign,
    center: OurCenter,
    person: Caller,
    case_id: CaseId,
    item: Code,
    reason: Code,
    reference: Text,
    extent: Code = "passage",
    begins: Code = "",
    ends: Code = "",
    text: Text = "",
) -> Response:
    """Enter that a court has excluded a passage or a whole recording, then return to the case's exclusions.

    `begins` and `ends` are times such as 0:12:30.5. Raises `Forbidden`, `Missing`, `Refused`.
    """
    court_exclusions.require_keeper(center, person, case_id)  # before any message about the form
    excerpt = None if extent == "whole" else (_moment(begins), _moment(ends))
    act = court_exclusions.exclude
    return sign(_page_of(case_id), act, item, excerpt, reason=reason, reference=reference, text=text)


@router.post("/cases/{case_id}/excluded/{exclusion_id}/restore")
def restore(
    sign: Sign,
    center: OurCenter,
    person: Caller,
    case_id: CaseId,
    exclusion_id: str,
    reason: Code,
    reference: Text,
) -> Response:
    """Enter that a court has ended an exclusion, then return to the case's exclusions."""
    court_exclusions.require_keeper(center, person, case_id)
    act = court_exclusions.restore
    return sign(_page_of(case_id), act, exclusion_id, reason=reason, reference=reference)


def _moment(text: str) -> int:
    """Return the µs of a time such as 0:12:30 or 0:12:30.5."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise Refused("a time of the recording is hours:minutes:seconds")
    hours, minutes, seconds = (int(part) for part in match.groups()[:3])
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + int((match[4] or "0").ljust(3, "0")) * 1_000
