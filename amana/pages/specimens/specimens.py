"""Pages of specimens for people with an account.

GET  /cases/{case_id}/specimens           the list
GET  /cases/{case_id}/specimens/new       the form for taking one; `figure`: with its body map
POST /cases/{case_id}/specimens           {kind, seal, storage, kit, what, figure, place}; signed → its page
GET  /cases/{case_id}/specimens/labels    labels to print, of all that exist
GET  /specimens/{specimen_id}             its chain, and what its reader may do with it
POST /specimens/{specimen_id}/hand-over   {organisation, role, hours}; signed, as the following
POST /specimens/{specimen_id}/receive
POST /specimens/{specimen_id}/recall
POST /specimens/{specimen_id}/destroy     {reason}
POST /specimens/{specimen_id}/withdraw    {reason, remark}

`intact` (`yes`, `no`), `seal`, `stored` (`yes`, `no` or nothing) and `remark` describe the specimen where it
is handed over, received or destroyed. `place`: a side and a region of the body map, with a colon between
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Form, Query
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from amana.languages import language_of
from amana.pages.code_pictures import code_picture
from amana.pages.signing import Sign
from amana.settings import Settings
from casework.access import grants_in_force, police_consent
from casework.access.permissions import Act
from casework.body_maps.drawings import FIGURES, SIDES, chosen_svg, regions
from casework.body_maps.names import names
from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.errors import Refused
from casework.ledger.reasons import MAX_TEXT
from casework.specimens import acts, handovers, listing, taking
from casework.specimens.acts import Condition
from casework.specimens.parties import FUNCTIONS, ORGANISATIONS
from casework.specimens.taking import KINDS, STORAGE, Place
from casework.web.request import Caller, CaseId, Code, OurCenter, Text, center_of, page, person_of
from chain_of_custody.statements.types import KIT
from player.papers import history_export

router = APIRouter()

ANSWERS = {"yes": True, "no": False, "": None}
MAX_HOURS = acts.LONGEST // timedelta(hours=1)
RECEIVERS = ("custodian", "examiner", "prosecutor", "interviewer", *FUNCTIONS)
"""To whom specimens are handed over: people with an account first."""


async def _condition(
    intact: Code = "yes", seal: Code = "", stored: Code = "", remark: Text = ""
) -> Condition:
    """Return in what state the specimen is. Raises `Refused`."""
    found, kept = ANSWERS.get(intact), ANSWERS.get(stored)
    if found is None or stored not in ANSWERS:
        raise Refused("whether the seal is intact, and it was stored as asked, is answered yes or no")
    return Condition(found, seal, kept, remark)


Found: TypeAlias = Annotated[Condition, Depends(_condition)]
"""A route's parameter."""


