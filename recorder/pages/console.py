"""The interview room on the web: two pages, the commands of the console, the cameras' offers, the live view.

Thin: `casework` checks the permission of every request, commands go to the recorder child, bytes come
through the gateway (`casework.evidence.gateway`). A child's answer is passed on unchanged; what it cannot
know (the copies, the case, its own end) is added here.

    GET  /interviews/{id}/console  /room
    POST /interviews/{id}/cameras/{wide|close}   {sdp, page, request} → {sdp}
    POST /interviews/{id}/{check|begin|break|resume|mark|person|stop}
    GET  /interviews/{id}/status   /events (Server-Sent Events, event `status`)
    GET  /interviews/{id}/live/records?evidence=…&after=N   /live/messages/{evidence}/{n}
    POST /interviews/{id}/live/keys   {evidence, indices} → {keys}
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from casework.access.permissions import Act
from casework.center import Center, RecorderChild
from casework.database.models import Interview, InterviewState, Person
from casework.errors import DatabaseAway, Forbidden, Missing, NotSignedIn, WrongState
from casework.evidence import gateway
from casework.interviews import checklists, interviews, preflight
from casework.people import credentials
from casework.recording.channel import ChannelError
from casework.web.request import Caller, OurCenter, center_of, person_of
from chain_of_custody.encoding.canonical_json import instant_text
from recorder.pages import messages, refusals, status_stream
from recorder.pages.refusals import Unfit

ALLOWED_FOR = 2.0
"""Seconds after which a stream checks again whether its recipient is still allowed to receive it."""
MAX_COMMAND = 16 * 1024
MAX_OFFER = 96 * 1024
"""Bytes of a request; a browser's offer has 4,000 to 8,000."""

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "break": ("reason", "text"),
    "resume": (),
    "mark": ("text", "ago"),
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

router = APIRouter()
log = logging.getLogger(__name__)
_turns: dict[str, asyncio.Lock] = {}


async def _interview(request: Request, interview: str, act: Act = Act.CONDUCT_INTERVIEW) -> Interview:
    """Return the interview. Raises `Forbidden`, `Missing`."""
    return await asyncio.to_thread(interviews.get, center_of(request), person_of(request), interview, act)


async def _still_allowed(request: Request, interview: str, act: Act) -> bool:
    """Whether a permission given a while ago still holds.

    While the database is away that is unknown, and the permission is assumed to hold: the console of a
    running recording must not go dark.
    """
    try:
        request.state.person = await asyncio.to_thread(request.state.sign_in_again)
        await _interview(request, interview, act)
    except (NotSignedIn, Forbidden):
        return False
    except DatabaseAway:
        return True
    return True


async def _child(request: Request, row: Interview) -> RecorderChild:
    """Return the interview's recorder, started if there is none. Raises `ChannelError`, `Unfit`."""
    if row.state is InterviewState.SEALED:
        raise Unfit("state.wrong", "the interview is sealed")
    rooms = center_of(request).rooms
    return rooms.reach(row.id) or await rooms.start(row.id)


# --- pages ------------------------------------------------------------------------------------------------


@router.get("/interviews/{interview}/console")
async def console(request: Request, center: OurCenter, person: Caller, interview: str) -> Response:
    """Return the prosecutor's page."""
    row = await _interview(request, interview)
    held = await asyncio.to_thread(credentials.of_person, center, person.id)
    lists = await asyncio.to_thread(_protocols, request)
    confirms = bool(held) and not row.practice
    return _page(request, "console.html", row, protocols=lists, confirms=confirms)


@router.get("/interviews/{interview}/room")
async def room(request: Request, interview: str) -> Response:
    """Return the capture machine's page."""
    return _page(request, "room.html", await _interview(request, interview))


def _protocols(request: Request) -> list[dict[str, object]]:
    """Return the center's checklists, in the reader's language; none if the file cannot be read."""
    language = request.cookies.get("language")
    try:
        found = checklists.read(center_of(request).protocols)
    except checklists.ProtocolsUnreadable as unreadable:
        log.warning("%s", unreadable)
        return []
    return [one.as_json("en" if language == "en" else "ar") for one in found]


