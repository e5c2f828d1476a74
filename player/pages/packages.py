"""Court packages on the web: order one, show its progress, download it.

    GET  /evidence/{id}/package, /interviews/{id}/package   the page; photographs and working copies go with
                                 the recording
    GET  /cases/{id}/package     the same, of photographs and documents alone
    POST /packages               content and purpose → {package}, or the act that its person must sign first
    POST /packages/{id}          make a package that was ordered and signed → {package}
    GET  /packages/{id}          {state, done, total}; for a failed one, its error
    POST /packages/{id}/words    {numbers, words}: the passphrase, once, as digits and in the words of each
                                 language; no words afterwards
    GET  /packages/{id}/{file}   testimony.amana, verify.html, READ-ME.txt

Sealed packages only: an unencrypted one is made at the center's own machine, by command.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, TypeAlias

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from casework.access import release
from casework.access.permissions import Act, may
from casework.cases import cases, consent
from casework.center import Center
from casework.clock import new_id
from casework.comparison_sheets import sheets
from casework.database.models import Case, Consent, Derivative, DerivativeState, Interview, Person
from casework.errors import Refused
from casework.evidence import court_exclusions, export_orders
from casework.evidence.gateway import PURPOSES, ItemExtent, exportable
from casework.grants import granted_working_copies, grants
from casework.interviews import interviews
from casework.photographs import photographs
from casework.received_copies import copies as received_copies
from casework.web.request import Caller, OurCenter, of_app, page
from casework.witnesses import alarms
from casework.working_copies import orders as derivatives
from chain_of_custody.encoding.passphrase import in_words
from chain_of_custody.statements.types import MAX_ITEMS
from player.package import delivery
from player.package.order_queue import Order, Orders
from player.pages import exhibit as playback

router = APIRouter()

PackageOrders: TypeAlias = Annotated[Orders, of_app("orders")]
_TYPES = {"html": "text/html; charset=utf-8", "txt": "text/plain; charset=utf-8"}

_Id = Annotated[str, Field(pattern=r"[0-9a-f]{32}", max_length=32)]
_Time = Annotated[int, Field(ge=0, le=2**53 - 1)]


class Excerpt(BaseModel):
    """Begin and end, µs of the part's timeline."""

    begin: _Time
    end: _Time


class PackageToOrder(BaseModel):
    """The content of a package: one part, or all parts of an interview, with photographs and documents of
    the case; or these alone. And the purpose."""

    evidence: _Id | None = None
    interview: _Id | None = None
    excerpt: Excerpt | None = None
    photographs: list[_Id] = Field(default=[], max_length=MAX_ITEMS)
    """Photographs, documents and working copies."""
    purpose: str = Field(max_length=64)
    receiver: str = Field(default="", max_length=200)
    """Whom it is for; empty if a person takes it under a grant, for themselves."""
    viewing_copies: bool = True
    excluded: bool = False
    """Whether to include passages that a court has excluded: accepted from people who may see them, and
    stated if the package contains any."""


@router.get("/evidence/{evidence_id}/package")
def order_part(request: Request, center: OurCenter, person: Caller, evidence_id: str) -> Response:
    """Show the page that orders a court package of one recording part."""
    exhibit = playback.exhibit(center, person, evidence_id, Act.EXPORT_EVIDENCE)
    interview = interviews.get(center, person, exhibit.interview, Act.EXPORT_EVIDENCE)
    return _page(request, center, person, interview.case_id, interview, exhibit)


@router.get("/interviews/{interview_id}/package")
def order_interview(request: Request, center: OurCenter, person: Caller, interview_id: str) -> Response:
    """Show the page that orders a court package of an interview."""
    interview = interviews.get(center, person, interview_id, Act.EXPORT_EVIDENCE)
    return _page(request, center, person, interview.case_id, interview)


