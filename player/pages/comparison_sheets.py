"""Comparison sheets on the web: list those of a case, and order one.

    GET  /cases/{id}/comparisons    the page: the list; choosing photographs, marking their rulers
    POST /cases/{id}/comparisons    {photographs, purpose} → {derivative}: the id for its page

The page opens each photograph as the photographs' own pages do, which is stated, and a person sets marks on
it. The result is a working copy, with the pages of one (`working_copies`).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.access.permissions import Act, may
from casework.cases import cases
from casework.codes import PURPOSES
from casework.comparison_sheets import sheets
from casework.comparison_sheets.comparison import LONGEST, MAX_LABEL, MOST, WIDEST
from casework.photographs import photographs
from casework.web.request import Caller, OurCenter, page
from player.pages.working_copies import Queue

router = APIRouter()

_Points = Annotated[int, Field(strict=True, ge=0, le=WIDEST)]


class _Exactly(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Point(_Exactly):
    """A point of the upright original."""

    x: _Points
    y: _Points


class Rectangle(Point):
    """A rectangle of the upright original, in pixels: its upper left corner, width and height."""

    width: _Points
    height: _Points


class Mark(_Exactly):
    """Two ends on a ruler, and the µm between them."""

    begin: Point = Field(alias="from")
    to: Point
    length: Annotated[int, Field(strict=True, ge=0, le=LONGEST * 1000)]


class PhotographOnSheet(_Exactly):
    """A photograph of the sheet; the list's order counts."""

    evidence: Annotated[str, Field(pattern=r"[0-9a-f]{32}", max_length=32)]
    crop: Rectangle
    mark: Mark | None
    label: Annotated[str, Field(max_length=MAX_LABEL * 4)]
    taken: Annotated[str, Field(max_length=10)] | None


class SheetToOrder(BaseModel):
    """The content of a sheet, and the purpose."""

    photographs: Annotated[list[PhotographOnSheet], Field(max_length=MOST * 2)]
    purpose: Annotated[str, Field(max_length=64)]


@router.get("/cases/{case_id}/comparisons")
def show(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the comparison sheets of a case, with the form that orders one."""
    listed = sheets.of_case(center, person, case_id)
    return page(
        request,
        "comparisons.html",
        case=cases.get(center, person, case_id),
        listed=listed,
        choices=sheets.choices(center, person, case_id) if may(person, Act.COMPARE_PHOTOGRAPHS) else [],
        views={one.id: one for one in photographs.listed(center, person, case_id)},
        purposes=PURPOSES,
        locked=not center.keyholder.status().unlocked,
    )


@router.post("/cases/{case_id}/comparisons")
def order(center: OurCenter, person: Caller, queue: Queue, case_id: str, ordered: SheetToOrder) -> Response:
    """Order a comparison sheet; answer with the id of the working copy (201)."""
    photographs = [one.model_dump(by_alias=True) for one in ordered.photographs]
    row = sheets.order(center, person, case_id, photographs, ordered.purpose)
    queue.wake()
    return JSONResponse({"derivative": row.id}, 201)
