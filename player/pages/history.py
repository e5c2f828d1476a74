"""The history of a case (what, when, by whom and why): as a page, as CSV and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from casework.access.permissions import Act, may
from casework.cases import cases, history
from casework.cases.history import Entry
from casework.center import Center
from casework.database.models import Case, Person
from casework.grants import grants
from casework.interviews import interviews
from casework.interviews.interviews import Safety
from casework.reports import disclosure
from casework.web.request import MEDIA_TYPES, Caller, OurCenter, download, page
from player.papers import history_export
from player.papers.history_export import Line

router = APIRouter()

Day: TypeAlias = Annotated[str, Form(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
"""A day of the center's time zone, as the page is divided; empty for any."""


@router.get("/cases/{case_id}/history")
def show(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the custody history of a case."""
    return _page(request, center, person, case_id)


@router.post("/cases/{case_id}/history")
def show_some(
    request: Request,
    center: OurCenter,
    person: Caller,
    case_id: str,
    by: Annotated[str, Form(pattern=r"^([0-9a-f]{32})?$")] = "",
    since: Day = "",
    until: Day = "",
) -> Response:
    """Show the history filtered by person or days, the last day included.

    The form is answered without a redirect, as in `cases.find_cases`: the filter is in no address.
    """
    return _page(request, center, person, case_id, by, since, until)


def _page(
    request: Request,
    center: Center,
    person: Person,
    case_id: str,
    by: str = "",
    since: str = "",
    until: str = "",
) -> Response:
    entries = history.of_case(center, person, case_id)
    case = cases.get(center, person, case_id)
    lines = history_export.lines(entries)
    shown = [
        line
        for line in lines
        if by in ("", line.entry.actor.id) and since <= line.day and (not until or line.day <= until)
    ]
    return page(
        request,
        "history.html",
        case=case,
        days=_days(shown),
        chosen={"by": by, "since": since, "until": until},
        numbers=(len(shown), len(lines)),
        acted=_acted(lines),
        looked=_looked(person, entries),
        abouts=abouts(center, person, case),
        receives=grants.receives(person),
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


def _days(lines: Sequence[Line]) -> list[tuple[str, list[tuple[bool, list[Line]]]]]:
    """Return the lines of each day, in runs of the acts of machines (True) and of people."""
    return [
        (day, [(automatic, list(run)) for automatic, run in groupby(of_day, key=lambda line: line.automatic)])
        for day, of_day in groupby(lines, key=lambda line: line.day)
    ]


def _acted(lines: Sequence[Line]) -> list[Entry]:
    """Return the newest act of each acting person, by name."""
    newest = {line.entry.actor.id: line.entry for line in lines if not line.automatic}
    return sorted(newest.values(), key=lambda entry: (entry.name is None, entry.name or entry.actor.id))


def _looked(person: Person, entries: Sequence[Entry]) -> tuple[int, Entry] | None:
    """Return how many people have viewed something, and the last time, for those who may see it."""
    viewings = disclosure.viewings(disclosure.among(entries)) if may(person, Act.SEE_DISCLOSURE) else []
    return (disclosure.lookers(viewings), viewings[-1].entry) if viewings else None


def abouts(center: Center, person: Person, case: Case) -> dict[str, dict[str, Any]]:
    """Return the subject of each chain for the page, by chain id."""
    abouts: dict[str, dict[str, Any]] = {case.id: {"kind": "case"}}
    for interview in interviews.of_case(center, person, case.id):
        abouts[interview.id] = {"kind": "interview", "opened": interview.opened_at}
        for item in interviews.list_items(interview):
            kind = "safety" if isinstance(item, Safety) else "part"
            abouts[item.evidence] = {"kind": kind, "number": item.number, "begins": item.begins}
    for specimen in history.specimens_of(center, person, case.id):
        abouts[specimen.id] = {"kind": "specimen", "number": specimen.number}
    for exam in history.sets_of(center, person, case.id):
        abouts[exam.id] = {"kind": "set", "number": exam.number, "opened": exam.opened_at}
    for file in history.files_of(center, person, case.id):
        abouts[file.id] = {"kind": file.kind, "opened": file.opened_at}
    return abouts
