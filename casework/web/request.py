"""What a route knows about its request: the center, the person, how they are signed in."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from casework.center import Center
from casework.database.models import Person, SignedIn


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


def page(request: Request, template: str, **context: Any) -> Response:
    """Render a template into a response; `context` holds its variables."""
    response: Response = request.app.state.templates.TemplateResponse(request, template, context)
    return response


def see_other(path: str) -> Response:
    """Redirect to another page after a change (RFC 9110, 15.4.4): a reload does not repeat it."""
    return RedirectResponse(path, 303)
