"""Capture machines as devices: their page, their enrolment, and the waiting page of a room's browser.

    GET  /room-machines            the devices, and a link for a new one
    POST /room-machines  /room-machines/revoke   {room} {device}
    GET  /room#TOKEN               on the room's machine: becomes the device; then waits for an interview
    POST /room                     {token, key} → {to}
    GET  /room/next                {room, to, next}: name of its room, page of the interview there, when the
                                   room is needed next (RFC 3339); the last two may be null

`amana.http.session_middleware.ROOM_PATHS` lists the other paths that a device may request.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana.http.error_responses import refusal
from amana.http.session_middleware import DEVICE_COOKIE, Link
from amana.pages.account import CONFIRMED
from amana.settings import Settings
from casework.errors import NotSignedIn
from casework.interviews import appointments, room_devices, rooms
from casework.web.cookies import cookie_of, set_cookie
from casework.web.request import Caller, Code, OurCenter, center_of, page, person_of, see_other
from chain_of_custody.encoding.canonical_json import instant_text

router = APIRouter()


class Enrolment(Link):
    """The body of a request that makes this browser a room's device."""

    key: str = Field(max_length=100)
    """Its public key, base64: `casework.interviews.room_devices.redeem`."""


@router.get("/room-machines")
def show(request: Request) -> Response:
    """Show the room machines and the unused enrolment links. Raises `Forbidden`."""
    return _shown(request)


@router.post("/room-machines", dependencies=CONFIRMED)
def invite(request: Request, center: OurCenter, person: Caller, room: Code) -> Response:
    """Make a link for one machine of this room and show it, in this response only."""
    token = room_devices.invite(center, person, room.strip())
    return _shown(request, room.strip(), token)


@router.post("/room-machines/revoke", dependencies=CONFIRMED)
def revoke(center: OurCenter, person: Caller, device: Code) -> Response:
    """Revoke a room machine or an unused enrolment link, then return to the list of machines."""
    room_devices.revoke(center, person, device)
    return see_other("/room-machines")


@router.get("/room")
async def wait(request: Request) -> Response:
    """Show the page of a room's machine while its room has no interview."""
    return page(request, "room_device.html")


@router.post("/room")
async def redeem(request: Request, center: OurCenter, link: Enrolment) -> Response:
    """Make this browser, with its key, the room's device, for a year or until it is revoked."""
    try:
        device = await asyncio.to_thread(room_devices.redeem, center, link.token, link.key)
    except NotSignedIn:
        return refusal(request, "room-link-not-valid")
    response = JSONResponse({"to": "/room"})
    set_cookie(request, response, DEVICE_COOKIE, device, room_devices.LIFETIME)
    return response


@router.get("/room/next")
async def next_interview(request: Request, center: OurCenter) -> Response:
    """Return the page for the room's machine now, and the time of the next appointment in its room."""

    def look() -> tuple[str, str | None, datetime | None]:
        device = room_devices.admitted(center, cookie_of(request, DEVICE_COOKIE))
        names = {one.code: one.name for one in rooms.listed(center, retired=True)}
        interview = room_devices.interview_in_room(center, device)
        return names.get(device.room, device.room), interview, appointments.next_in_room(center, device.room)

    try:
        room, interview, begins = await asyncio.to_thread(look)
    except NotSignedIn:
        return refusal(request, "no-room-device")
    return JSONResponse(
        {
            "room": room,
            "to": None if interview is None else f"/interviews/{interview}/room",
            "next": None if begins is None else instant_text(begins),
        }
    )


def _shown(request: Request, room: str = "", token: str = "") -> Response:
    center = center_of(request)
    settings: Settings = request.app.state.settings
    return page(
        request,
        "room_machines.html",
        devices=room_devices.everyone(center, person_of(request)),
        rooms=rooms.listed(center),
        room_names={one.code: one.name for one in rooms.listed(center, retired=True)},
        room=room,
        link=f"{settings.public_address}/room#{token}" if token else "",
    )
