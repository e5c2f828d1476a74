"""The interview room on the web: two pages, the commands of the console, the cameras' offers, the live view.

`casework` checks the permission of every request, commands are sent to the recorder child, and bytes are read
through the gateway (`casework.evidence.gateway`). A child's answer is forwarded unchanged; what it cannot
know (the copies, the case, its own end) is added here.

    GET  /interviews/{id}/console  /room
    POST /interviews/{id}/cameras/{wide|close}   {sdp, page, proof, request} → {sdp}
    GET  /interviews/{id}/preview/{wide|close}   a picture from before the recording, or 204
    POST /interviews/{id}/{check|begin|break|explain|resume|mark|correct|person|stop}
    GET  /interviews/{id}/status   /events (Server-Sent Events, event `status`)
    GET  /interviews/{id}/live/records?evidence=…&after=N   /live/messages/{evidence}/{n}
    POST /interviews/{id}/live/keys   {evidence, indices} → {keys}; none once the part has ended
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from casework.access.permissions import Act
from casework.center import Center, RecorderChild
from casework.database.models import Interview, InterviewState, Person
from casework.errors import DatabaseAway, Forbidden, Missing, NotSignedIn, Refused, WrongState
from casework.evidence import gateway
from casework.interviews import checklists, consent_decisions, interviews, readiness
from casework.people import credentials
from casework.photographs import exhibits
from casework.recording.channel import ChannelError
from casework.web.cookies import cookie_of
from casework.web.request import Caller, OurCenter, center_of, person_of
from chain_of_custody.encoding.canonical_json import instant_text
from recorder.pages import refusals, senders, status_stream
from recorder.pages.interview_routes import (
    MAX_COMMAND,
    Conducted,
    Observed,
    Sent,
    interview_page,
    recorder_of,
    running,
)
from recorder.pages.refusals import RoomRoute

ALLOWED_FOR = 2.0
"""Seconds after which a stream checks again whether its recipient is still allowed to receive it."""
MAX_OFFER = 96 * 1024
"""Bytes of a request; a browser's offer has 4,000 to 8,000."""

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "break": (),
    "explain": ("reason", "text"),
    "resume": (),
    "mark": ("text", "ago"),
    "correct": ("mark", "text"),
    "person": ("event", "who", "role"),
    "stop": ("reason",),
}
"""The fields that each command passes on to the child, beside `request` and `evidence`."""

STATES: Mapping[str, InterviewState] = {
    "break": InterviewState.BREAK,
    "resume": InterviewState.RECORDING,
    "stop": InterviewState.STOPPED,
}
"""The interview's state in the working data after a command."""

router = APIRouter(route_class=RoomRoute)
log = logging.getLogger(__name__)
_turns: dict[str, asyncio.Lock] = {}


async def _still_allowed(request: Request, interview: str, act: Act) -> bool:
    """Whether a permission given a while ago still holds; while it does, the session is in use.

    While the database is unavailable, the permission is assumed to hold: the console of a running recording
    must not fail.
    """
    try:
        request.state.person = await asyncio.to_thread(request.state.sign_in_again)
        row = await asyncio.to_thread(interviews.get, center_of(request), person_of(request), interview, act)
        if row.state is not InterviewState.SEALED:  # a page that is left open later does not extend a session
            await asyncio.to_thread(request.state.note_use)
    except (NotSignedIn, Forbidden):
        return False
    except DatabaseAway:
        return True
    return True


# --- pages ------------------------------------------------------------------------------------------------


@router.get("/interviews/{interview}/console")
async def console(request: Request, row: Conducted, center: OurCenter, person: Caller) -> Response:
    """Return the prosecutor's page."""
    held = await asyncio.to_thread(credentials.of_person, center, person.id)
    lists = await asyncio.to_thread(_protocols, center, cookie_of(request, "language"))
    confirms = bool(held) and not row.practice
    offered = await asyncio.to_thread(exhibits.offered, center, person, row.case_id)
    more = {"protocols": lists, "exhibits": offered, "confirms": confirms}
    return interview_page(request, "console.html", row, {}, **more)


