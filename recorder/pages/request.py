"""What a route of this room knows about its caller: the center, and the person who is signed in."""

from __future__ import annotations

from fastapi import Request

from casework.center import Center
from casework.database.models import Person


def center_of(request: Request) -> Center:
    """Return the center that the application serves."""
    center: Center = request.app.state.center
    return center


def person_of(request: Request) -> Person:
    """Return the person who is signed in."""
    person: Person = request.state.person
    return person
