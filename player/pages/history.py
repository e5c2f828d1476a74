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
from player.pages.request import center_of, person_of
from player.papers import history_export

router = APIRouter()


@router.get("/cases/{case_id}/history")
def show(request: Request, case_id: str) -> Response:
    """Show the custody history of a case."""
    center, person = center_of(request), person_of(request)
    entries = history.of_case(center, person, case_id)
    case = cases.get(center, person, case_id)
    response: Response = request.app.state.templates.TemplateResponse(
        request,
        "history.html",
        {
            "case": case,
            "lines": history_export.lines(entries),
            "abouts": abouts(center, person, case),
            "unnamed": any(entry.name is None and len(entry.actor.id) == 32 for entry in entries)
            and not center.keyholder.status().unlocked,
        },
    )
    return response


@router.get("/cases/{case_id}/history.csv")
def table(request: Request, case_id: str) -> Response:
    """Download the custody history of a case as CSV."""
    entries = history.of_case(center_of(request), person_of(request), case_id)
    return file(request, case_id, "history", "csv", history_export.as_csv(entries))


@router.get("/cases/{case_id}/history.json")
def programs(request: Request, case_id: str) -> Response:
    """Download the custody history of a case as JSON."""
    entries = history.of_case(center_of(request), person_of(request), case_id)
    return file(request, case_id, "history", "json", history_export.as_json(case_id, entries))


def file(request: Request, case_id: str, what: str, form: Literal["csv", "json"], content: str) -> Response:
    """Return a download, named after the number of the case."""
    name = f"{what}-{cases.get(center_of(request), person_of(request), case_id).code}.{form}"
    return Response(
        content,
        media_type="text/csv; charset=utf-8" if form == "csv" else "application/json",
        headers={"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"},
    )


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