def _page(request: Request, template: str, row: Interview, **more: object) -> Response:
    known = {"id": row.id, "case": row.case_id, "code": row.case.code, "practice": row.practice}
    response: Response = request.app.state.templates.TemplateResponse(
        request, template, {"interview": known, "sentences": messages.table(), **more}
    )
    return response


# --- cameras and commands ---------------------------------------------------------------------------------


@router.post("/interviews/{interview}/cameras/{camera}")
async def offer(request: Request, interview: str, camera: str) -> Response:
    """Pass on the room page's offer for one camera."""
    row = await _interview(request, interview)
    try:
        sent = await refusals.body(request, MAX_OFFER)
        child = await _child(request, row)
        fields = {name: sent.get(name) for name in ("sdp", "page", "request")}
        return JSONResponse(await child.ask("offer", camera=camera, **fields))
    except Unfit as unfit:
        return refusals.refusal(unfit.code, unfit.detail)
    except ChannelError as error:
        return refusals.from_channel(error)


@router.post("/interviews/{interview}/check")
async def check(request: Request, center: OurCenter, interview: str) -> Response:
    """Run the checks, with the facts that only this side knows."""
    row = await _interview(request, interview)
    try:
        sent = await refusals.body(request, MAX_COMMAND)
        child = await _child(request, row)
        found = await asyncio.to_thread(preflight.look, center)
        answer = await child.ask(
            "check",
            request=sent.get("request"),
            elsewhere={
                "copies": dict(found.copies),
                "ledger": found.ledger,
                "trial_keys": found.trial_keys,
                "practice": row.practice,
                "newest": None if found.newest is None else instant_text(found.newest),
            },
        )
    except Unfit as unfit:
        return refusals.refusal(unfit.code, unfit.detail)
    except ChannelError as error:
        return refusals.from_channel(error)
    well = not any(one["state"] == "fail" for one in answer["checks"])
    if well and row.state is InterviewState.OPENED:
        await _move(request, interview, InterviewState.CHECKED)
    return JSONResponse(answer)


@router.post("/interviews/{interview}/begin")
async def begin(request: Request, interview: str) -> Response:
    """Begin the next part: pass a ticket from the gateway to the child."""
    row = await _interview(request, interview)
    try:
        sent = await refusals.body(request, MAX_COMMAND)
        child = await _child(request, row)
        number = {"request": sent.get("request"), "evidence": sent.get("evidence")}
        async with _turns.setdefault(interview, asyncio.Lock()):
            if (
                isinstance(sent.get("request"), str)
                and ((await child.ask("answered", request=sent["request"][:64]))["answered"])
            ):
                return JSONResponse(await child.ask("begin", **number))
            answer = await _begin(request, interview, child, number)
        await _move(request, interview, InterviewState.RECORDING)
        return JSONResponse(answer)
    except Unfit as unfit:
        return refusals.refusal(unfit.code, unfit.detail)
    except ChannelError as error:
        return refusals.from_channel(error)


async def _begin(
    request: Request, interview: str, child: RecorderChild, number: Mapping[str, Any]
) -> dict[str, Any]:
    center = center_of(request)
    ticket = await asyncio.to_thread(gateway.open_recording, center, person_of(request), interview)
    try:
        return await child.ask("begin", ticket=ticket.to_json(), **number)
    except ChannelError:
        # It did not begin, as far as we know; if it did after all, its statement says so: the part is kept.
        with contextlib.suppress(WrongState):
            await asyncio.to_thread(gateway.never_started, center, ticket.evidence)
        raise


@router.post("/interviews/{interview}/{command}")
async def do(request: Request, person: Caller, interview: str, command: str) -> Response:
    """Break, resume, mark, person, stop."""
    row = await _interview(request, interview)
    if command not in COMMANDS:
        raise Missing(f"no command {command[:32]}")
    try:
        sent = await refusals.body(request, MAX_COMMAND)
        child = await _child(request, row)
        fields = {name: sent.get(name) for name in ("request", "evidence", *COMMANDS[command])}
        if command == "stop":
            fields["by"] = person.id
        answer = await child.ask(command, **fields)
    except Unfit as unfit:
        return refusals.refusal(unfit.code, unfit.detail)
    except ChannelError as error:
        return refusals.from_channel(error)
    if command in STATES:
        await _move(request, interview, STATES[command])
    return JSONResponse(answer)


