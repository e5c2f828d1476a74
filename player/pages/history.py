"""The history of a case (what, when, by whom and why): as a page, as CSV and as JSON."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from casework.cases import cases, history
from casework.center import Center
from casework.database.models import Case, Person
from casework.interviews import interviews
from casework.interviews.interviews import Safety
from casework.web.request import MEDIA_TYPES, Caller, OurCenter, download, page
from player.papers import history_export

router = APIRouter()


@router.get("/cases/{case_id}/history")
def show(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the custody history of a case."""
    entries = history.of_case(center, person, case_id)
    case = cases.get(center, person, case_id)
    return page(
        request,
        "history.html",
        case=case,
        lines=history_export.lines(entries),
        abouts=abouts(center, person, case),
        unnamed=any(entry.name is None and len(entry.actor.id) == 32 for entry in entries)
        and not center.keyholder.status().unlocked,
    )


@router.get("/cases/{case_id}/history.csv")
def table(center: OurCenter, person: Caller, case_id: str) -> Response:
    """Download the custody history of a case as CSV."""
    entries = history.of_case(center, person, case_id)
    return file(center, person, case_id, "history", "csv", history_export.as_csv(entries))


@router.get("/cases/{case_id}/history.json")
def programs(center: OurCenter, person: Caller, case_id: str) -> Response:
    """Download the custody history of a case as JSON."""
    entries = history.of_case(center, person, case_id)
    return file(center, person, case_id, "history", "json", history_export.as_json(case_id, entries))


def file(
    center: Center, person: Person, case_id: str, what: str, form: Literal["csv", "json"], content: str
) -> Response:
    """Return a download, named after the number of the case."""
    name = f"{what}-{cases.get(center, person, case_id).code}.{form}"
    return download(name, content, MEDIA_TYPES[form])


def abouts(center: Center, person: Person, case: Case) -> dict[str, dict[str, Any]]:
    """Return the subject of each chain for the page, by chain id."""
    abouts: dict[str, dict[str, Any]] = {case.id: {"kind": "case"}}
    for interview in interviews.of_case(center, person, case.id):
        abouts[interview.id] = {"kind": "interview", "opened": interview.opened_at}
        for item in interviews.list_items(interview):
            kind = "safety" if isinstance(item, Safety) else "part"
            abouts[item.evidence] = {"kind": kind, "number": item.number, "begins": item.begins}
    for exam in history.sets_of(center, person, case.id):
        abouts[exam.id] = {"kind": "set", "number": exam.number, "opened": exam.opened_at}
    for file in history.files_of(center, person, case.id):
        abouts[file.id] = {"kind": file.kind, "opened": file.opened_at}
    return abouts
