"""Who sends a camera, on the web: nonces for a device's signature, and what the console decides.

    POST /interviews/{id}/challenge                    {request} → {at, evidence, nonce}
    POST /interviews/{id}/senders/{number}/{confirm|dismiss}   {request} → {}

The recorder child verifies a device's signature and decides who may send what (`recorder.interview.senders`).
Here the holder of the device and the network of the request are added; a page cannot state them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.errors import Refused
from casework.interviews import room_devices
from casework.people.client_network import network_class
from casework.web.request import Caller, OurCenter, center_of, client_of, person_of
from recorder.pages.interview_routes import Conducted, Sent, recorder_of, running
from recorder.pages.refusals import RoomRoute, Unfit

router = APIRouter(route_class=RoomRoute)


async def claim(request: Request, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the proof that a page sent, with the holder of its device and its network.

    Raises `Unfit` for a room's machine with another key than it was enrolled with.
    """
    token = getattr(request.state, "device", None)  # of a room's machine: `amana.http.session_middleware`
    proof = sent.get("proof")
    try:
        holder = await asyncio.to_thread(
            room_devices.holder, center_of(request), person_of(request), token, proof
        )
    except Refused as refused:
        raise Unfit("sender.key") from refused
    return {"proof": proof, "holder": holder.to_json(), "network": network_class(client_of(request))}


@router.post("/interviews/{interview}/challenge")
async def challenge(row: Conducted, sent: Sent, center: OurCenter) -> Response:
    """Return what the room's device has to sign for its next connection or safety recording."""
    child = await recorder_of(center, row)
    return JSONResponse(await child.ask("challenge", request=sent.get("request")))


@router.post("/interviews/{interview}/senders/{number}/{decision}")
async def settle(
    row: Conducted, sent: Sent, center: OurCenter, person: Caller, number: int, decision: str
) -> Response:
    """Let a device that was refused take over its camera, or dismiss it."""
    who = (person.name or person.organisation)[:200]
    fields = {"number": number, "decision": decision[:16], "by": person.id, "who": who}
    child = running(center, row.id)
    return JSONResponse(await child.ask("sender", request=sent.get("request"), **fields))
