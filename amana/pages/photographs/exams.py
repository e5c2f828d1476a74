"""Pages of guided sets of exam photographs.

POST /cases/{case_id}/exams            form: figure, follows → the set's page
GET  /exams/{exam_id}                  the page: body map, injuries, the requested pictures
POST /exams/{exam_id}/notes            {injuries: [{side, region, x, y, term, words, intimate, agreed,
                                       removed, size}], unseen, declined, base}: all, each time
POST /exams/{exam_id}/close            close the set
POST /exams/{exam_id}/report           the examination report, as PDF; of an open set a draft
GET  /exams/{exam_id}/beside           the set beside the one it follows; one that follows none → its page
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from markupsafe import Markup
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.access.permissions import Act, may
from casework.body_maps.drawings import SIDES, chosen_svg
from casework.photographs import exam_report, exam_sets, photographs
from casework.photographs.exam_sets import (
    MAX_INJURIES,
    MAX_SIZE,
    MAX_WORDS,
    TERMS,
    UNITS,
    VIEWS,
    Injury,
    Notes,
)
from casework.web.request import MEDIA_TYPES, Caller, Code, OurCenter, download, page, see_other
from player.papers import exam_report as report_paper

router = APIRouter()


class NotedInjury(BaseModel):
    """One injury."""

    side: str = Field(max_length=16)
    region: str = Field(max_length=32)
    x: Annotated[int, Field(ge=0, le=UNITS)]
    y: Annotated[int, Field(ge=0, le=UNITS)]
    term: str = Field(max_length=32)
    words: str = Field(max_length=MAX_WORDS)
    intimate: bool = False
    agreed: bool = False
    removed: str = Field(default="", max_length=MAX_WORDS)
    size: str = Field(default="", max_length=MAX_SIZE)


class NotedSet(BaseModel):
    """All that is noted in a set."""

    injuries: Annotated[list[NotedInjury], Field(max_length=MAX_INJURIES)]
    unseen: Annotated[list[Annotated[str, Field(max_length=16)]], Field(max_length=len(SIDES))] = []
    """The regions in which nothing is seen."""
    declined: Annotated[list[Annotated[str, Field(max_length=16)]], Field(max_length=len(SIDES))] = []
    """The regions that the person did not want to have examined."""
    base: Annotated[int | None, Field(ge=0, le=2**53 - 1)] = None
    """The notes on which the page's change is based: the number that it got with them."""


@router.post("/cases/{case_id}/exams")
def open_set(center: OurCenter, person: Caller, case_id: str, figure: Code, follows: Code = "") -> Response:
    """Open a set of exam photographs in a case, then redirect to its page. `follows`: a set, or `none`."""
    exam = exam_sets.open_set(center, person, case_id, figure, None if follows in ("", "none") else follows)
    return see_other(f"/exams/{exam.id}")


@router.get("/exams/{exam_id}")
def show_set(request: Request, center: OurCenter, person: Caller, exam_id: str) -> Response:
    """Show the page of one set: body map, injuries, and the views taken of each."""
    exam = exam_sets.get(center, person, exam_id)
    return page(
        request,
        "exam.html",
        exam=exam,
        notes=(exam.notes or Notes()).to_json(),
        filled=[[injury, view, numbers] for (injury, view), numbers in exam.filled.items()],
        intimate=sorted(exam.intimate),
        editable=may(person, Act.ADD_PHOTOGRAPHS) and not exam.closed and not exam.locked,
        sides=SIDES,
        drawn=lambda side, language: Markup(chosen_svg(exam.figure, side, language)),  # noqa: S704  # our own
        views=VIEWS,
        terms=TERMS,
    )


@router.post("/exams/{exam_id}/notes")
def note(center: OurCenter, person: Caller, exam_id: str, noted: NotedSet) -> Response:
    """Replace what is noted in a set; answer with the number of injuries and the base of the next change."""
    notes = Notes([Injury(**one.model_dump()) for one in noted.injuries], noted.unseen, noted.declined)
    position = exam_sets.note(center, person, exam_id, notes, noted.base)
    return JSONResponse({"injuries": len(notes.injuries), "base": position})


@router.post("/exams/{exam_id}/close")
def close(center: OurCenter, person: Caller, exam_id: str) -> Response:
    """Close a set, then return to its page."""
    exam_sets.close(center, person, exam_id)
    return see_other(f"/exams/{exam_id}")


@router.post("/exams/{exam_id}/report")
def report(center: OurCenter, person: Caller, exam_id: str) -> Response:
    """Make the examination report of a set and state it; then answer with the PDF, a draft of an open set.

    Raises `Forbidden`, `Missing`, `VaultLocked`, `NothingReadable`, `vault.errors.ProtectionAway`.
    """
    reported = exam_report.reported(center, person, exam_id)
    paper = report_paper.paper(center, reported)
    exam_report.state(center, person, reported, paper)
    name = f"examination-{reported.set.case.code}-{reported.set.number}"
    return download(f"{name}{'' if reported.set.closed else '-draft'}.pdf", paper, MEDIA_TYPES["pdf"])


@router.get("/exams/{exam_id}/beside")
def beside(request: Request, center: OurCenter, person: Caller, exam_id: str) -> Response:
    """Show a set beside the one it follows; redirect to its own page if it follows none."""
    now = exam_sets.get(center, person, exam_id)
    if now.follows is None:
        return see_other(f"/exams/{exam_id}")  # nothing to compare it with
    before = exam_sets.get(center, person, now.follows)
    listed = [one for one in photographs.listed(center, person, now.case.id) if one.view]
    of_set = {
        exam: {(one.injury, one.view): one for one in listed if one.exam == exam}
        for exam in (before.id, now.id)
    }
    places = sorted(of_set[before.id].keys() | of_set[now.id].keys(), key=_order)
    return page(
        request,
        "exam_beside.html",
        before=before,
        now=now,
        rows=[(place, of_set[before.id].get(place), of_set[now.id].get(place)) for place in places],
        locked=not center.keyholder.status().unlocked,
    )


def _order(place: tuple[int | None, str | None]) -> tuple[int, int]:
    injury, view = place
    return injury or 0, VIEWS.index(view) if view in VIEWS else -1
