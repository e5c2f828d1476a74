"""Every route, asked by every role: what the table of permissions gives nobody is refused, also by address.

A route that has no row here fails: whoever adds one says whose it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI

from amana.http.session_middleware import SESSION_COOKIE
from casework.access.grants_in_force import ItemExtent
from casework.access.permissions import TABLE, Act, Reach
from casework.cases import cases
from casework.center import Center
from casework.database.models import Person, Role
from casework.grants import grants
from casework.people import people
from tests.support.centers.every_route import MACHINES, PHOTOGRAPH, ROWS, THEIR_OWN, Place, Row, ask, routes
from tests.support.people.granting import granted

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]

AWAY = 503
"""There is no recorder in this test, and whoever may ask is told so."""


def test_every_route_has_a_row_and_every_row_a_route(app: FastAPI) -> None:
    assert sorted(name for name, _, _ in routes(app)) == sorted(ROWS)


IN_CASES = [role for role in Role if TABLE[Act.SEE_CASE][role] in (Reach.OWN_CASES, Reach.GRANTED)]
"""Roles that reach something in one case and not in another. To all others, both are the same."""


@pytest.mark.starts
@pytest.mark.parametrize(
    ("role", "given"),
    [
        *(pytest.param(role, True, id=f"{role}-in-a-case-of-their-own") for role in Role),
        *(pytest.param(role, False, id=f"{role}-in-somebody-elses-case") for role in IN_CASES),
    ],
)
async def test_what_a_role_may_not_is_refused_and_what_it_may_is_not(
    app: FastAPI,
    browser: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
    place: Place,
    role: Role,
    given: bool,
) -> None:
    person = people.add(center, administrator, f"Asking {role}", role)
    if given and TABLE[Act.SEE_CASE][role] is Reach.OWN_CASES:
        cases.give(center, prosecutor, place.case, person.id)
    if given and TABLE[Act.SEE_CASE][role] is Reach.GRANTED:
        grant = granted(center, prosecutor, place.case, person, accepted=False, kind="copy", purpose="review")
        grants.authorise_copy(center, prosecutor, grant.id, reference="4/2076")
        items = [ItemExtent(place.photograph)]  # none is granted but by name
        granted(center, prosecutor, place.case, person, accepted=False, purpose="review", items=items)
    wrong: list[str] = []
    asked = [(method, path, ROWS[name]) for name, method, path in routes(app)]
    for method, path, row in [PHOTOGRAPH, *asked]:
        name = f"{method} {path}"
        named = "{" in path or "evidence" in (row.json or {}) or name == "POST /packages"
        refused = refuses(row, role, given, named)
        if name.startswith("POST /sign-") or (row.endless and not refused):
            continue
        if not named and not given:
            continue  # asked already, for the same role in a case of their own
        if SESSION_COOKIE not in browser.cookies:  # at first, and after signing out
            await sign_in(browser, person)
        answer = await ask(browser, place, row, method, path)
        if not fits(answer.status_code, row, refused):
            wrong.append(f"{name}: {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


def refuses(row: Row, role: Role, given: bool, named: bool) -> bool:
    """Whether the table of permissions says no. `named`: the address names something of the case."""
    if not isinstance(row.whose, Act):
        return False
    reach = TABLE[row.whose][role]
    theirs = reach in (Reach.OWN_CASES, Reach.GRANTED)
    return reach is Reach.NOWHERE or (theirs and named and not given)


def fits(status: int, row: Row, refused: bool) -> bool:
    """Whether this answer is what the table says."""
    if row.whose == MACHINES:
        return status in (200, 401, 404)
    if row.whose == THEIR_OWN or row.missing:
        return status in (403, 404)
    return (status == 403) is refused and status != 401 and status in (*range(500), AWAY)


@pytest.mark.starts
async def test_nobody_reaches_anything_without_signing_in(
    app: FastAPI, browser: httpx.AsyncClient, place: Place
) -> None:
    for name, method, path in routes(app):
        row = ROWS[name]
        answer = await ask(browser, place, row, method, path)
        open_to_all = name in (
            "GET /sign-in",
            "POST /sign-in",
            "POST /sign-in/passkey/challenge",
            "POST /sign-in/passkey",
            "POST /sign-in/password",
            "POST /sign-in/recovery",
            "GET /custody",
            "GET /give",
            "GET /room",
            "POST /room",
            "POST /language",
            "GET /health",
            "GET /healthz",
        )
        if open_to_all or row.whose == MACHINES:
            continue
        assert answer.status_code == 401, name
