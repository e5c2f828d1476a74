"""The disclosure log of a case, in plain sentences; and as CSV and JSON."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from casework.cases import cases
from casework.reports import disclosure
from player.pages.history import abouts, file
from player.pages.request import center_of, person_of
from player.papers import disclosure_export

router = APIRouter()


@router.get("/cases/{case_id}/disclosures")
def show(request: Request, case_id: str) -> Response:
    """Show the disclosure log of a case."""
    center, person = center_of(request), person_of(request)
    log = disclosure.of_case(center, person, case_id)
    case = cases.get(center, person, case_id)
    response: Response = request.app.state.templates.TemplateResponse(
        request,
        "disclosures.html",
        {
            "case": case,
            "log": log,
            "lookers": disclosure.lookers(log),
            "abouts": abouts(center, person, case),
            "locked": not center.keyholder.status().unlocked,
        },
    )
    return response


@router.get("/cases/{case_id}/disclosures.csv")
def table(request: Request, case_id: str) -> Response:
    """Download the disclosure log of a case as CSV."""
    log = disclosure.of_case(center_of(request), person_of(request), case_id)
    return file(request, case_id, "disclosures", "csv", disclosure_export.as_csv(log))


@router.get("/cases/{case_id}/disclosures.json")
def programs(request: Request, case_id: str) -> Response:
    """Download the disclosure log of a case as JSON."""
    log = disclosure.of_case(center_of(request), person_of(request), case_id)
    return file(request, case_id, "disclosures", "json", disclosure_export.as_json(case_id, log))
