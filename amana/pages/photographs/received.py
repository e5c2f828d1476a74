"""The page of the files that a case received from outside, their copies, and the requests for such files.

GET  /cases/{case_id}/received           the page: all of them, and adding more (`uploads`)
POST /received/{evidence_id}/copies      {kind, purpose} → the page of the copy
POST /cases/{case_id}/requests           {giver, source, until, most} → the page, with the link
POST /requests/{request_id}/withdraw     → the page
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from amana.settings import Settings
from casework.access.permissions import Act, may
from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.codes import PURPOSES
from casework.database.models import FileRequest, Person
from casework.derivatives.queue import DerivativeQueue
from casework.photographs import file_requests, received_files
from casework.photographs.received_files import MAX_TEXT, SOURCES
from casework.received_copies import copies, kinds
from casework.web.request import Caller, Code, OurCenter, center_of, day, of_app, page, person_of, see_other

router = APIRouter()

Queue: TypeAlias = Annotated[DerivativeQueue, of_app("derivatives")]
_DAY = timedelta(days=1)
_GB = 1000**3


@router.get("/cases/{case_id}/received")
def show_case(request: Request, case_id: str) -> Response:
    """Show the received files of a case, and how to add more."""
    return _page(request, case_id)


@router.post("/received/{evidence_id}/copies")
def order_copy(
    center: OurCenter, person: Caller, queue: Queue, evidence_id: str, kind: Code, purpose: Code
) -> Response:
    """Order a copy of a received file for viewing, then redirect to its page."""
    row = copies.order(center, person, evidence_id, kind, purpose)
    queue.wake()
    return see_other(f"/derivatives/{row.id}")


@router.post("/cases/{case_id}/requests")
def ask(
    request: Request,
    center: OurCenter,
    person: Caller,
    case_id: str,
    giver: Annotated[str, Form(max_length=MAX_TEXT)],
    source: Code,
    until: Code,
    most: Annotated[int, Form(ge=1, le=file_requests.MOST // _GB)],
) -> Response:
    """Make a request for files and show its link, in this response only.

    `until`: a date (`YYYY-MM-DD`) of the center's time zone, included; `most`: GB.
    """
    size, ends = most * _GB, day(until, _DAY)
    asked = file_requests.ask(center, person, case_id, giver=giver, source=source, until=ends, most=size)
    return _page(request, case_id, asked.token)


@router.post("/requests/{request_id}/withdraw")
def withdraw(center: OurCenter, person: Caller, request_id: str) -> Response:
    """Withdraw a request for files, then return to the page of its case."""
    withdrawn = file_requests.withdraw(center, person, request_id)
    return see_other(f"/cases/{withdrawn.case_id}/received")


def _page(request: Request, case_id: str, token: str = "") -> Response:
    center, person = center_of(request), person_of(request)
    settings: Settings = request.app.state.settings
    today = now().astimezone()
    files = received_files.listed(center, person, case_id)
    made = copies.of_case(center, person, case_id) if files else {}
    return page(
        request,
        "received.html",
        received=files,
        copies=made,
        fitting={one.id: kinds.fitting(one.format, one.size) for one in files},
        offered={one.id: copies.offered(one, made.get(one.id, [])) for one in files},
        purposes=PURPOSES,
        requests=_named(center, person, case_id),
        case=cases.get(center, person, case_id),
        link=f"{settings.public_address}/give#{token}" if token else "",
        sees=may(person, Act.VIEW_EVIDENCE),
        sources=SOURCES,
        longest=MAX_TEXT,
        first=f"{today:%Y-%m-%d}",
        last=f"{today + file_requests.LONGEST - _DAY:%Y-%m-%d}",
    )


def _named(center: Center, person: Person, case_id: str) -> list[tuple[FileRequest, str]]:
    """Return the open requests with whom each was made to, where that can be read now."""
    asked = file_requests.open_requests(center, person, case_id)
    givers = file_requests.givers(center, person, case_id) if asked else {}
    return [(one, givers.get(one.id, "")) for one in asked]