@router.get("/cases/{case_id}/package")
def order_photographs(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the page that orders a court package of a case's photographs and documents alone."""
    return _page(request, center, person, case_id)


def _page(
    request: Request,
    center: Center,
    person: Person,
    case_id: str,
    interview: Interview | None = None,
    exhibit: playback.Exhibit | None = None,
) -> Response:
    exhibits = photographs.exportable(center, person, case_id)
    case = cases.get(center, person, case_id) if interview is None else interview.case
    parts = [] if interview is None else interviews.list_parts(interview)
    items = [] if interview is None else [part.evidence for part in interviews.list_items(interview)]
    copies = _granted(center, person, case) if interview is None else _copies(center, person, interview)
    return page(
        request,
        "package.html",
        case=case,
        shared=_shared(center, person, case),
        closed=photographs.not_given(center, person, case.id),
        exhibit=exhibit,
        exhibits=exhibits,
        receives=grants.receives(person),
        copies=[*copies, *sheets.exportable(center, person, case.id), *_of_received(center, person, case)],
        named={part.evidence: part for part in parts},
        interview=interview,
        parts=parts,
        excluded=bool(items) and court_exclusions.any_of(center, items),
        purposes=_purposes(center, person, exhibit),
    )


def _purposes(center: Center, person: Person, exhibit: playback.Exhibit | None) -> list[str]:
    """Return the purposes for which this person may export it."""
    if exhibit is None:
        return list(PURPOSES)
    reached = grants.reached(center, person, exhibit.evidence).purposes
    return [code for code in PURPOSES if code in reached]


def _shared(center: Center, person: Person, case: Case) -> Consent | None:
    """Return the newest answer on sharing with a court, for those who decide about sharing."""
    if not may(person, Act.GIVE_CASE):
        return None
    return consent.consents_in_force(center, person, case.id)["share-court"]


def _copies(center: Center, person: Person, interview: Interview) -> list[Derivative]:
    """Return the working copies that may go with an interview. A grant of recordings does not cover them."""
    if grants.receives(person):
        return []
    listed = derivatives.of_interview(center, person, interview.id)
    return [one for one in listed if one.state is DerivativeState.MADE and release.may_leave(one)]


def _of_received(center: Center, person: Person, case: Case) -> list[Derivative]:
    """Return the copies of received files, to holders of a grant none: `_granted` has theirs."""
    return [] if grants.receives(person) else received_copies.exportable(center, person, case.id)


def _granted(center: Center, person: Person, case: Case) -> list[Derivative]:
    """Return those that were granted to the signed-in person with the right to take a copy."""
    return (
        granted_working_copies.reached(center, person, case.id, copy=True) if grants.receives(person) else []
    )


@router.post("/packages")
def order(
    request: Request, center: OurCenter, person: Caller, orders: PackageOrders, ordered: PackageToOrder
) -> Response:
    """Order a court package and begin to make it, or answer with the act that the person must sign first.

    Raises `Refused` for an inconsistent order, `UnseenAlarm`, and as `gateway.exportable`.
    """
    named = [one for one in (ordered.evidence, ordered.interview) if one is not None]
    if len(named) > 1 or not (named or ordered.photographs):
        raise Refused("one part, or one interview, or photographs alone")
    if ordered.purpose not in PURPOSES:
        raise Refused("no such purpose")
    excerpt = None if ordered.excerpt is None else (ordered.excerpt.begin, ordered.excerpt.end)
    if excerpt is not None and (ordered.evidence is None or excerpt[0] >= excerpt[1]):
        raise Refused("an excerpt is of one part, and ends after it begins")
    items = delivery.wanted(center, person, named, excerpt)
    items += [ItemExtent(one) for one in ordered.photographs]
    about = exportable(center, person, items, ordered.purpose, excluded=ordered.excluded)[0].case.id
    if not ordered.receiver.strip() and not grants.receives(person):
        raise Refused("it is not said whom the package is for")
    alarms.require_seen(center)
    orders.require_room(person)
    number = new_id()
    place = partial(
        export_orders.place,
        center,
        person,
        items,
        ordered.purpose,
        ordered.viewing_copies,
        order=number,
        receiver=ordered.receiver,
        excluded=ordered.excluded,
    )
    subject = f"/evidence/{ordered.evidence}" if ordered.evidence else f"/interviews/{ordered.interview}"
    subject = subject if named else f"/cases/{about}"
    answer: Response = request.app.state.personally(
        request,
        place,
        f"{subject}/package#{number}",
        done=lambda: _begin(center, person, orders, number),
    )
    return answer


@router.post("/packages/{order_id}")
def begin(center: OurCenter, person: Caller, orders: PackageOrders, order_id: str) -> Response:
    """Begin to make a package that was ordered and signed, or resume; answer with its id (202).

    Raises `UnseenAlarm`, `Missing`, `WrongState`, `Refused`.
    """
    alarms.require_seen(center)
    return _begin(center, person, orders, order_id)


def _begin(center: Center, person: Person, orders: Orders, order_id: str) -> Response:
    """Begin, or repeat: an answer may have been lost, or the process restarted."""
    if not orders.has(person, order_id):  # a finished one is available for a day
        orders.begin(person, export_orders.get(center, person, order_id))
    return JSONResponse({"package": order_id}, 202)


@router.get("/packages/{order_id}")
def send_state(person: Caller, orders: PackageOrders, order_id: str) -> Response:
    """Answer with the progress of a package. Raises the error with which making it failed."""
    placed = orders.get(person, order_id)
    if placed.failure is not None:
        raise placed.failure
    answer = {
        "state": placed.state,
        "done": placed.done,
        "total": placed.total,
        "confirmed": placed.confirmed,
        "uncredited": placed.uncredited,
    }
    return JSONResponse(answer)


@router.post("/packages/{order_id}/words")
def send_words(center: OurCenter, person: Caller, orders: PackageOrders, order_id: str) -> Response:
    """Answer with the passphrase of a finished package, once; with null before and afterwards."""
    numbers = _may_leave(center, person, orders, order_id).take_passphrase()
    if numbers is None:
        return JSONResponse({"words": None})
    return JSONResponse(
        {
            "numbers": numbers.split(" "),
            "words": {"ar": in_words(numbers, "ar"), "en": in_words(numbers, "en")},
        }
    )


@router.get("/packages/{order_id}/{name}")
def fetch(center: OurCenter, person: Caller, orders: PackageOrders, order_id: str, name: str) -> Response:
    """Download one file of a finished package. Raises `Missing`, and as `gateway.exportable`."""
    _may_leave(center, person, orders, order_id)
    file = orders.file(person, order_id, name)
    if name == delivery.SEALED:
        export_orders.note_download(center, order_id)
    return FileResponse(
        file,
        filename=name,
        media_type=_TYPES.get(name.rsplit(".", maxsplit=1)[-1], "application/octet-stream"),
        content_disposition_type="attachment",  # never shown inside the center's own pages
    )


def _may_leave(center: Center, person: Person, orders: Orders, order_id: str) -> Order:
    """Return the order if its person may still export it; nothing is disclosed before the download."""
    order = orders.get(person, order_id)
    placed = order.placed
    exportable(center, person, placed.items, placed.purpose, excluded=placed.excluded)
    return order
