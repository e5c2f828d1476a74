"""The context of a request for the player's routes: the center, and the signed-in person."""

from __future__ import annotations

from fastapi import Request

from casework.center import Center
from casework.database.models import Person


def center_of(request: Request) -> Center:
    """Return the center that the application serves."""
    center: Center = request.app.state.center
    return center


def person_of(request: Request) -> Person:
    """Return the person on whose behalf the request is made."""
    person: Person = request.state.person
    return person