@router.get("/cases/{case_id}/specimens")
def show_case(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the specimens of a case."""
    specimens = listing.of_case(center, person, case_id)
    return page(request, "specimens.html", case=cases.get(center, person, case_id), specimens=specimens)


@router.get("/cases/{case_id}/specimens/new")
def show_form(
    request: Request,
    center: OurCenter,
    person: Caller,
    case_id: str,
    figure: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Show the form for taking a specimen. The kits are those that the person has."""
    case = cases.get(center, person, case_id, Act.TAKE_SPECIMENS)
    listed = listing.of_case(center, person, case_id)
    figure, language = figure if figure in FIGURES else "", language_of(request)
    with center.database() as session:
        consent = grants_in_force.consent_to(session, case.id, police_consent.TAKING_SPECIMENS)
    return page(
        request,
        "take_specimen.html",
        case=case,
        consent=consent,
        kits=[one.row for one in listed if one.row.kind == KIT and one.theirs],
        kinds=KINDS,
        storage=STORAGE,
        figures=FIGURES,
        figure=figure,
        sides=SIDES,
        places=_places(figure, language) if figure else {},
        drawn=lambda side: Markup(chosen_svg(figure, side, language)),  # noqa: S704  # our own
        longest=MAX_TEXT,
    )


@router.post("/cases/{case_id}/specimens")
def take(
    sign: Sign,
    center: OurCenter,
    person: Caller,
    case_id: CaseId,
    kind: Code,
    seal: Code,
    what: Text,
    storage: Code = "",
    kit: Code = "",
    figure: Code = "",
    place: Code = "",
) -> Response:
    """State that the person took a specimen; then comes its page."""
    side, _, region = place.partition(":")
    reserved = taking.reserve(
        center,
        person,
        case_id,
        kind=kind,
        seal=seal,
        what=what,
        storage=storage or None,
        kit=kit or None,
        place=Place(figure, side, region) if place else None,
    )
    return sign(_page_of(reserved.row.id), taking.take, reserved)


@router.get("/cases/{case_id}/specimens/labels")
def labels(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show labels to print. A label has nothing about the person or the case."""
    listed = listing.of_case(center, person, case_id)
    rows = [one.row for one in listed if one.row.ended_at is None]
    return page(
        request,
        "specimen_labels.html",
        case=cases.get(center, person, case_id),
        specimens=[(row, code_picture(f"{_address(request)}/specimens/{row.id}")) for row in rows],
    )


@router.get("/specimens/{specimen_id}")
def show(request: Request, specimen_id: str) -> Response:
    """Show a specimen."""
    return specimen_page(request, specimen_id)


@router.post("/specimens/{specimen_id}/hand-over")
def hand_over(
    sign: Sign,
    specimen_id: str,
    found: Found,
    organisation: Code,
    role: Code,
    hours: Annotated[int, Form(ge=1, le=MAX_HOURS)],
) -> Response:
    """State that the person gives the specimen to somebody, who is to confirm it within these hours."""
    until = now() + timedelta(hours=hours)
    to = {"organisation": organisation, "role": role}
    return sign(_page_of(specimen_id), handovers.hand_over, specimen_id, to, until, found)


@router.post("/specimens/{specimen_id}/receive")
def receive(sign: Sign, specimen_id: str, found: Found) -> Response:
    """State that the person received the specimen."""
    return sign(_page_of(specimen_id), handovers.receive, specimen_id, found)


@router.post("/specimens/{specimen_id}/recall")
def recall(sign: Sign, specimen_id: str) -> Response:
    """State that a handover by the person did not take place."""
    return sign(_page_of(specimen_id), handovers.recall, specimen_id)


@router.post("/specimens/{specimen_id}/destroy")
def destroy(sign: Sign, specimen_id: str, found: Found, reason: Code) -> Response:
    """State that the person destroyed the specimen or used it up."""
    return sign(_page_of(specimen_id), handovers.destroy, specimen_id, reason, found)


@router.post("/specimens/{specimen_id}/withdraw")
def withdraw(sign: Sign, specimen_id: str, reason: Code, remark: Text = "") -> Response:
    """State that the person entered the specimen in error."""
    return sign(_page_of(specimen_id), handovers.withdraw, specimen_id, reason, remark)


def specimen_page(request: Request, specimen_id: str, **more: Any) -> Response:
    """Return the page of a specimen; `more`: what its template shows beside that."""
    center, person = center_of(request), person_of(request)
    settings: Settings = request.app.state.settings
    listed, case = listing.one(center, person, specimen_id)
    with center.database() as session:
        agreed = police_consent.specimens_may_be_given(session, case.id)
    return page(
        request,
        "specimen.html",
        case=case,
        agreed=agreed,
        specimen=listed,
        lines=history_export.lines(listing.chain(center, person, specimen_id)),
        place=_place_words(listed.details, language_of(request)),
        organisations=organisations(center),
        functions=RECEIVERS,
        reasons=acts.DESTROYING,
        withdrawing=acts.WITHDRAWING,
        hours=settings.receipt_hours,
        most_hours=MAX_HOURS,
        longest=MAX_TEXT,
        **more,
    )


def organisations(center: Center) -> Sequence[str]:
    """Return the organisations that a form offers: the center's own first."""
    return (center.organisation, *(one for one in ORGANISATIONS if one != center.organisation))


def _page_of(specimen_id: str) -> str:
    return f"/specimens/{specimen_id}"


def _address(request: Request) -> str:
    settings: Settings = request.app.state.settings
    return settings.public_address


def _places(figure: str, language: str) -> dict[str, list[tuple[str, str]]]:
    """Return side → its regions by their names, as (value, name)."""
    called = names(language)
    return {
        side: sorted(
            ((f"{side}:{one}", called[one]) for one in regions(figure, side)), key=lambda row: row[1]
        )
        for side in SIDES
    }


def _place_words(details: Any, language: str) -> tuple[str, str] | None:
    """Return side and name of the region that a specimen was taken from."""
    if "region" not in details:
        return None
    return details["side"], names(language).get(details["region"], details["region"])
