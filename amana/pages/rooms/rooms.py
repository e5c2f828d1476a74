"""The interview rooms: the present state of each, and the administrator's list of them.

GET  /rooms                  the page
GET  /rooms/state            → {"rooms": [{room, name, state, safe, losses, cautions, …}]}, for its script
POST /rooms                  code, name: add one, or rename it
POST /rooms/{code}/retire    it is no longer used
"""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.access.permissions import Act, may, require
from casework.interviews import rooms
from casework.web.request import Caller, Code, OurCenter, Text, page, see_other

router = APIRouter()


@router.get("/rooms")
def show(request: Request, center: OurCenter, person: Caller) -> Response:
    """Show the page of the interview rooms; administrators also get the list to edit. Raises `Forbidden`."""
    require(person, Act.SEE_ROOMS)
    kept = rooms.listed(center, retired=True) if may(person, Act.KEEP_ROOMS) else []
    return page(
        request,
        "rooms.html",
        kept=kept,
    )


@router.get("/rooms/state")
def state(center: OurCenter, person: Caller) -> Response:
    """Answer with the current state of each room, for the script of the page."""
    found = rooms.overview(center, person)
    return JSONResponse({"rooms": [asdict(one) for one in found]})


@router.post("/rooms")
def add(center: OurCenter, person: Caller, code: Code, name: Text) -> Response:
    """Add a room, rename one or reinstate a retired one, then return to the rooms."""
    rooms.add(center, person, code.strip(), name)
    return see_other("/rooms")


@router.post("/rooms/{code}/retire")
def retire(center: OurCenter, person: Caller, code: str) -> Response:
    """Retire a room, then return to the rooms."""
    rooms.retire(center, person, code)
    return see_other("/rooms")
