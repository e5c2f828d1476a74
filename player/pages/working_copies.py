"""Working copies on the web: list those of an interview, order one, and show its progress.

    GET  /interviews/{id}/derivatives               the page: the list, and the form that orders a film
    POST /interviews/{id}/derivatives               content and purpose → its page
    GET  /derivatives/{id}                          the page of one
    GET  /derivatives/{id}/progress                 {state, here, done, total}: µs of film, or null
    POST /derivatives/{id}/cancel                   cancel it

`player.pages.viewings` opens them. They are exported only in a package (`packages`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.access.permissions import Act, may
from casework.cases import cases
from casework.center import Center
from casework.comparison_sheets import sheets
from casework.database.models import Derivative, DerivativeState, Person
from casework.derivatives.queue import DerivativeQueue
from casework.errors import (
    Disposed,
    Forbidden,
    Missing,
    NeedsSecond,
    Refused,
)
from casework.evidence.export import Excerpt
from casework.evidence.gateway import PURPOSES
from casework.grants import grants, stated_purposes
from casework.interviews import interviews
from casework.interviews.interviews import Part
from casework.photographs import intimate_approvals
from casework.received_copies import copies
from casework.sandbox.ffmpeg import ProgramMissing
from casework.transcripts.drafts import TRANSCRIPT
from casework.web.request import Caller, Code, OurCenter, of_app, page, see_other, session_of
from casework.working_copies import orders
from chain_of_custody.statements.types import OF_PHOTOGRAPHS, OF_RECEIVED, RELEASED
from player.pages import film_choices

router = APIRouter()

Queue: TypeAlias = Annotated[DerivativeQueue, of_app("derivatives")]
_Time = Annotated[str, Form(max_length=16)]


@router.get("/interviews/{interview_id}/derivatives")
def show_all(
    request: Request, center: OurCenter, person: Caller, queue: Queue, interview_id: str
) -> Response:
    """Show the working copies of an interview, transcripts excepted, with the form that orders one."""
    interview = interviews.get(center, person, interview_id, Act.VIEW_EVIDENCE)
    parts = interviews.list_parts(interview)
    choices, trouble = None, None
    if may(person, Act.MAKE_DERIVATIVE) and parts and not interview.practice:
        if queue.available:
            choices, trouble = film_choices.choices_or_trouble(center, person, interview_id, parts)
        else:
            trouble = ProgramMissing.code
    return page(
        request,
        "derivatives.html",
        interview=interview,
        parts=parts,
        named={part.evidence: part for part in parts},
        listed=[one for one in orders.of_interview(center, person, interview_id) if one.kind != TRANSCRIPT],
        choices=choices,
        trouble=trouble,
        purposes=PURPOSES,
    )


@router.post("/interviews/{interview_id}/derivatives")
def order(
    center: OurCenter,
    person: Caller,
    queue: Queue,
    interview_id: str,
    picture: Annotated[str, Form(max_length=200)],
    purpose: Code,
    sound: Annotated[list[str], Form()] = [],  # noqa: B006  # the framework copies it for each request
    kind: Code = orders.COMPOSED_FILM,
    extent: Code = "interview",
    part: Code = "",
    begin: _Time = "",
    end: _Time = "",
    offset: Annotated[int, Form(ge=-14 * 60, le=14 * 60)] = 0,
) -> Response:
    """Order a film or a still of an interview, then redirect to its page.

    `offset`: minutes by which the clock in the picture is ahead of UTC. Raises `ProgramMissing`, `Refused`.
    """
    interview = interviews.get(center, person, interview_id, Act.MAKE_DERIVATIVE)
    if extent not in ("interview", "part"):
        raise Refused("the whole interview, or one part of it")
    if not queue.available:
        raise ProgramMissing("no FFmpeg on this machine")
    parts = interviews.list_parts(interview)
    spans: Mapping[str, Excerpt | None] | None = None
    if kind == orders.STILL:
        spans = film_choices.moment(parts, part, begin)
    elif extent == "part":
        spans = film_choices.spans(parts, part, begin, end)
    edits = film_choices.edits(picture, sound if kind == orders.COMPOSED_FILM else [], offset)
    row = orders.order(center, person, interview_id, edits, purpose, spans, kind)
    queue.wake()
    return see_other(f"/derivatives/{row.id}")


@router.get("/derivatives/{derivative_id}")
def show_one(request: Request, center: OurCenter, person: Caller, derivative_id: str) -> Response:
    """Show one working copy, or redirect to a grant or a request that must be settled first."""
    try:
        row = _known(center, person, derivative_id)
    except NeedsSecond:  # an intimate sheet is requested on the page for intimate pictures
        return see_other(f"/cases/{intimate_approvals.case_of(center, person, derivative_id)}/intimate")
    if row.kind == TRANSCRIPT and row.state is not DerivativeState.MADE:
        raise Missing(f"no derivative {derivative_id[:32]}")  # its text is still a draft
    purposes: Sequence[str] = PURPOSES
    if row.state is DerivativeState.MADE:
        reached = grants.reached(center, person, row.id)
        if reached.waiting is not None:  # the grant's conditions must be accepted first
            return see_other(f"/grants/{reached.waiting}?evidence={row.id}")
        agreed = intimate_approvals.agreed_to(center, person, row.id)
        purposes = reached.purposes if agreed is None else agreed
    parts = _parts(center, person, row)
    return page(
        request,
        "transcript.html" if row.kind == TRANSCRIPT else "derivative.html",
        row=row,
        case=cases.get(center, person, row.case_id),
        parts={one.evidence: one for one in parts},
        whole=_is_whole(row, parts),
        purposes=purposes,
        stated=stated_purposes.stated(center, session_of(request), row.id),
        linked=_linked(center, person, row),
        released=row.kind in RELEASED,
        checks=row.state is DerivativeState.MADE
        and may(person, Act.CHECK_DERIVATIVE)
        and person.id not in (row.ordered_by, *(row.authors or ())),
        exports=may(person, Act.EXPORT_EVIDENCE) and not grants.receives(person),
        sheet=sheets.sheet_details(center, row) if row.kind in OF_PHOTOGRAPHS else None,
        received=copies.numbers(center, row) if row.kind in OF_RECEIVED else None,
    )


@router.get("/derivatives/{derivative_id}/progress")
def send_state(center: OurCenter, person: Caller, queue: Queue, derivative_id: str) -> Response:
    """Answer with the state of a working copy and how far it is made (µs of film, or null)."""
    row = _known(center, person, derivative_id)
    progress = queue.progress_of(row.id) if row.state is DerivativeState.MAKING else None
    answer = {
        "state": row.state,
        "here": row.node == center.node,
        "done": None if progress is None else progress.done,
        "total": None if progress is None else progress.total,
    }
    return JSONResponse(answer)


@router.post("/derivatives/{derivative_id}/cancel")
def cancel(center: OurCenter, person: Caller, queue: Queue, derivative_id: str) -> Response:
    """Cancel a working copy that is not made yet, then return to its page."""
    row = orders.cancel(center, person, derivative_id)
    queue.stop_making(row.id)
    return see_other(f"/derivatives/{row.id}")


def _known(center: Center, person: Person, derivative_id: str) -> Derivative:
    """Return a working copy, made or not; to holders of a grant, only one that is made."""
    row = orders.get(center, person, derivative_id)
    if row.state is not DerivativeState.MADE and grants.receives(person):
        raise Missing(f"no derivative {derivative_id[:32]}")
    return row


def _linked(center: Center, person: Person, row: Derivative) -> Sequence[str]:
    """Return the transcripts that this one translates or replaces, as far as this person may open them."""
    opened = []
    for name in ("translates", "replaces"):
        if other := (row.edits or {}).get(name):
            with suppress(Missing, Forbidden, Disposed):
                opened.append(_known(center, person, other).id)
    return opened


def _parts(center: Center, person: Person, row: Derivative) -> Sequence[Part]:
    """Return the parts of its interview, as far as this person may view them."""
    if row.interview_id is None:
        return ()
    try:
        interview = interviews.get(center, person, row.interview_id, Act.VIEW_EVIDENCE)
    except Forbidden:
        return ()
    return interviews.list_parts(interview)


def _is_whole(row: Derivative, parts: Sequence[Part]) -> bool:
    """Return whether it shows the complete interview: every part, each of them whole."""
    shown = {one["evidence"] for one in row.sources if one["excerpt"] is None}
    return shown == {part.evidence for part in parts}
