"""The page by which people without an account confirm acts about a specimen, and how its links are made.

POST /specimens/{specimen_id}/receipt-link  the giver's own handover → the page of the specimen, with the link
POST /specimens/{specimen_id}/holder-link   of somebody without an account who has it → the same

GET  /custody#TOKEN         the page; its requests carry the token (`Authorization: Bearer`)
GET  /custody/specimen      → {state, number, kind, seal, storage, until}; `state`: `receive`, `hold`, `waits`
POST /custody/receipt       {name, role, intact, seal, stored, remark, holding}; `holding`: the token of the
                            holder's link, which the page makes → {}
POST /custody/handover      {organisation, role, hours, intact, seal, stored, remark} → {link, picture}
POST /custody/link          → {link, picture}: of the same handover again
POST /custody/recall        → {}
POST /custody/destruction   {reason, intact, seal, stored, remark} → {}

Nothing of the case is in any answer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana.pages.code_pictures import code_picture
from amana.pages.specimens.specimens import MAX_HOURS, RECEIVERS, organisations, specimen_page
from amana.settings import Settings
from casework.clock import now
from casework.ledger.reasons import MAX_TEXT
from casework.specimens import acts, links
from casework.specimens.acts import Condition
from casework.specimens.links import MAX_NAME
from casework.specimens.parties import FUNCTIONS
from casework.web.request import Caller, OurCenter, page
from chain_of_custody.encoding.canonical_json import instant_text

router = APIRouter()


class State(BaseModel):
    """In what state the specimen is, as the person states it."""

    intact: bool
    seal: str = Field("", max_length=64)
    stored: bool | None = None
    remark: str = Field("", max_length=MAX_TEXT)

    def condition(self) -> Condition:
        """Return it as the acts take it."""
        return Condition(self.intact, self.seal, self.stored, self.remark)


class Receipt(State):
    """A receipt."""

    name: str = Field(max_length=MAX_NAME)
    role: str = Field(max_length=64)
    holding: str = Field(pattern=r"^[0-9a-f]{64}$")


class Handover(State):
    """A handover by the holder of a link."""

    organisation: str = Field(max_length=64)
    role: str = Field(max_length=64)
    hours: Annotated[int, Field(ge=1, le=MAX_HOURS)]


class Destruction(State):
    """A destruction by the holder of a link."""

    reason: str = Field(max_length=64)


@router.post("/specimens/{specimen_id}/receipt-link")
def offer(request: Request, center: OurCenter, person: Caller, specimen_id: str) -> Response:
    """Make the link for the receipt of the person's own handover; show it in this response only."""
    token = links.offer(center, person, specimen_id, _longer(request))
    return _with_link(request, specimen_id, token, "receive")


@router.post("/specimens/{specimen_id}/holder-link")
def renew(request: Request, center: OurCenter, person: Caller, specimen_id: str) -> Response:
    """Make a link for somebody without an account who has the specimen; show it in this response only."""
    return _with_link(request, specimen_id, links.renew(center, person, specimen_id), "hold")


@router.get("/custody")
def show(request: Request, center: OurCenter) -> Response:
    """Show the page; its script asks for the specimen whose link was opened."""
    settings: Settings = request.app.state.settings
    return page(
        request,
        "custody_by_link.html",
        center_organisation=center.organisation,
        organisations=organisations(center),
        functions=FUNCTIONS,
        receivers=RECEIVERS,
        reasons=acts.DESTROYING,
        hours=settings.receipt_hours,
        most_hours=MAX_HOURS,
        longest=MAX_TEXT,
        longest_name=MAX_NAME,
    )


@router.get("/custody/specimen")
def look(request: Request, center: OurCenter) -> Response:
    """Answer with what the link is for."""
    found = links.admitted(center, request.state.link_token)
    row, until = found.specimen, found.place.receipt_until
    state = "receive" if found.receives else "hold" if until is None else "waits"
    return JSONResponse(
        {
            "state": state,
            "number": row.number,
            "kind": row.kind,
            "seal": row.seal,
            "storage": row.storage,
            "until": None if until is None else instant_text(until),
        }
    )


@router.post("/custody/receipt")
def receive(request: Request, center: OurCenter, receipt: Receipt) -> Response:
    """Confirm that the specimen was received."""
    links.receive(
        center,
        request.state.link_token,
        name=receipt.name,
        role=receipt.role,
        condition=receipt.condition(),
        holding=receipt.holding,
    )
    return JSONResponse({})


@router.post("/custody/handover")
def hand_over(request: Request, center: OurCenter, handover: Handover) -> Response:
    """Hand the specimen on; answer with the link for its receipt."""
    to = {"organisation": handover.organisation, "role": handover.role}
    until = now() + timedelta(hours=handover.hours)
    links.hand_over(center, request.state.link_token, to, until, handover.condition())
    return _next(request, center)


@router.post("/custody/link")
def offer_next(request: Request, center: OurCenter) -> Response:
    """Answer with a new link for the receipt of the holder's handover."""
    return _next(request, center)


@router.post("/custody/recall")
def recall(request: Request, center: OurCenter) -> Response:
    """Recall the holder's handover."""
    links.recall(center, request.state.link_token)
    return JSONResponse({})


@router.post("/custody/destruction")
def destroy(request: Request, center: OurCenter, destruction: Destruction) -> Response:
    """Enter that the holder destroyed the specimen, or used it up."""
    links.destroy(center, request.state.link_token, destruction.reason, destruction.condition())
    return JSONResponse({})


def _next(request: Request, center: OurCenter) -> Response:
    link = _link(request, links.offer_next(center, request.state.link_token, _longer(request)))
    return JSONResponse({"link": link, "picture": code_picture(link)})


def _with_link(request: Request, specimen_id: str, token: str, act: str) -> Response:
    link = _link(request, token)
    return specimen_page(request, specimen_id, link=link, picture=code_picture(link), link_act=act)


def _link(request: Request, token: str) -> str:
    settings: Settings = request.app.state.settings
    return f"{settings.public_address}/custody#{token}"


def _longer(request: Request) -> timedelta:
    settings: Settings = request.app.state.settings
    return timedelta(hours=settings.receipt_hours)
