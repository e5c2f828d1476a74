"""The pages of observers and interviewer, and the messages between them.

    GET  /interviews/{id}/observe   /interviewer      pages
    GET  /interviews/{id}/observe/events              Server-Sent Events, as the console's
    GET  /interviews/{id}/next-door                   → {known, slips, waiting, present, revision}
    POST /interviews/{id}/questions                   {text, request} → the question
    POST /interviews/{id}/break-requests              {request} → the request
    POST /interviews/{id}/checklist       {protocol, version, item, done, note, request} → the item
    POST /interviews/{id}/phase           {protocol, version, phase, request} → the phase
    POST /interviews/{id}/exhibit         {evidence, request} → what is chosen and shown; null: nothing
    POST /interviews/{id}/exhibit/{state} {evidence, ago, request} → the same; shown, hidden, failed
    POST /interviews/{id}/drawing {evidence, means, ms, ago, request} → {evidence, number} of a sealed drawing
    POST /interviews/{id}/questions/{number}/{state}  {request} → the question; read, put, asked, later, aside

As in `console`, `casework` checks the permission of every request. A message is in the record before it is
acknowledged, or waits for it on the recording machine (`recorder.interview.questions`). Its sender comes from
the session, never from the page.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.access.permissions import Act, may
from casework.body_maps.drawings import FIGURES, plain_svg
from casework.center import Center
from casework.database.models import Interview, InterviewState, Person
from casework.errors import CaseworkError, Missing
from casework.interviews import checklists, interviews
from casework.interviews.checklists import Protocol, ProtocolsUnreadable
from casework.photographs import exhibits
from casework.recording.channel import Disconnected
from casework.web.cookies import cookie_of
from casework.web.request import Caller, OurCenter
from recorder.interview.questions import BREAK, QUESTION
from recorder.pages.console import status_response
from recorder.pages.interview_routes import Conducted, Observed, OpenToQuestions, Sent, interview_page
from recorder.pages.refusals import RoomRoute, Unfit

UNKNOWN: dict[str, Any] = {
    "known": False,
    "slips": [],
    "ticks": [],
    "phase": None,
    "exhibits": {"chosen": None, "shown": None, "failed": False},
    "waiting": 0,
    "present": [],
    "revision": 0,
}
"""The state without a recorder: messages are in the record, or wait for it."""

router = APIRouter(route_class=RoomRoute)

Found = TypeVar("Found")


# --- pages ------------------------------------------------------------------------------------------------


@router.get("/interviews/{interview}/observe")
async def observe(request: Request, row: Observed, center: OurCenter, person: Caller) -> Response:
    """Return the observers' page."""
    stated = await asyncio.to_thread(_opening_details, center, person, row.id)
    known = {"room": row.room, "me": person.id}
    asks = may(person, Act.ASK_QUESTION)
    return interview_page(request, "observe.html", row, known, stated=stated, asks=asks)


@router.get("/interviews/{interview}/interviewer")
async def interviewer(request: Request, row: Conducted, person: Caller) -> Response:
    """Return the interviewer's page, for a tablet."""
    known = {"room": row.room, "me": person.id}
    return interview_page(request, "interviewer.html", row, known, figures=_figures())


@functools.cache
def _figures() -> Sequence[tuple[str, str, Markup]]:
    """Return what can be drawn on: figure, side, and the drawing as an SVG element."""
    return [
        (figure, side, Markup(plain_svg(figure, side)))  # noqa: S704  # our own
        for figure in FIGURES
        for side in ("front", "back")
    ]


def _opening_details(center: Center, person: Person, interview: str) -> Any:
    """Return the details stated at the interview's opening, if readable now: the page works without."""
    try:
        return interviews.opening_details(center, person, interview)
    except CaseworkError:
        return None


# --- messages -----------------------------------------------------------------------------------------------


@router.get("/interviews/{interview}/observe/events")
async def events(request: Request, row: Observed) -> Response:
    """Send Server-Sent Events: `status`, for observers."""
    return status_response(request, row, Act.OBSERVE_INTERVIEW)


@router.get("/interviews/{interview}/next-door")
async def next_door(row: Observed, center: OurCenter) -> Response:
    """Return the questions, the requests and who is in the room."""
    child = center.rooms.reach(row.id)
    return JSONResponse(UNKNOWN if child is None else {"known": True, **await child.ask("next_door")})


@router.post("/interviews/{interview}/questions")
async def ask(row: OpenToQuestions, sent: Sent, center: OurCenter, person: Caller) -> Response:
    """Send a question to the interview."""
    return await _send(center, person, row, sent, QUESTION, sent.get("text", ""))


@router.post("/interviews/{interview}/break-requests")
async def ask_for_break(row: OpenToQuestions, sent: Sent, center: OurCenter, person: Caller) -> Response:
    """Request a break."""
    return await _send(center, person, row, sent, BREAK, "")


async def _send(
    center: Center, person: Person, row: Interview, sent: Mapping[str, Any], kind: str, text: object
) -> Response:
    sender = {"by": person.id, "who": person.name or person.organisation, "role": person.role.value}
    request = sent.get("request")
    return await _pass_on(center, row, "slip", request=request, kind=kind, text=text, **sender)


