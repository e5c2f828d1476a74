"""The general pages: cases, and one case.

Routes are plain functions: the framework runs them in threads, where they may wait for a disk. Each calls
`casework`, which checks permission first; what a page shows or hides is for convenience, never for
protection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Form, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from amana.pages.signing import Sign, personally
from casework.access.permissions import Act, may
from casework.cases import cases, consent, description, name_search
from casework.center import Center
from casework.database.models import Case, Interview, Person
from casework.errors import VaultLocked
from casework.grants import granted_working_copies, grants, stated_purposes
from casework.interviews import appointments, interviews, opened_in_error, rooms, seal_confirmation
from casework.interviews.interviews import PURPOSES, Part, Present
from casework.people import credentials, people
from casework.photographs import photographs
from casework.reports import case_timeline
from casework.retention import legal_holds
from casework.short_text import western_digits
from casework.web.request import (
    Caller,
    CaseId,
    Code,
    OurCenter,
    Text,
    center_of,
    page,
    person_of,
    see_other,
    session_of,
)
from casework.working_copies import orders

T = TypeVar("T")
PER_PAGE = 50
"""Cases on one page of the list."""
SHOWN = 100
"""Events of a case's timeline shown; the history has everything."""

router = APIRouter()


@router.get("/cases")
def list_cases(
    request: Request,
    center: OurCenter,
    person: Caller,
    number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
    sort: Annotated[str, Query(max_length=16)] = cases.NEWEST,
) -> Response:
    """Show the cases that the person has access to, a page at a time; `sort`: as in `cases.visible`."""
    found = cases.visible(center, person, skip=(number - 1) * PER_PAGE, most=PER_PAGE + 1, sort=sort)
    return _cases(request, found, number=number, sort=sort)


@router.post("/cases/find")
def find_cases(
    request: Request, center: OurCenter, person: Caller, find: Code = "", after: Code = ""
) -> Response:
    """Show the cases whose number or person's name contains `find`; where there is one only, its page.

    The form is answered without a redirect: the search text may be a name, and must not be in an address.
    `after`: the case at which a search by name stopped before.
    """
    typed = find.strip()
    if description.readable(person) and name_search.is_name(typed):
        return _by_name(request, typed, after)
    search = western_digits(typed)
    found = cases.visible(center, person, search, most=PER_PAGE + 1)
    return see_other(f"/cases/{found[0].id}") if len(found) == 1 else _cases(request, found, find=search)


def _by_name(request: Request, typed: str, after: str) -> Response:
    center, person = center_of(request), person_of(request)
    try:
        found = name_search.search(center, person, typed, after, most=PER_PAGE)
    except VaultLocked:
        return page(request, "cases_by_name.html", find=typed, found=None)
    if len(found.cases) == 1 and not (after or found.stopped_at or found.unreadable):
        return see_other(f"/cases/{found.cases[0].case.id}")
    return page(request, "cases_by_name.html", find=typed, found=found, older=bool(after))


@router.get("/cases/find")
def find_again() -> Response:
    """Redirect to the list: a search result has no address."""
    return see_other("/cases")


def _cases(
    request: Request, found: Sequence[Case], *, find: str = "", number: int = 1, sort: str = ""
) -> Response:
    """`sort`: empty for a search result, which is one page and has no address."""
    more, shown = len(found) > PER_PAGE, found[:PER_PAGE]
    return page(
        request,
        "cases.html",
        cases=shown,
        case_names=name_search.names_of(center_of(request), person_of(request), shown),
        find=find,
        number=number,
        more=more,
        sort=sort,
    )


@router.post("/cases")
def open_case(center: OurCenter, person: Caller) -> Response:
    """Open a case, then redirect to its page."""
    return see_other(f"/cases/{cases.open_case(center, person).id}")