async def _move(request: Request, interview: str, state: InterviewState) -> None:
    """Update the working data after a recorder's action; this never refuses the action afterwards."""
    with contextlib.suppress(WrongState):
        await asyncio.to_thread(interviews.move, center_of(request), interview, state)


# --- state ------------------------------------------------------------------------------------------------


@router.get("/interviews/{interview}/status")
async def status(request: Request, center: OurCenter, interview: str) -> Response:
    """Return everything the console shows, with the journal."""
    row = await _interview(request, interview)
    child = center.rooms.reach(interview)
    try:
        told: Mapping[str, Any] = status_stream.gone(row) if child is None else await child.ask("status")
    except ChannelError as error:
        return refusals.from_channel(error)
    whole = await status_stream.CopiesTold(center).add(status_stream.complete(row, told))
    return JSONResponse({"entries": [], "present": [], **whole})


@router.get("/interviews/{interview}/events")
async def events(request: Request, interview: str) -> Response:
    """Send Server-Sent Events: `status`, on each message of the recorder, and at least once a second.

    Ends with the session, and when the case is withdrawn: without access to the pages there is no stream.
    """
    return await told_to(request, interview, Act.CONDUCT_INTERVIEW)


async def told_to(request: Request, interview: str, act: Act) -> Response:
    """Return the stream of `status`, for persons who may do `act` in the interview's case.

    Raises `Forbidden`, `Missing`.
    """
    row = await _interview(request, interview, act)

    async def stream() -> AsyncIterator[str]:
        copies = status_stream.CopiesTold(center_of(request))
        yield "retry: 500\n\n"
        allowed = time.monotonic()
        async for told in status_stream.follow(center_of(request), row):
            if time.monotonic() - allowed > ALLOWED_FOR:
                if not await _still_allowed(request, interview, act):
                    return
                allowed = time.monotonic()
            data = json.dumps(await copies.add(told), separators=(",", ":"))
            yield f"event: status\ndata: {data}\n\n"

    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)


# --- the live view ----------------------------------------------------------------------------------------


@router.get("/interviews/{interview}/live/records")
async def live_records(
    center: OurCenter, person: Caller, interview: str, evidence: str, after: int = 0
) -> Response:
    """Return the clear records of the running part that are durable, from index `after` on."""
    center, child = center, center.rooms.reach(interview)
    await asyncio.to_thread(_observe, center, person, interview)
    if child is None:
        return refusals.refusal("recorder.away")
    try:
        answer = await child.ask("live_records", evidence=evidence[:32], after=max(0, after))
    except ChannelError as error:
        return refusals.from_channel(error)
    records = ",".join(answer["records"])  # canonical JSON each: concatenated, not parsed
    return Response(
        f'{{"evidence":"{answer["evidence"]}","records":[{records}]}}', media_type="application/json"
    )


@router.post("/interviews/{interview}/live/keys")
async def live_keys(request: Request, center: OurCenter, person: Caller, interview: str) -> Response:
    """Return keys of single messages of the running part, from the child, which alone has them."""
    center, child = center, center.rooms.reach(interview)
    await asyncio.to_thread(gateway.observing, center, person, interview)
    if child is None:
        return refusals.refusal("recorder.away")
    try:
        sent = await refusals.body(request, MAX_COMMAND)
        fields = {name: sent.get(name) for name in ("evidence", "indices")}
        return JSONResponse(await child.ask("message_keys", **fields))
    except Unfit as unfit:
        return refusals.refusal(unfit.code, unfit.detail)
    except ChannelError as error:
        return refusals.from_channel(error)


@router.get("/interviews/{interview}/live/messages/{part}/{index}")
async def live_message(center: OurCenter, person: Caller, interview: str, part: str, index: int) -> Response:
    """Return one sealed message, from where it was made durable."""

    def read() -> bytes:
        return gateway.observing(center, person, interview).part(part).message(index)

    return Response(await asyncio.to_thread(read), media_type="application/octet-stream")


def _observe(center: Center, person: Person, interview: str) -> None:
    """State the watching once for each person, before the first record is named."""
    gateway.observe(center, person, interview)
