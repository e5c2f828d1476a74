"""The pages of the others next door: observers' page, interviewer's page, and messages between them.

    GET  /interviews/{id}/observe   /interviewer      pages
    GET  /interviews/{id}/observe/events              Server-Sent Events, as the console's
    GET  /interviews/{id}/next-door                   → {slips, waiting, present, revision}
    POST /interviews/{id}/questions                   {text, request} → the question
    POST /interviews/{id}/break-requests              {request} → the request
    POST /interviews/{id}/checklist       {protocol, version, item, done, note, request} → the item
    POST /interviews/{id}/questions/{number}/{state}  {request} → the question; read, put, asked, later, aside

Thin, like `console`: `casework` checks the permission of every request. What is sent is in the record
before it is answered, or waits for it on the recording machine (`recorder.interview.questions`). The sender
is taken from the session, never from the page.
"""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.access.permissions import Act, may
from casework.center import Center
from casework.database.models import Interview, InterviewState, Person
from casework.errors import CaseworkError, Missing
from casework.interviews import checklists, interviews
from casework.interviews.checklists import ProtocolsUnreadable
from casework.recording.channel import ChannelError
from casework.web.request import Caller, OurCenter, center_of, person_of
from recorder.interview.questions import BREAK, QUESTION
from recorder.pages import messages, refusals
from recorder.pages.console import told_to
from recorder.pages.refusals import Unfit

MAX_BODY = 16 * 1024
NOTHING: dict[str, Any] = {"slips": [], "ticks": [], "waiting": 0, "present": [], "revision": 0}

router = APIRouter()


async def _interview(request: Request, interview: str, act: Act) -> Interview:
    """Return the interview. Raises `Forbidden`, `Missing`."""
    return await asyncio.to_thread(interviews.get, center_of(request), person_of(request), interview, act)


# --- pages ------------------------------------------------------------------------------------------------


@router.get("/interviews/{interview}/observe")
async def observe(request: Request, center: OurCenter, person: Caller, interview: str) -> Response:
    """Return the page of those who watch from the next room."""
    row = await _interview(request, interview, Act.OBSERVE_INTERVIEW)
    told = await asyncio.to_thread(_told, center, person, interview)
    return _page(request, "observe.html", row, told=told, asks=may(person, Act.ASK_QUESTION))


@router.get("/interviews/{interview}/interviewer")
async def interviewer(request: Request, interview: str) -> Response:
    """Return the page for the tablet of the interviewer."""
    return _page(request, "interviewer.html", await _interview(request, interview, Act.CONDUCT_INTERVIEW))


def _page(request: Request, template: str, row: Interview, **more: Any) -> Response:
    known = {
        "id": row.id,
        "case": row.case_id,
        "code": row.case.code,
        "practice": row.practice,
        "room": row.room,
        "me": person_of(request).id,
    }
    response: Response = request.app.state.templates.TemplateResponse(
        request, template, {"interview": known, "sentences": messages.table(), **more}
    )
    return response


def _told(center: Center, person: Person, interview: str) -> Any:
    """Return the details stated at the interview's opening, if readable now: the page works without."""
    try:
        return interviews.opening_details(center, person, interview)
    except CaseworkError:
        return None


# --- messages -----------------------------------------------------------------------------------------------


@router.get("/interviews/{interview}/observe/events")
async def events(request: Request, interview: str) -> Response:
    """Send Server-Sent Events: `status`, for those who watch."""
    return await told_to(request, interview, Act.OBSERVE_INTERVIEW)


@router.get("/interviews/{interview}/next-door")
async def next_door(request: Request, center: OurCenter, interview: str) -> Response:
    """Return the questions, the requests and who is in the room."""
    await _interview(request, interview, Act.OBSERVE_INTERVIEW)
    child = center.rooms.reach(interview)
    try:
        return JSONResponse(NOTHING if child is None else await child.ask("next_door"))
    except ChannelError as error:
        return refusals.from_channel(error)


@router.post("/interviews/{interview}/questions")
async def ask(request: Request, interview: str) -> Response:
    """Pass a question to the interview."""
    return await _send(request, interview, QUESTION)


@router.post("/interviews/{interview}/break-requests")
async def ask_for_break(request: Request, interview: str) -> Response:
    """Request a break."""
    return await _send(request, interview, BREAK)


async def _send(request: Request, interview: str, kind: str) -> Response:
    row, person = await _interview(request, interview, Act.ASK_QUESTION), person_of(request)
    try:
        sent = await refusals.body(request, MAX_BODY)
        text = sent.get("text", "") if kind == QUESTION else ""
        answer = await _ask_child(
            center_of(request),
            row,
            "slip",
            request=sent.get("request"),
            kind=kind,
            text=text,
            by=person.id,
            who=person.name or person.organisation,
            role=person.role.value,
        )
    except Unfit as unfit:
        return refusals.refusal(unfit.code, unfit.detail)
    except ChannelError as error:
        return refusals.from_channel(error)
    return JSONResponse(answer)


@router.post("/interviews/{interview}/questions/{number}/{state}")
async def settle(
    request: Request, center: OurCenter, person: Caller, interview: str, number: int, state: str
) -> Response:
    """Record what became of a question, or of a request for a break."""
    row = await _interview(request, interview, Act.CONDUCT_INTERVIEW)
    try:
        sent = await refusals.body(request, MAX_BODY)
        fields = {"number": number, "state": state[:16], "by": person.id}
        return JSONResponse(await _ask_child(center, row, "settle", request=sent.get("request"), **fields))
    except Unfit as unfit:
        return refusals.refusal(unfit.code, unfit.detail)
    except ChannelError as error:
        return refusals.from_channel(error)


@router.post("/interviews/{interview}/checklist")
async def tick(request: Request, center: OurCenter, person: Caller, interview: str) -> Response:
    """Record that an item of the center's protocol is done, or not done after all."""
    row, center = await _interview(request, interview, Act.CONDUCT_INTERVIEW), center
    try:
        sent = await refusals.body(request, MAX_BODY)
        try:
            # The words come from the center's list, not from the page, as they go into the record. But only
            # if the page showed the same version: the person who ticked has read only those words.
            protocol = await asyncio.to_thread(checklists.of, center, str(sent.get("protocol")))
            item = protocol.item(str(sent.get("item")))
            if sent.get("version") != protocol.version:
                raise Unfit("item.unknown")
        except (Missing, ProtocolsUnreadable) as unknown:
            raise Unfit("item.unknown") from unknown
        language = request.cookies.get("language")
        answer = await _ask_child(
            center,
            row,
            "tick",
            request=sent.get("request"),
            protocol=protocol.code,
            version=protocol.version,
            item=item.code,
            text=item.words.get(str(language), item.words["ar"]),
            done=sent.get("done"),
            note=sent.get("note", "") if item.noted else "",
            by=person.id,
        )
    except Unfit as unfit:
        return refusals.refusal(unfit.code, unfit.detail)
    except ChannelError as error:
        return refusals.from_channel(error)
    return JSONResponse(answer)


async def _ask_child(center: Center, row: Interview, op: str, **fields: Any) -> dict[str, Any]:
    """Send a request to the child. Raises `ChannelError`, `Unfit` for an interview that is over."""
    if row.state in (InterviewState.STOPPED, InterviewState.SEALED):
        raise Unfit("state.wrong", "the interview is over")
    child = center.rooms.reach(row.id) or await center.rooms.start(row.id)
    return await child.ask(op, **fields)
