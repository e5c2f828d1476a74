"""Commands in the center of a running service: who acts, and in which case."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from amana.centers import attached_center
from amana.errors import Unusable
from amana.settings import Settings
from casework.cases import cases
from casework.center import Center
from casework.database.models import Case, Person
from casework.people import people


@contextmanager
def acting(parsed: argparse.Namespace, settings: Settings) -> Iterator[tuple[Center, Person]]:
    """Open the center for the person of `--as`. Raises `Unusable`, and as `opened_center`."""
    with attached_center(settings) as center:
        yield center, find_person(center, parsed.person)


def find_person(center: Center, given: str) -> Person:
    """Return the one person with this name or id. Raises `Unusable`."""
    matches = list(people.find(center, given))
    if not matches:
        raise Unusable(f"no person is called {given!r}; write the name as the staff page shows it")
    if len(matches) > 1:
        numbers = ", ".join(person.id for person in matches)
        raise Unusable(f"{len(matches)} people are called {given!r}; give the number of one: {numbers}")
    return matches[0]


def find_case(center: Center, given: str) -> Case:
    """Return the case with this code or id. Raises `Unusable`; permission to see it is checked afterwards."""
    case = cases.find(center, given)
    if case is None:
        raise Unusable(f"there is no case {given!r}; a code is written like 2026-0001")
    return case