@router.get("/interviews/{interview}/room")
async def room(request: Request, row: Conducted) -> Response:
    """Return the capture machine's page."""
    return interview_page(request, "room.html", row, {})


def _protocols(center: Center, language: str | None) -> list[dict[str, object]]:
    """Return the center's checklists, in the reader's language; none if the file cannot be read."""
    try:
        found = checklists.read(center.protocols)
    except checklists.ProtocolsUnreadable as unreadable:
        log.warning("%s", unreadable)
        return []
    return [one.as_json("en" if language == "en" else "ar") for one in found]


# --- cameras and commands ---------------------------------------------------------------------------------


@router.post("/interviews/{interview}/cameras/{camera}")
async def offer(request: Request, row: Conducted, center: OurCenter, camera: str) -> Response:
    """Forward the room page's offer for one camera."""
    sent = await refusals.body(request, MAX_OFFER)
    claim = await senders.claim(request, sent)
    child = await recorder_of(center, row)
    fields = {name: sent.get(name) for name in ("sdp", "page", "request")}
    return JSONResponse(await child.ask("offer", camera=camera, **fields, **claim))


@router.get("/interviews/{interview}/preview/{camera}")
async def preview(row: Conducted, center: OurCenter, camera: Literal["wide", "close"]) -> Response:
    """Return a camera's newest picture as MP4 while the room is set up, 204 if there is none.

    It is not stored, and shown only to the people who conduct the interview.
    """
    child = center.rooms.reach(row.id)
    answer = {"picture": ""} if child is None else await child.ask("preview", camera=camera)
    picture = base64.b64decode(answer["picture"])
    return Response(picture, media_type="video/mp4") if picture else Response(status_code=204)


@router.post("/interviews/{interview}/check")
async def check(row: Conducted, sent: Sent, center: OurCenter) -> Response:
    """Run the checks, with the facts that only this side knows."""
    child = await recorder_of(center, row)
    checks = await asyncio.to_thread(readiness.look, center)
    consent = await asyncio.to_thread(consent_decisions.consent_to_recording, center, row)
    answer = await child.ask(
        "check",
        request=sent.get("request"),
        elsewhere={
            "copies": dict(checks.copies),
            "ledger": checks.ledger,
            "trial_keys": checks.trial_keys,
            "practice": row.practice,
            "consent": consent,
            "newest": None if checks.newest is None else instant_text(checks.newest),
        },
    )
    passed = not any(one["state"] == "fail" for one in answer["checks"])
    if passed and row.state is InterviewState.OPENED:
        await _move(center, row.id, InterviewState.CHECKED)
    return JSONResponse(answer)


@router.post("/interviews/{interview}/begin")
async def begin(row: Conducted, sent: Sent, center: OurCenter, person: Caller) -> Response:
    """Begin the next part: send a ticket from the gateway to the child.

    `reason`: why the interview is recorded without consent, where that is so.
    """
    child = await recorder_of(center, row)
    number = {"request": sent.get("request"), "evidence": sent.get("evidence")}
    async with _turns.setdefault(row.id, asyncio.Lock()):
        if (
            isinstance(sent.get("request"), str)
            and ((await child.ask("answered", request=sent["request"][:64]))["answered"])
        ):
            return JSONResponse(await child.ask("begin", **number))
        reason = sent.get("reason", "")
        if not isinstance(reason, str):
            raise Refused("a reason is text")
        await asyncio.to_thread(consent_decisions.require_consent_or_decide, center, person, row, reason)
        answer = await _begin(center, person, row.id, child, number)
    await _move(center, row.id, InterviewState.RECORDING)
    return JSONResponse(answer)


async def _begin(
    center: Center, person: Person, interview: str, child: RecorderChild, number: Mapping[str, Any]
) -> dict[str, Any]:
    ticket = await asyncio.to_thread(gateway.ticket_for_part, center, person, interview)
    try:
        return await child.ask("begin", ticket=ticket.to_json(), by=person.id, **number)
    except ChannelError:
        # It did not begin, as far as we know; if it did after all, its statement says so, and the part stays.
        with contextlib.suppress(WrongState):
            await asyncio.to_thread(gateway.never_started, center, ticket.evidence)
        raise


