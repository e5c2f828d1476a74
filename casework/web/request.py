"""The request as a route sees it, and the forms of its answers: pages, redirects, downloads.

    def show(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
        return page(request, "case.html", case=cases.get(center, person, case_id))

No answer here says how it may be cached: what sets no `cache-control` is sent with `no-store`
(`amana.http.security_middleware`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from casework.center import Center
from casework.database.models import Person, SignedIn
from casework.errors import Refused
from casework.people.client_network import network

Text: TypeAlias = Annotated[str, Form(max_length=2000)]
"""A field in which a person writes sentences."""
Code: TypeAlias = Annotated[str, Form(max_length=64)]
"""A field with a code, an id, a date or a time."""
CaseId: TypeAlias = Annotated[str, Path(max_length=32)]


def center_of(request: Request) -> Center:
    """Return the center that the application serves."""
    center: Center = request.app.state.center
    return center


def person_of(request: Request) -> Person:
    """Return the signed-in person; `amana.http.session_middleware` stops all others before the route."""
    person: Person = request.state.person
    return person


def session_of(request: Request) -> SignedIn:
    """Return the session that the request belongs to; only for routes behind the sign-in."""
    session: SignedIn = request.state.session
    return session


async def piece_of(request: Request) -> bytes:
    """Return the body of a request that sends a piece of a file.

    The middleware passes every body on in one message; `Request.body` would copy it.
    """
    body: bytes = (await request.receive())["body"]
    return body


def of_app(name: str) -> Any:
    """Return a dependency of routes: what the application has in its state under `name`."""

    async def found(request: Request) -> Any:  # async: FastAPI would run a plain function in a thread
        return getattr(request.app.state, name)

    return Depends(found)


async def _caller(request: Request) -> Person:
    return person_of(request)


OurCenter: TypeAlias = Annotated[Center, of_app("center")]
"""A route's parameter: the center that the application serves."""
Caller: TypeAlias = Annotated[Person, Depends(_caller)]
"""A route's parameter: the signed-in person; only for routes behind the sign-in."""


def page(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """Render a template into a response with this status; `context` holds its variables."""
    response: Response = request.app.state.templates.TemplateResponse(
        request, template, context, status_code=status
    )
    return response


def client_of(request: Request) -> str:
    """Return the address that the request came from; empty if unknown."""
    return request.client.host if request.client else ""


def network_of(request: Request) -> str:
    """Return the network whose requests are counted together (`casework.people.client_network`)."""
    return network(client_of(request))


def see_other(path: str) -> Response:
    """Redirect to another page after a change (RFC 9110, 15.4.4): a reload does not repeat it."""
    return RedirectResponse(path, 303)


_OUR_PATH = re.compile(r"/|(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")


def is_our_path(path: str) -> bool:
    """Return whether this is the path of a local page, in the form that pages use.

    Browsers read "//elsewhere" and the like as another host.
    """
    return _OUR_PATH.fullmatch(path) is not None


MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}
"""Of the files that pages offer, by the end of their name."""


def download(name: str, content: str | bytes, media_type: str) -> Response:
    """Return a file that the browser saves under `name`, and does not show."""
    disposition = f'attachment; filename="{name}"'
    return Response(content, media_type=media_type, headers={"content-disposition": disposition})


def day(text: str, later: timedelta = timedelta()) -> datetime:
    """Return when a date in a form (`YYYY-MM-DD`) begins in the center's time zone, `later` days after.

    Raises `Refused`.
    """
    try:
        return (datetime.strptime(text, "%Y-%m-%d") + later).astimezone(UTC)  # noqa: DTZ007  # local time
    except (ValueError, OverflowError):
        raise Refused("that is no date") from None
