"""OWASP: clickjacking, and what headers, caches, cookies and errors give away, on every answer there is.

Every route of the application is asked by a stranger and by somebody who may, for a page or JSON by turns.
Held elsewhere: the headers of refusals before the application (`test_guards`), ciphertext's own
(`test_court_room_routes`).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from html.parser import HTMLParser
from http.cookies import SimpleCookie

import httpx
import pytest
from fastapi import FastAPI

from amana.app import create_app
from amana.demo.device_key import DeviceKey
from amana.http.page_files import page_files, statics
from amana.http.session_middleware import DEVICE_COOKIE, SESSION_COOKIE
from amana.pages.passkeys import CHALLENGE_COOKIE
from amana.settings import Settings
from casework.center import Center
from casework.database.models import Person
from casework.interviews import room_devices
from casework.people import people
from tests.support.centers.every_route import ROWS, Place, ask, asker, routes

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]

SAID = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
UNSAID = ("server", "x-powered-by", "access-control-allow-origin", "www-authenticate", "refresh", "location")
"""`location` is said by redirects alone, which `test_owasp_redirects` looks at."""
INSIDES = re.compile(r"Traceback|File \"|\.py\b|sqlalchemy|sqlite3|psycopg|/site-packages/", re.IGNORECASE)
OURS = r"/(?![/\\])|#|\?|$|http://localhost:8420/(sign-in|passkey|account)?$"
"""Addresses of this center; the last under the one name that passkeys belong to."""
LOADED = frozenset(map(page_files().address, page_files().files))
SECURE = "https://amana.example"


class Page(HTMLParser):
    """What a page would run or load that the policy does not allow, or only just."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "script" and "src" not in said and said.get("type") != "application/json":
            self.wrong.append("a script in the page")
        if tag == "style" or "style" in said:
            self.wrong.append(f"a style in the page, at <{tag}>")
        if tag in ("iframe", "frame", "object", "embed", "base"):
            self.wrong.append(f"<{tag}>")
        if tag == "form" and said.get("method", "get").lower() == "get" and "action" in said:
            self.wrong.append("a form that puts what was typed into an address")
        self.wrong += [f"{name} at <{tag}>" for name in said if name.startswith("on")]
        for name in ("src", "href", "action", "formaction", "poster"):
            target = said.get(name, "/").strip()
            if target.startswith("/static/") and target not in LOADED:
                self.wrong.append(f"<{tag} {name}={target!r}>, which does not exist")
            drawn = tag == "img" and target.startswith("data:image/svg+xml")  # which runs nothing
            if not drawn and not re.match(OURS, target):
                self.wrong.append(f"<{tag} {name}={target[:60]!r}>")


def troubles(name: str, answer: httpx.Response) -> list[str]:
    """What an answer gives away that it must not, as sentences."""
    wrong = [
        f"{key}: {answer.headers.get(key)}" for key, value in SAID.items() if answer.headers.get(key) != value
    ]
    policy = dict(part.partition(" ")[::2] for part in answer.headers["content-security-policy"].split("; "))
    if (
        policy["frame-ancestors"] != "'none'"
        or policy["base-uri"] != "'none'"
        or policy["default-src"] != "'none'"
    ):
        wrong.append(f"policy: {policy}")
    if (
        policy["script-src"] != "'self'"
        or policy["style-src"] != "'self'"
        or policy["form-action"] != "'self'"
    ):
        wrong.append(f"policy: {policy}")
    if answer.headers.get("cache-control") != "no-store":
        wrong.append(f"kept: {answer.headers.get('cache-control')}")
    for key in UNSAID:
        expected = (key == "location" and answer.status_code == 303) or (
            key == "www-authenticate" and name.startswith("GET /ledger/")
        )
        if key in answer.headers and not expected:
            wrong.append(f"{key}: {answer.headers[key]}")
    kind = answer.headers.get("content-type", "")
    if kind.startswith(("text/html", "application/json")) and INSIDES.search(answer.text):
        wrong.append(f"insides: {INSIDES.search(answer.text)}")
    if kind.startswith("text/html"):
        wrong += Page(answer.text).wrong
    if answer.status_code >= 500 and answer.status_code != 503:  # no recorder runs here
        wrong.append(f"{answer.status_code}")
    return [f"{name} ({answer.status_code}): {one}" for one in wrong]