@router.post("/interviews/{interview}/{command}")
async def do(request: Request, row: Conducted, center: OurCenter, person: Caller, command: str) -> Response:
    """Break, explain (the break), resume, mark, correct (a mark), person, stop."""
    if command not in COMMANDS:
        raise Missing(f"no command {command[:32]}")
    sent = await refusals.body(request, MAX_COMMAND)
    child = await recorder_of(center, row)
    fields = {name: sent.get(name) for name in ("request", "evidence", *COMMANDS[command])}
    if command == "stop":
        fields["by"] = person.id
    answer = await child.ask(command, **fields)
    if command in STATES:
        await _move(center, row.id, STATES[command])
    return JSONResponse(answer)


async def _move(center: Center, interview: str, state: InterviewState) -> None:
    """Update the working data after a recorder's action; this never refuses the action afterwards."""
    with contextlib.suppress(WrongState):
        await asyncio.to_thread(interviews.move, center, interview, state)


# --- state ------------------------------------------------------------------------------------------------


@router.get("/interviews/{interview}/status")
async def status(row: Conducted, center: OurCenter) -> Response:
    """Return everything the console shows, with the journal."""
    child = center.rooms.reach(row.id)
    reported: Mapping[str, Any] = status_stream.gone(row) if child is None else await child.ask("status")
    whole = await status_stream.CopiesProgress(center).add(status_stream.complete(row, reported))
    return JSONResponse({"entries": [], "present": [], **whole})


@router.get("/interviews/{interview}/events")
async def events(request: Request, row: Conducted) -> Response:
    """Send Server-Sent Events: `status`, on each message of the recorder, and at least once a second.

    Ends with the session, and when the case is withdrawn: without access to the pages there is no stream.
    """
    return status_response(request, row, Act.CONDUCT_INTERVIEW)


def status_response(request: Request, row: Interview, act: Act) -> Response:
    """Return the stream of `status`, for as long as the caller may do `act` in the interview's case."""

    async def stream() -> AsyncIterator[str]:
        copies = status_stream.CopiesProgress(center_of(request))
        yield "retry: 500\n\n"
        allowed = time.monotonic()
        async for status in status_stream.follow(center_of(request), row):
            if time.monotonic() - allowed > ALLOWED_FOR:
                if not await _still_allowed(request, row.id, act):
                    return
                allowed = time.monotonic()
            data = json.dumps(await copies.add(status), separators=(",", ":"))
            yield f"event: status\ndata: {data}\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


# --- the live view ----------------------------------------------------------------------------------------


@router.get("/interviews/{interview}/live/records")
async def live_records(
    center: OurCenter, person: Caller, interview: str, evidence: str, after: int = 0
) -> Response:
    """Return the clear records of the running part that are durable, from index `after` on."""
    # The observation is stated once for each person, before the first record is listed.
    await asyncio.to_thread(gateway.observe, center, person, interview)
    child = running(center, interview)
    answer = await child.ask("live_records", evidence=evidence[:32], after=max(0, after))
    records = ",".join(answer["records"])  # canonical JSON each: concatenated, not parsed
    return Response(
        f'{{"evidence":"{answer["evidence"]}","records":[{records}]}}', media_type="application/json"
    )


@router.post("/interviews/{interview}/live/keys")
async def live_keys(request: Request, row: Observed, center: OurCenter, person: Caller) -> Response:
    """Return keys of single messages of the running part, from the child, which alone has them."""
    await asyncio.to_thread(gateway.observing, center, person, row.id)
    if row.state in status_stream.OVER and center.rooms.reach(row.id) is None:
        return JSONResponse({"keys": []})
    child = running(center, row.id)
    sent = await refusals.body(request, MAX_COMMAND)
    fields = {name: sent.get(name) for name in ("evidence", "indices")}
    return JSONResponse(await child.ask("message_keys", **fields))


@router.get("/interviews/{interview}/live/messages/{part}/{index}")
def live_message(center: OurCenter, person: Caller, interview: str, part: str, index: int) -> Response:
    """Return one sealed message, from where it was made durable."""
    message = gateway.observing(center, person, interview).part(part).message(index)
    return Response(message, media_type="application/octet-stream")
