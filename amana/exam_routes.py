"""Pages of guided sets of exam photographs.

POST /cases/{case_id}/exams            form: figure, follows → the set's page
GET  /exams/{exam_id}                  the page: body map, injuries, the pictures that are wanted
POST /exams/{exam_id}/notes            {injuries: [{side, x, y, term, words}]}: all of them, each time
POST /exams/{exam_id}/close            she leaves
GET  /exams/{exam_id}/beside           the set and the one it follows, side by side
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from casework import exams, photographs
from casework.center import Center
from casework.exams import MAX_INJURIES, MAX_WORDS, SIDES, TERMS, UNITS, VIEWS, Injury
from casework.models import Person
from casework.permissions import Act, may

router = APIRouter()

Code = Annotated[str, Form(max_length=64)]


class Noted(BaseModel):
    """One injury."""

    side: str = Field(max_length=16)
    x: Annotated[int, Field(ge=0, le=UNITS)]
    y: Annotated[int, Field(ge=0, le=UNITS)]
    term: str = Field(max_length=32)
    words: str = Field(max_length=MAX_WORDS)


class Notes(BaseModel):
    """All injuries of a set."""

    injuries: Annotated[list[Noted], Field(max_length=MAX_INJURIES)]


def _page(request: Request, template: str, **context: Any) -> Response:
    response: Response = request.app.state.templates.TemplateResponse(request, template, context)
    return response


def _center(request: Request) -> Center:
    center: Center = request.app.state.center
    return center


def _person(request: Request) -> Person:
    person: Person = request.state.person
    return person


@router.post("/cases/{case_id}/exams")
def open_set(request: Request, case_id: str, figure: Code, follows: Code = "") -> Response:
    exam = exams.open_set(_center(request), _person(request), case_id, figure, follows or None)
    return RedirectResponse(f"/exams/{exam.id}", 303)


@router.get("/exams/{exam_id}")
def show_set(request: Request, exam_id: str) -> Response:
    center, person = _center(request), _person(request)
    found = exams.get(center, person, exam_id)
    return _page(
        request,
        "exam.html",
        exam=found,
        notes=[one.to_json() for one in found.injuries or ()],
        filled=[[injury, view, numbers] for (injury, view), numbers in found.filled.items()],
        editable=may(person, Act.ADD_PHOTOGRAPHS) and not found.closed and not found.locked,
        sides=SIDES,
        views=VIEWS,
        terms=TERMS,
    )


@router.post("/exams/{exam_id}/notes")
def note(request: Request, exam_id: str, notes: Notes) -> Response:
    injuries = [Injury(**one.model_dump()) for one in notes.injuries]
    exams.note(_center(request), _person(request), exam_id, injuries)
    return JSONResponse({"injuries": len(injuries)})


@router.post("/exams/{exam_id}/close")
def close(request: Request, exam_id: str) -> Response:
    exams.close(_center(request), _person(request), exam_id)
    return RedirectResponse(f"/exams/{exam_id}", 303)


@router.get("/exams/{exam_id}/beside")
def beside(request: Request, exam_id: str) -> Response:
    center, person = _center(request), _person(request)
    now = exams.get(center, person, exam_id)
    before = exams.get(center, person, now.follows or exam_id)
    listed = [one for one in photographs.listed(center, person, now.case.id) if one.view]
    of_set = {
        exam: {(one.injury, one.view): one for one in listed if one.exam == exam}
        for exam in (before.id, now.id)
    }
    places = sorted(of_set[before.id].keys() | of_set[now.id].keys(), key=_order)
    return _page(
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