@pytest.mark.starts
@pytest.mark.slow
@pytest.mark.parametrize(
    ("by", "accepted"),
    [
        pytest.param("stranger", ("text/html", "application/json"), id="stranger"),
        pytest.param("whoever-may", ("application/json", "text/html"), id="whoever-may"),
        *(
            pytest.param(by, (kind,), id=f"{by}-{kind}", marks=pytest.mark.repeats)
            for by in ("stranger", "both")
            for kind in ("text/html", "application/json")
        ),
    ],
)
async def test_no_answer_can_be_framed_or_kept_or_tells_of_its_inside(
    app: FastAPI,
    browser: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
    place: Place,
    by: str,
    accepted: tuple[str, ...],
) -> None:
    """The stranger gets JSON from a route that gives somebody who may a page, and the reverse."""
    wrong: list[str] = []
    walked = 0
    for person in (None,) if by == "stranger" else (administrator, prosecutor):
        browser.cookies.clear()
        for number, (name, method, path) in enumerate(routes(app)):
            row = ROWS[name]
            browser.headers["accept"] = accepted[number % len(accepted)]
            if row.endless and person is prosecutor:
                continue
            if by == "whoever-may" and person is not asker(row, administrator, prosecutor):
                continue
            if (
                person is not None and SESSION_COOKIE not in browser.cookies
            ):  # at first, and after signing out
                await sign_in(browser, person)
            answer = await ask(browser, place, row, method, path)
            wrong += troubles(name, answer)
            walked += 1
    for method, path in ("GET", "/nowhere"), ("PUT", "/cases"), ("GET", "/cases/"), ("OPTIONS", "/cases"):
        for kind in accepted:
            headers = {"accept": kind}
            wrong += troubles(f"{method} {path}", await browser.request(method, path, headers=headers))
    assert not wrong, "\n".join(wrong)
    assert walked > 100


async def test_what_the_pages_load_is_ours_and_of_its_kind(browser: httpx.AsyncClient) -> None:
    kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    files = [one for one in statics().rglob("*") if one.is_file()]
    assert len(files) > 200
    for file in files:
        address = page_files().address(file.relative_to(statics()).as_posix())
        answer = await browser.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["content-type"].split(";")[0] == kinds.get(file.suffix, "image/png"), address
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable", address
        assert {key: answer.headers[key] for key in SAID} == SAID, address
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], address
        assert "set-cookie" not in answer.headers, address


@pytest.fixture
async def secured(center: Center, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at a center that is reached by TLS."""
    app = create_app(center, replace(settings, address=SECURE))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=SECURE, headers={"origin": SECURE}) as client:
        yield client


async def test_every_cookie_is_out_of_reach_for_scripts_other_sites_and_open_lines(
    secured: httpx.AsyncClient, center: Center, administrator: Person
) -> None:
    answers = [
        await secured.post("/language", data={"language": "en"}),
        await secured.post("/sign-in/passkey/challenge", json={}),
        await secured.post("/sign-in", json={"token": people.new_link(center, None, administrator.id)}),
        await secured.post(
            "/room",
            json={"token": room_devices.invite(center, administrator, "room-1"), "key": DeviceKey().encoded},
        ),
        await secured.post("/sign-out"),
    ]
    seen = set()
    for answer in answers:
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        for line in answer.headers.get_list("set-cookie"):
            for name, cookie in SimpleCookie(line).items():
                seen.add(name)
                assert cookie["httponly"], line
                assert cookie["samesite"] == ("lax" if name == "__Host-language" else "strict"), line
                # What `__Host-` asks for; also when it is taken away, or the browser keeps it.
                assert cookie["secure"] and cookie["path"] == "/" and not cookie["domain"], line
    ours = ("language", CHALLENGE_COOKIE, SESSION_COOKIE, DEVICE_COOKIE)
    assert seen == {f"__Host-{name}" for name in ours}


async def test_over_tls_a_session_under_a_name_that_another_host_can_set_opens_nothing(
    secured: httpx.AsyncClient, center: Center, administrator: Person
) -> None:
    await secured.post("/sign-in", json={"token": people.new_link(center, None, administrator.id)})
    session = secured.cookies[f"__Host-{SESSION_COOKIE}"]
    assert (await secured.get("/staff")).status_code == 200
    secured.cookies.clear()
    secured.cookies.set(SESSION_COOKIE, session)
    assert (await secured.get("/staff")).status_code == 401
