"""The page of the center's people: added, given one-time links, reset, deactivated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from amana.pages.account import CONFIRMED
from amana.pages.code_pictures import code_picture
from amana.settings import Settings
from casework.database.models import Person, Role
from casework.errors import NameAlike
from casework.people import people, sign_in_methods
from casework.short_text import folded
from casework.web.request import Caller, Code, OurCenter, Text, center_of, page, person_of, see_other

router = APIRouter()


def link_address(settings: Settings, token: str) -> str:
    """Return the address of a sign-in link: the token is in the fragment, which browsers do not send."""
    return f"{settings.public_address}/sign-in#{token}"


@router.get("/staff")
def staff(request: Request) -> Response:
    """Show the page of all people of the center. Raises `Forbidden`."""
    return _staff(request)


@router.post("/staff/find")
def find(request: Request, find: Text = "") -> Response:
    """Show the people whose name, number or organisation contains the search text; answered without a
    redirect, since a name must not be in an address."""
    return _staff(request, find=find.strip())


@router.get("/staff/find")
def find_again() -> Response:
    """Redirect to the staff page: a search result has no address."""
    return see_other("/staff")


@router.post("/staff", dependencies=CONFIRMED)
def add_person(
    request: Request,
    name: Text,
    role: Annotated[Role, Form()],
    organisation: Code = "",
    namesake: bool = Form(default=False),
) -> Response:
    """Add a person, then show the staff page with a one-time link for them.

    For a name similar to another person's, it first asks whether this is a different person.
    """
    center, person = center_of(request), person_of(request)
    try:
        added = people.add(center, person, name, role, organisation or None, namesake=namesake)
    except NameAlike as found:
        return _staff(request, alike=found.people, name=name, role=role, organisation=organisation)
    return _staff(request, added, people.new_link(center, person, added.id))


@router.post("/staff/{person_id}/link", dependencies=CONFIRMED)
def new_link(request: Request, center: OurCenter, person: Caller, person_id: str) -> Response:
    """Make a one-time sign-in link for a person and show it on the staff page."""
    token = people.new_link(center, person, person_id)
    return _staff(request, people.get(center, person_id), token)


@router.post("/staff/{person_id}/revoke", dependencies=CONFIRMED)
def revoke(request: Request, center: OurCenter, person: Caller, person_id: str) -> Response:
    """Revoke all of a person's sign-in methods, lost or stolen, and show a new invitation."""
    sign_in_methods.revoke_all(center, person, person_id)
    return _staff(request, people.get(center, person_id), people.new_link(center, person, person_id))


@router.post("/staff/{person_id}/role", dependencies=CONFIRMED)
def change_role(center: OurCenter, person: Caller, person_id: str, role: Annotated[Role, Form()]) -> Response:
    """Give a person another role, then return to their place on the staff page."""
    people.change(center, person, person_id, role)
    return see_other(f"/staff#person-{person_id}")


@router.post("/staff/{person_id}/retire", dependencies=CONFIRMED)
def retire(center: OurCenter, person: Caller, person_id: str) -> Response:
    """Retire a person and revoke their access, then return to their place on the staff page."""
    people.retire(center, person, person_id)
    return see_other(f"/staff#person-{person_id}")


def _staff(
    request: Request,
    linked: Person | None = None,
    token: str = "",
    *,
    alike: Sequence[str] = (),
    find: str = "",
    **typed: str,
) -> Response:
    """`alike`: ids of people whose names could be taken for the one that was `typed`."""
    center, person = center_of(request), person_of(request)
    # A new link is shown only in this response: only its digest is stored.
    link = link_address(request.app.state.settings, token) if token else ""
    everybody = people.everybody(center, person)
    return page(
        request,
        "staff.html",
        409 if alike else 200,
        alike=alike,
        typed=typed,
        find=find,
        everybody=everybody,
        people=[one for one in everybody if _fits(one, folded(find))],
        summaries=sign_in_methods.summaries(center, person),
        roles=list(Role),
        linked=linked,
        invitation=linked is not None and people.is_new(center, linked.id),
        link=link,
        picture=code_picture(link) if link else "",
    )


def _fits(person: Person, search: str) -> bool:
    texts = (person.name or "", person.id[:8], person.organisation)
    return any(search in folded(text) for text in texts)
