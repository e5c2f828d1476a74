"""The disclosure log of a case, in plain sentences; and as CSV and JSON."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from casework.cases import cases
from casework.reports import disclosure
from casework.web.request import Caller, OurCenter, page
from player.pages.history import abouts, file
from player.papers import disclosure_export

router = APIRouter()


@router.get("/cases/{case_id}/disclosures")
def show(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the disclosure log of a case."""
    log = disclosure.of_case(center, person, case_id)
    case = cases.get(center, person, case_id)
    return page(
        request,
        "disclosures.html",
        case=case,
        log=log,
        lookers=disclosure.lookers(log),
        abouts=abouts(center, person, case),
        locked=not center.keyholder.status().unlocked,
    )


@router.get("/cases/{case_id}/disclosures.csv")
def table(center: OurCenter, person: Caller, case_id: str) -> Response:
    """Download the disclosure log of a case as CSV."""
    log = disclosure.of_case(center, person, case_id)
    return file(center, person, case_id, "disclosures", "csv", disclosure_export.as_csv(log))


@router.get("/cases/{case_id}/disclosures.json")
def programs(center: OurCenter, person: Caller, case_id: str) -> Response:
    """Download the disclosure log of a case as JSON."""
    log = disclosure.of_case(center, person, case_id)
    return file(center, person, case_id, "disclosures", "json", disclosure_export.as_json(case_id, log))
