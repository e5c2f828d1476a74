"""*Today*, the first page of every person: their work queue, current interviews, and newest cases."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from amana.http.session_middleware import is_invited
from amana.http.waiting import waiting
from amana.pages.signing import lines
from casework.access.permissions import Act, may
from casework.cases import cases, name_search
from casework.database.models import SignInMethod
from casework.grants import granted_working_copies, grants
from casework.interviews import appointments, rooms
from casework.people import people, sign_in_methods
from casework.photographs import photographs
from casework.signing import signed_acts
from casework.web.request import Caller, OurCenter, page, session_of

SHOWN = 50
"""Items of the work queue shown at once; the count has them all."""
NEWEST = 10
"""Cases shown; the others are on their own page."""

router = APIRouter()


@router.get("/")
def today(request: Request, center: OurCenter, person: Caller) -> Response:
    """Show the person's work queue, current and coming interviews, and their grants or newest cases."""
    session, items = session_of(request), waiting(request)
    receives = grants.receives(person)
    sees_cases = may(person, Act.SEE_CASE) and not receives
    newest = cases.visible(center, person, most=NEWEST + 1) if sees_cases else []
    granted = grants.mine(center, person) if receives else []
    open_now = [one.grant for one in granted if one.trouble is None]
    others = sign_in_methods.sessions(center, person.id)
    watches = may(person, Act.OBSERVE_INTERVIEW)
    return page(
        request,
        "today.html",
        items=items,
        shown=SHOWN,
        names={one.id: one for one in people.by_id(center, {item.by for item in items if item.by})},
        now=rooms.under_way(center, person) if watches else [],
        coming=appointments.upcoming(center, person) if watches else [],
        room_names={room.code: room.name for room in rooms.listed(center, retired=True)},
        cases=newest[:NEWEST],
        case_names=name_search.names_of(center, person, newest[:NEWEST]),
        more=len(newest) > NEWEST,
        signed=lines(request, signed_acts.of_person(center, person, unseen=True)),
        receives=receives,
        granted=granted,
        pictures={one.id: one for grant in open_now for one in photographs.named(center, grant)},
        copies={one.id: one for grant in open_now for one in granted_working_copies.named(center, grant)},
        invited=session.method is SignInMethod.LINK and is_invited(request, person),
        elsewhere=[one for one in others if one.token_digest != session.token_digest],
        failed_before=session.failed_before,
    )
