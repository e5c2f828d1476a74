"""What a route of these pages knows of who asks: the center, the person, how they are signed in."""

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
    """Who is signed in; `amana.http.security_middleware` lets nobody else as far as a route that asks
    this."""
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
    """To another page after something was done (RFC 9110, 15.4.4): a reload does it no second time."""
    return RedirectResponse(path, 303)
