"""The room's safety recording on the web: begin, import and discard it
(`casework.interviews.safety_recordings`).

    POST /interviews/{id}/safety          {key, camera, proof} → {evidence, deployment, epoch, now, key}
    POST /interviews/{id}/safety/state               {state} → {}         its state, for the console
    GET  /interviews/{id}/safety/{evidence}          → {records, state, wanted, settled, until}
    POST /interviews/{id}/safety/{evidence}/records?first=N   sealed records → {next, sha256}
    POST /interviews/{id}/safety/{evidence}/finish   {records} → {}
    POST /interviews/{id}/safety/{evidence}/discard  {} → {}

As in `console`, `casework` checks the permission of every request. Records out of order are refused as
`safety.order`, with the index that is due as its detail: the page continues from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.clock import now
from casework.errors import RecordingFailed, Refused, WrongState
from casework.evidence import gateway
from casework.interviews import safety_recordings
from casework.sealing.staging import OutOfOrder
from casework.web.request import OurCenter, center_of, person_of
from chain_of_custody.encoding.canonical_json import instant_text
from recorder.pages import senders
from recorder.pages.interview_routes import Conducted, body_within, running
from recorder.pages.refusals import RoomRoute, Unfit

MAX_RECORDS = 1024 * 1024
"""Bytes of sealed records in one request: some five seconds."""
MAX_BODY = 4 * 1024
Small: TypeAlias = Annotated[Mapping[str, Any], body_within(MAX_BODY)]
"""A route's parameter: what was sent, where that is little."""

router = APIRouter(route_class=RoomRoute)


async def _do(request: Request, what: Callable[..., Any], *arguments: Any) -> Any:
    """Run one step of `casework.interviews.safety_recordings` in a thread. Raises `Unfit` for errors that the
    page can handle."""
    try:
        return await asyncio.to_thread(what, center_of(request), person_of(request), *arguments)
    except OutOfOrder as order:
        raise Unfit("safety.order", str(order.due)) from order
    except Refused as refused:
        raise Unfit("safety.refused", str(refused)) from refused
    except WrongState as wrong:
        raise Unfit("safety.state", str(wrong)) from wrong
    except RecordingFailed as failed:
        raise Unfit("safety.room", failed.reason) from failed


@router.post("/interviews/{interview}/safety")
async def begin(request: Request, sent: Small, center: OurCenter, interview: str) -> Response:
    """Return a key for a new safety recording beside the part that runs, sealed to the page's own."""
    child = center.rooms.reach(interview)
    ticket = await _do(request, gateway.open_safety, interview)
    if child is None:
        raise Unfit("recorder.away")
    fields = {name: sent.get(name) for name in ("request", "key", "camera")}
    claim = await senders.claim(request, sent)
    answer = await child.ask("safety", ticket=ticket.to_json(), **fields, **claim)
    return JSONResponse({**answer, "now": instant_text(now())})


@router.post("/interviews/{interview}/safety/state")
async def state(row: Conducted, sent: Small, center: OurCenter) -> Response:
    """Accept the state of the room's safety recording, for the console."""
    child = running(center, row.id)
    return JSONResponse(await child.ask("room", request=sent.get("request"), safety=sent.get("state")))


@router.get("/interviews/{interview}/safety/{evidence}")
async def standing(request: Request, interview: str, evidence: str) -> Response:
    """Return the state of a safety recording on this side."""
    status = await _do(request, safety_recordings.safety_recording_status, interview, evidence)
    return JSONResponse(asdict(status))


@router.post("/interviews/{interview}/safety/{evidence}/records")
async def records(request: Request, interview: str, evidence: str, first: int) -> Response:
    """Store the next sealed records; durable when this is answered."""
    data = await request.body()
    if len(data) > MAX_RECORDS:
        raise Unfit("body.too-large", f"at most {MAX_RECORDS} bytes")
    due = await _do(request, safety_recordings.receive, interview, evidence, first, data)
    return JSONResponse({"next": due, "sha256": sha256(data).hexdigest()})


@router.post("/interviews/{interview}/safety/{evidence}/finish")
async def finish(request: Request, sent: Small, center: OurCenter, interview: str, evidence: str) -> Response:
    """Turn a completely received recording into evidence, and seal it."""
    count = sent.get("records")
    if not isinstance(count, int) or isinstance(count, bool):
        raise Unfit("body.malformed", "records: not a number")
    await _do(request, safety_recordings.finish, interview, evidence, count)
    await center.rooms.recover(interview, evidence)
    return JSONResponse({})


@router.post("/interviews/{interview}/safety/{evidence}/discard")
async def discard(request: Request, interview: str, evidence: str) -> Response:
    """Discard a recording that is not needed."""
    await _do(request, safety_recordings.discard, interview, evidence)
    return JSONResponse({})