@router.get("/cases/{case_id}")
def show_case(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the overview of one case; to holders of grants, what was granted.

    Raises `Forbidden`, `Missing`.
    """
    case = cases.get(center, person, case_id)
    gives, receives = may(person, Act.HAND_CASE), grants.receives(person)
    timeline = [] if receives else case_timeline.of_case(center, person, case_id)
    receivers = {event.grant.person_id for event in timeline if event.grant}
    return page(
        request,
        "case.html",
        case=case,
        **_planned(center, person, case_id),
        **(_interviews(center, person, case_id) if receives else {"receives": False}),
        timeline=timeline[:SHOWN],
        more=len(timeline) > SHOWN,
        names={one.id: one for one in people.by_id(center, {event.by for event in timeline} | receivers)},
        held_by_law=legal_holds.over(center, case_id),
        locked=not center.keyholder.status().unlocked,
        description=_if_readable(person, partial(description.read, center, person, case_id)),
        opener=people.get(center, case.opened_by) if gives else None,
        exhibits=photographs.reached(center, person, case_id) if receives else [],
        ready=stated_purposes.ready(center, session_of(request), case_id) if receives else {},
        voidable=may(person, Act.VOID_CASE) and opened_in_error.may_void_case(center, case),
        made=granted_working_copies.reached(center, person, case_id) if receives else [],
        copies=receives
        and (
            photographs.copied(center, person, case_id)
            or bool(granted_working_copies.reached(center, person, case_id, copy=True))
        ),
        given=cases.given_to(center, person, case_id) if gives else [],
        others=[one for one in people.to_give_to(center, person) if one.id != case.opened_by]
        if gives
        else [],
    )


@router.get("/cases/{case_id}/interviews")
def list_interviews(request: Request, center: OurCenter, person: Caller, case_id: CaseId) -> Response:
    """Show the interviews of a case with their parts. Raises `Forbidden`, `Missing`."""
    case = cases.get(center, person, case_id)
    return page(
        request,
        "interviews.html",
        case=case,
        **_planned(center, person, case_id),
        **_interviews(center, person, case_id),
    )


def _planned(center: Center, person: Person, case_id: str) -> dict[str, Any]:
    """Return what `planned.html` shows: the appointments of the case, and the names of rooms."""
    watches = may(person, Act.OBSERVE_INTERVIEW)
    return {
        "planned": appointments.of_case(center, person, case_id) if watches else [],
        "room_names": {room.code: room.name for room in rooms.listed(center, retired=True)},
    }


def _interviews(center: Center, person: Person, case_id: str) -> dict[str, Any]:
    """Return what `case_interviews.html` shows."""
    receives = grants.receives(person)
    held: list[dict[str, Any]] = [
        {
            "interview": interview,
            "parts": interviews.list_parts(interview),
            "recorded": _recorded(interviews.list_parts(interview)),
            "told": _if_readable(person, partial(interviews.opening_details, center, person, interview.id)),
            "copies": _copies(center, person, interview),
            "voidable": may(person, Act.OPEN_INTERVIEW) and opened_in_error.may_void_interview(interview),
        }
        for interview in interviews.of_case(center, person, case_id)
        # A holder of a grant could mistake an interview without a recording for one that is withheld.
        if not receives or interviews.list_parts(interview)
    ]
    parts = [part.evidence for item in held for part in item["parts"]]
    return {
        "held": held,
        "confirmed": seal_confirmation.confirmed(center, parts),
        "confirms": may(person, Act.CONDUCT_INTERVIEW) and bool(credentials.of_person(center, person.id)),
        "receives": receives,
        "opens": grants.opens(center, person, case_id),
        "told_before": len(interviews.with_testimony(center, person, case_id)),
    }


@router.get("/cases/{case_id}/interviews/new")
def new_interview(
    request: Request,
    center: OurCenter,
    person: Caller,
    case_id: CaseId,
    appointment: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """Show the form that opens an interview, with what was recorded in the case before.

    `appointment`: which appointment of the case it is for; its room and purpose are then chosen already.
    """
    case = cases.get(center, person, case_id, Act.OPEN_INTERVIEW)
    planned = appointments.of_case(center, person, case_id)
    return page(
        request,
        "open_interview.html",
        case=case,
        purposes=PURPOSES,
        rooms=rooms.listed(center),
        room_names={room.code: room.name for room in rooms.listed(center, retired=True)},
        planned=planned,
        kept=next((one for one in planned if one.id == appointment), None),
        told=[
            {
                "interview": one,
                "recorded": _recorded(interviews.list_parts(one)),
                "over": interviews.is_over(one),
            }
            for one in interviews.with_testimony(center, person, case_id)
        ],
        consents=consent.consents_in_force(center, person, case_id),
    )


@router.post("/cases/{case_id}/interviews")
def open_interview(
    center: OurCenter,
    person: Caller,
    case_id: str,
    purpose: Code,
    room: Code,
    place: Text = "",
    wish: Text = "",
    who: Annotated[list[str], Form()] = [],  # noqa: B006  # the framework copies it for each request
    role: Annotated[list[str], Form()] = [],  # noqa: B006
    practice: bool = Form(default=False),
    again: Text = "",
    follows: Code = "",
    appointment: Code = "",
) -> Response:
    """Open an interview in a case, then redirect to its console.

    `who` and `role` list names and roles of the people present, in parallel; blank names are skipped.
    """
    present = [
        Present(name.strip(), part.strip()) for name, part in zip(who, role, strict=False) if name.strip()
    ]
    interview = interviews.open_interview(
        center,
        person,
        case_id,
        purpose=purpose,
        room=room,
        place=place.strip(),
        present=present,
        wish=wish.strip(),
        practice=practice,
        again=again,
        follows=follows or None,
        appointment=appointment or None,
    )
    return see_other(f"/interviews/{interview.id}/console")


@router.post("/cases/{case_id}/description")
def describe_case(
    center: OurCenter, person: Caller, case_id: str, called: Text = "", notes: Text = ""
) -> Response:
    """Record the name and the notes of a case, sealed to it, then return to its page."""
    description.describe(center, person, case_id, called=called, notes=notes)
    return see_other(f"/cases/{case_id}")


@router.post("/cases/{case_id}/access")
def give_case(
    sign: Sign,
    case_id: CaseId,
    person: Annotated[list[str], Form()] = [],  # noqa: B006  # the framework copies it for each request
) -> Response:
    """Give colleagues access to a case, each by a statement of its own, then return to its page."""
    return sign(f"/cases/{case_id}", cases.give, case_id, *person)


@router.post("/cases/{case_id}/access/{person_id}/withdraw")
def withdraw_case(sign: Sign, case_id: CaseId, person_id: str) -> Response:
    """Withdraw a colleague's access to a case, then return to its page."""
    return sign(f"/cases/{case_id}", cases.withdraw, case_id, person_id)


def _if_readable(person: Person, read: Callable[[], T]) -> T | None:
    """Return sealed details; None for a role that may not read them, and while the vault is locked."""
    if not may(person, Act.READ_DETAILS):
        return None
    try:
        return read()
    except VaultLocked:
        return None  # the page says once that the vault is locked


def _recorded(parts: Sequence[Part]) -> str:
    """Return the duration of picture and sound, `0:12:31`; empty while any part is not sealed."""
    ended = [part.ends - part.begins for part in parts if part.ends is not None]
    if not ended or len(ended) < len(parts):
        return ""
    return str(timedelta(seconds=round(sum(ended, timedelta()).total_seconds())))


def _copies(center: Center, person: Person, interview: Interview) -> bool:
    """Return whether the page of its working copies has content for this person."""
    if interview.practice or not may(person, Act.VIEW_EVIDENCE):
        return False
    if may(person, Act.MAKE_DERIVATIVE):
        return any(part.state.sealed for part in interviews.list_parts(interview))
    return not grants.receives(person) and bool(orders.of_interview(center, person, interview.id))


@router.post("/evidence/{evidence_id}/confirm")
def confirm_seal(
    request: Request, center: OurCenter, person: Caller, evidence_id: Annotated[str, Path(max_length=32)]
) -> Response:
    """Confirm a seal: the person who stopped the recording adds their own signature."""
    case_id = seal_confirmation.case_of(center, person, evidence_id)
    act = partial(seal_confirmation.confirm, center, person, evidence_id)
    return personally(request, act, f"/cases/{case_id}/interviews")