@router.post("/interviews/{interview}/questions/{number}/{state}")
async def settle(
    row: Conducted, sent: Sent, center: OurCenter, person: Caller, number: int, state: str
) -> Response:
    """Record the new state of a question or of a request for a break."""
    fields = {"number": number, "state": state[:16], "by": person.id}
    return await _pass_on(center, row, "settle", request=sent.get("request"), **fields)


@router.post("/interviews/{interview}/checklist")
async def tick(request: Request, row: Conducted, sent: Sent, center: OurCenter, person: Caller) -> Response:
    """Record that an item of the center's protocol is done, or not done after all."""
    protocol = await asyncio.to_thread(_protocol_shown, center, sent)
    item = _known(protocol.item, sent.get("item"))
    return await _pass_on(
        center,
        row,
        "tick",
        request=sent.get("request"),
        **_line(request, person, protocol, item.words),
        item=item.code,
        done=sent.get("done"),
        note=sent.get("note", "") if item.noted else "",
    )


@router.post("/interviews/{interview}/phase")
async def enter_phase(
    request: Request, row: Conducted, sent: Sent, center: OurCenter, person: Caller
) -> Response:
    """Record that a phase of the center's protocol begins."""
    protocol = await asyncio.to_thread(_protocol_shown, center, sent)
    phase = _known(protocol.phase, sent.get("phase"))
    fields = {"phase": phase.code, **_line(request, person, protocol, phase.words)}
    return await _pass_on(center, row, "phase", request=sent.get("request"), **fields)


@router.post("/interviews/{interview}/exhibit")
async def choose_exhibit(row: Conducted, sent: Sent, center: OurCenter, person: Caller) -> Response:
    """Choose the picture that the tablet shows, or none."""
    chosen = None
    if (evidence := sent.get("evidence")) is not None:
        try:
            chosen = await asyncio.to_thread(exhibits.chosen, center, person, row.case_id, str(evidence))
        except Missing as unknown:
            raise Unfit("exhibit.unknown") from unknown
    return await _pass_on(center, row, "exhibit", request=sent.get("request"), exhibit=chosen)


@router.post("/interviews/{interview}/exhibit/{state}")
async def report_exhibit(
    request: Request, row: Conducted, sent: Sent, center: OurCenter, person: Caller, state: str
) -> Response:
    """Record that the tablet shows a picture, or shows it no more, since `ago` ms."""
    reported = {name: sent.get(name) for name in ("evidence", "ago", "request")}
    return await _report(
        request, center, row, "report_exhibit", {"state": state[:16], "by": person.id, **reported}
    )


@router.post("/interviews/{interview}/drawing")
async def report_drawing(
    request: Request, row: Conducted, sent: Sent, center: OurCenter, person: Caller
) -> Response:
    """Record that a drawing, which this person has sealed, was ended `ago` ms before now."""
    try:
        drawing = await asyncio.to_thread(
            exhibits.drawn, center, person, row.case_id, str(sent.get("evidence"))
        )
    except Missing as unknown:
        raise Unfit("drawing.unknown") from unknown
    reported = {name: sent.get(name) for name in ("means", "ms", "ago", "request")}
    return await _report(request, center, row, "drawing", {"drawing": drawing, "by": person.id, **reported})


def _protocol_shown(center: Center, sent: Mapping[str, Any]) -> Protocol:
    """Return the protocol of which the page showed a line.

    The words in the record come from the center's list, not from the page, and only if the page showed the
    same version: the person has read only those words. Raises `Unfit`.
    """
    protocol = _known(functools.partial(checklists.of, center), sent.get("protocol"))
    if sent.get("version") != protocol.version:
        raise Unfit("item.unknown")
    return protocol


def _known(find: Callable[[str], Found], code: object) -> Found:
    try:
        return find(str(code))
    except (Missing, ProtocolsUnreadable) as unknown:
        raise Unfit("item.unknown") from unknown


def _line(request: Request, person: Person, protocol: Protocol, words: Mapping[str, str]) -> dict[str, str]:
    """Return what the record says of any line of a protocol; its text in the language of the page."""
    text = words.get(str(cookie_of(request, "language")), words["ar"])
    return {"protocol": protocol.code, "version": protocol.version, "text": text, "by": person.id}


async def _pass_on(center: Center, row: Interview, op: str, **fields: Any) -> Response:
    """Forward the child's answer. Raises `ChannelError`, `Unfit` for an interview that is over."""
    return await _asked(center, row, op, lambda: fields)


async def _report(
    request: Request, center: Center, row: Interview, op: str, fields: Mapping[str, Any]
) -> Response:
    """The same for a report: its `ago` grows by the time that the request has been here when the child gets
    it, which may have to be started first."""

    def aged() -> Mapping[str, Any]:
        here = round(1000 * (time.monotonic() - request.state.arrived))
        return {**fields, "ago": fields["ago"] + here} if type(fields["ago"]) is int else fields

    return await _asked(center, row, op, aged)


async def _asked(
    center: Center, row: Interview, op: str, fields: Callable[[], Mapping[str, Any]]
) -> Response:
    if row.state in (InterviewState.STOPPED, InterviewState.SEALED):
        raise Unfit("state.wrong", "the interview is over")
    child = center.rooms.reach(row.id) or await center.rooms.start(row.id)
    try:
        answer = await child.ask(op, **fields())
    except Disconnected:
        # It has just ended. The next one knows the accepted requests, and repeats none of them.
        child = await center.rooms.start(row.id)
        answer = await child.ask(op, **fields())
    return JSONResponse(answer)
