"""Working copies on the web: list those of an interview, order one, and show its progress.

    GET  /interviews/{id}/derivatives               the page: the list, and the form that orders a film
    POST /interviews/{id}/derivatives               content and purpose → its page
    GET  /derivatives/{id}                          the page of one
    GET  /derivatives/{id}/standing                 {state, here, done, total}: µs of film, or null
    POST /derivatives/{id}/cancel                   cancel it

`player.pages.viewings` opens them. They are exported only in a package (`packages`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from casework.access.permissions import Act, may
from casework.cases import cases
from casework.comparison_sheets import sheets
from casework.database.models import Derivative, DerivativeState
from casework.derivatives.queue import DerivativeQueue
from casework.errors import (
    Disposed,
    Forbidden,
    Missing,
    NeedsSecond,
    NothingReadable,
    Refused,
    StillElsewhere,
)
from casework.evidence.export import Excerpt
from casework.evidence.gateway import PURPOSES
from casework.grants import grants
from casework.interviews import interviews
from casework.interviews.interviews import Part
from casework.photographs import intimate_approvals
from casework.sandbox.ffmpeg import ProgramMissing
from casework.transcripts.drafts import TRANSCRIPT
from casework.working_copies import orders
from chain_of_custody.statements.types import OF_PHOTOGRAPHS, RELEASED
from player.pages import film_choices
from player.pages.request import center_of, person_of

router = APIRouter()

_NOT_KEPT = {"cache-control": "no-store"}

_Code = Annotated[str, Form(max_length=64)]
_Time = Annotated[str, Form(max_length=16)]


def _queue(request: Request) -> DerivativeQueue:
    queue: DerivativeQueue = request.app.state.derivatives
    return queue


@router.get("/interviews/{interview_id}/derivatives")
def show_all(request: Request, interview_id: str) -> Response:
    """Show the working copies of an interview, transcripts excepted, with the form that orders one."""
    center, person = center_of(request), person_of(request)
    interview = interviews.get(center, person, interview_id, Act.VIEW_EVIDENCE)
    parts = interviews.list_parts(interview)
    choices, trouble = None, None
    if may(person, Act.MAKE_DERIVATIVE) and parts and not interview.practice:
        choices, trouble = _choices(request, interview_id, parts)
    return _page(
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
    request: Request,
    interview_id: str,
    picture: Annotated[str, Form(max_length=200)],
    purpose: _Code,
    sound: Annotated[list[str], Form()] = [],  # noqa: B006  # the framework copies it for each request
    kind: _Code = orders.COMPOSED_FILM,
    extent: _Code = "interview",
    part: _Code = "",
    begin: _Time = "",
    end: _Time = "",
    offset: Annotated[int, Form(ge=-14 * 60, le=14 * 60)] = 0,
) -> Response:
    """Order a film or a still of an interview, then redirect to its page.

    `offset`: minutes by which the clock in the picture is ahead of UTC. Raises `ProgramMissing`, `Refused`.
    """
    center, person = center_of(request), person_of(request)
    interview = interviews.get(center, person, interview_id, Act.MAKE_DERIVATIVE)
    if extent not in ("interview", "part"):
        raise Refused("the whole interview, or one part of it")
    if not _queue(request).available:
        raise ProgramMissing("no FFmpeg on this machine")
    parts = interviews.list_parts(interview)
    spans: Mapping[str, Excerpt | None] | None = None
    if kind == orders.STILL:
        spans = film_choices.moment(parts, part, begin)
    elif extent == "part":
        spans = film_choices.spans(parts, part, begin, end)
    edits = film_choices.edits(picture, sound if kind == orders.COMPOSED_FILM else [], offset)
    row = orders.order(center, person, interview_id, edits, purpose, spans, kind)
    _queue(request).wake()
    return RedirectResponse(f"/derivatives/{row.id}", 303)


@router.get("/derivatives/{derivative_id}")
def show_one(request: Request, derivative_id: str) -> Response:
    """Show one working copy, or redirect to a grant or a request that must be settled first."""
    center, person = center_of(request), person_of(request)
    try:
        row = _known(request, derivative_id)
    except NeedsSecond:  # an intimate sheet is requested on the page for intimate pictures
        return RedirectResponse(
            f"/cases/{intimate_approvals.case_of(center, person, derivative_id)}/intimate", 303
        )
    if row.kind == TRANSCRIPT and row.state is not DerivativeState.MADE:
        raise Missing(f"no derivative {derivative_id[:32]}")  # its words are still a draft
    purposes: Sequence[str] = PURPOSES
    if row.state is DerivativeState.MADE:
        reached = grants.reached(center, person, row.id)
        if reached.waiting is not None:  # the grant's conditions must be read and accepted first
            return RedirectResponse(f"/grants/{reached.waiting}?evidence={row.id}", 303)
        agreed = intimate_approvals.agreed_to(center, person, row.id)
        purposes = reached.purposes if agreed is None else agreed
    parts = _parts(request, row)
    return _page(
        request,
        "transcript.html" if row.kind == TRANSCRIPT else "derivative.html",
        row=row,
        case=cases.get(center, person, row.case_id),
        parts={one.evidence: one for one in parts},
        whole=_is_whole(row, parts),
        purposes=purposes,
        linked=_linked(request, row),
        released=row.kind in RELEASED,
        checks=row.state is DerivativeState.MADE
        and may(person, Act.CHECK_DERIVATIVE)
        and person.id not in (row.ordered_by, *(row.authors or ())),
        exports=may(person, Act.EXPORT_EVIDENCE) and not grants.receives(person),
        **_of_photographs(request, row),
    )


@router.get("/derivatives/{derivative_id}/standing")
def tell(request: Request, derivative_id: str) -> Response:
    """Answer with the state of a working copy and how far it is made (µs of film, or null)."""
    row = _known(request, derivative_id)
    standing = _queue(request).standing(row.id) if row.state is DerivativeState.MAKING else None
    told = {
        "state": row.state,
        "here": row.node == center_of(request).node,
        "done": None if standing is None else standing.done,
        "total": None if standing is None else standing.total,
    }
    return JSONResponse(told, headers=_NOT_KEPT)


@router.post("/derivatives/{derivative_id}/cancel")
def cancel(request: Request, derivative_id: str) -> Response:
    """Cancel a working copy that is not made yet, then return to its page."""
    row = orders.cancel(center_of(request), person_of(request), derivative_id)
    _queue(request).stop_making(row.id)
    return RedirectResponse(f"/derivatives/{row.id}", 303)


def _page(request: Request, template: str, **context: Any) -> Response:
    response: Response = request.app.state.templates.TemplateResponse(request, template, context)
    return response


def _choices(
    request: Request, interview_id: str, parts: Sequence[Part]
) -> tuple[film_choices.Choices | None, str | None]:
    """Return what can be ordered now; or the code of why nothing can."""
    if not _queue(request).available:
        return None, ProgramMissing.code
    if not any(part.state.sealed for part in parts):
        return None, None
    try:
        return film_choices.of_interview(center_of(request), person_of(request), interview_id), None
    except (NothingReadable, StillElsewhere) as unread:
        return None, unread.code


def _known(request: Request, derivative_id: str) -> Derivative:
    """Return one, made or not; for holders of a grant, only a made one."""
    row = orders.get(center_of(request), person_of(request), derivative_id)
    if row.state is not DerivativeState.MADE and grants.receives(person_of(request)):
        raise Missing(f"no derivative {derivative_id[:32]}")
    return row


def _linked(request: Request, row: Derivative) -> Sequence[str]:
    """Return the transcripts that this one translates or replaces, as far as this person may open them."""
    opened = []
    for name in ("translates", "replaces"):
        if other := (row.edits or {}).get(name):
            with suppress(Missing, Forbidden, Disposed):
                opened.append(_known(request, other).id)
    return opened


def _parts(request: Request, row: Derivative) -> Sequence[Part]:
    """Return the parts of its interview, as far as this person may view them."""
    if row.interview_id is None:
        return ()
    try:
        interview = interviews.get(
            center_of(request), person_of(request), row.interview_id, Act.VIEW_EVIDENCE
        )
    except Forbidden:
        return ()
    return interviews.list_parts(interview)


def _of_photographs(request: Request, row: Derivative) -> dict[str, Any]:
    """Return additional data for a sheet's page: its photographs, and whether it is intimate."""
    if row.kind not in OF_PHOTOGRAPHS:
        return {"sheet": None}
    return {"sheet": sheets.sheet_details(center_of(request), row)}


def _is_whole(row: Derivative, parts: Sequence[Part]) -> bool:
    """Whether it shows all of the interview: every part, each of them whole."""
    shown = {one["evidence"] for one in row.sources if one["excerpt"] is None}
    return shown == {part.evidence for part in parts}
