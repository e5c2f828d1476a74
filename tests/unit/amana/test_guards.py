"""What every request passes: headers on every answer, known hosts, our own pages, bounded bodies."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from amana import control_channel
from amana.http.error_messages import ERROR_MESSAGES
from amana.http.page_files import page_files
from amana.http.security_middleware import MAX_BODY, BoundedBody, own_origins
from amana.install.incidents import Incidents
from amana.keyholder.roles import Peer
from amana.languages import say
from amana.settings import Settings
from amana.supervisor import broker
from amana.supervisor.supervisor import Supervisor
from amana.supervisor.supervisor_client import InheritedChannel
from casework.database.models import Person

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]
STYLE = page_files().address("page/page.css")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/sign-in", {"accept": "text/html"}, 200),
        ("GET", "/cases", {}, 401),
        ("GET", STYLE, {}, 200),
        ("GET", STYLE.replace("page.css", "%2e%2e/%2e%2e/%2e%2e/amana/settings.py"), {}, 404),
        ("POST", "/sign-in", {"origin": "https://elsewhere.example"}, 403),
        ("GET", "/sign-in", {"host": "elsewhere.example"}, 421),
        ("GET", "/fail", {}, 500),
    ],
)
async def test_every_answer_carries_the_security_headers(
    app: FastAPI,
    browser: httpx.AsyncClient,
    administrator: Person,
    sign_in: SignIn,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
) -> None:
    if path == "/fail":
        app.add_api_route("/fail", _fail)
        await sign_in(browser, administrator)
    answer = await browser.request(method, path, headers=headers)
    assert answer.status_code == status
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    kept = "public, max-age=31536000, immutable" if path == STYLE else "no-store"
    assert answer.headers["cache-control"] == kept


def _fail() -> None:
    raise KeyError("a name that must not leave the log")


async def test_an_unexpected_failure_says_nothing_of_its_inside(
    app: FastAPI, browser: httpx.AsyncClient, administrator: Person, sign_in: SignIn
) -> None:
    app.add_api_route("/fail", _fail)
    await sign_in(browser, administrator)
    for accept in ("text/html", "application/json"):
        answer = await browser.get("/fail", headers={"accept": accept, "cookie": _cookies(browser)})
        assert answer.status_code == 500
        assert "must not leave" not in answer.text
        assert "Traceback" not in answer.text


async def test_an_unexpected_failure_has_one_number_on_the_page_in_the_log_and_in_the_incidents(
    app: FastAPI,
    browser: httpx.AsyncClient,
    administrator: Person,
    sign_in: SignIn,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app.add_api_route("/fail", _fail, methods=["GET", "POST"])
    await sign_in(browser, administrator)
    cookie = _cookies(browser)
    near, far = control_channel.pair()
    supervisor = Supervisor(settings, lambda _: None)
    serving = asyncio.create_task(broker.serve(far, Peer("web", 1), supervisor._answer))
    app.state.supervisor = InheritedChannel(near)
    try:
        viewed = await browser.get("/fail", headers={"accept": "text/html", "cookie": cookie})
        changed = await browser.post("/fail", headers={"cookie": cookie})
    finally:
        app.state.supervisor = None
        near.close()
        await serving
    numbers = [re.findall(r"\b[0-9a-f]{8}\b", answer.text)[-1] for answer in (viewed, changed)]
    uncertain = say("ar", ERROR_MESSAGES["internal"].meaning)  # whether it was done
    assert uncertain not in viewed.text
    assert changed.json()["error"]["meaning"] == uncertain
    incidents = [(one.what, one.how) for one in Incidents(settings.incidents).lately()]
    assert incidents == [
        ("request", f"failed unexpectedly: KeyError, number {number} in the log") for number in numbers[::-1]
    ]
    assert all(f"unexpected failure {number}" in caplog.text for number in numbers)


@pytest.mark.parametrize("origin", [None, "https://elsewhere.example"])
async def test_nothing_can_be_changed_from_another_sites_page(
    browser: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn, origin: str | None
) -> None:
    """With every other origin, and at every route: `test_owasp_foreign_pages`."""
    await sign_in(browser, prosecutor)
    if origin is None:
        del browser.headers["origin"]
    else:
        browser.headers["origin"] = origin
    for path in ("/sign-out", "/cases", "/language", "/nowhere"):
        answer = await browser.post(path)
        assert (path, answer.status_code) == (path, 403)
        assert answer.json()["error"]["code"] == "foreign-origin"
        assert (await browser.get("/cases")).status_code == 200, path  # still signed in


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(browser: httpx.AsyncClient) -> None:
    announced = await browser.post("/sign-in", content=b"x" * (MAX_BODY + 1))
    assert announced.status_code == 413

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    streamed = await browser.post("/sign-in", content=endless())
    assert streamed.status_code == 413
    assert streamed.json()["error"] == announced.json()["error"]
    assert announced.json()["error"]["code"] == "body-too-large"


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    sent: list[Message] = []

    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async def unreachable(*_: object) -> None:
        raise AssertionError("the application must not be asked")

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    await BoundedBody(unreachable, within=0.05)(scope, never, send)
    assert sent[0]["status"] == 408


async def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one() -> None:
    arriving: list[Message] = [
        {"type": "http.request", "body": b"reference=Appeal+7&text=so", "more_body": True},
        {"type": "http.disconnect"},
    ]
    passed_on: list[Message] = []

    async def receive() -> Message:
        return arriving.pop(0)

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        passed_on.append(await receive())

    async def send(_message: Message) -> None:
        raise AssertionError("nobody is there to hear it")

    scope = {"type": "http", "method": "POST", "path": "/cases", "headers": [(b"content-length", b"80")]}
    await BoundedBody(app)(scope, receive, send)
    assert passed_on == []


async def test_the_bodies_of_one_network_are_bounded_together_until_they_are_answered() -> None:
    """Nobody has to be signed in for a body to be read."""
    half, end = asyncio.Event(), asyncio.Event()
    answered: list[int] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answered.append(message["status"])

    async def slow() -> Message:
        if half.is_set():
            await end.wait()
            return {"type": "http.request", "body": b"", "more_body": False}
        half.set()
        return {"type": "http.request", "body": bytes(100), "more_body": True}

    async def whole() -> Message:
        return {"type": "http.request", "body": bytes(100), "more_body": False}

    def sent_from(address: str) -> Scope:
        return {"type": "http", "method": "POST", "path": "/", "headers": [], "client": (address, 0)}

    bounded = BoundedBody(app, of_network=150)
    first = asyncio.create_task(bounded(sent_from("192.0.2.1"), slow, send))
    await half.wait()
    await bounded(sent_from("192.0.2.1"), whole, send)
    await bounded(sent_from("192.0.2.2"), whole, send)
    assert answered == [429, 200]
    end.set()
    await first
    await bounded(sent_from("192.0.2.1"), whole, send)
    assert answered == [429, 200, 200, 200]


async def test_a_language_is_chosen_for_the_browser_and_leads_back_to_our_own_pages_only(
    browser: httpx.AsyncClient,
) -> None:
    assert 'lang="ar" dir="rtl"' in (await browser.get("/sign-in")).text
    chosen = await browser.post("/language", data={"language": "en", "back": "/sign-in"})
    assert chosen.headers["location"] == "/sign-in"
    assert 'lang="en" dir="ltr"' in (await browser.get("/sign-in")).text
    for back in ("//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"):
        away = await browser.post("/language", data={"language": "xx", "back": back})
        assert away.headers["location"] == "/"
    assert 'lang="en"' in (await browser.get("/sign-in")).text


@pytest.mark.parametrize(
    ("address", "host", "port", "origins"),
    [
        ("https://amana.example", "0.0.0.0", 1, {"https://amana.example"}),
        ("", "0.0.0.0", 1, set()),
        ("", "192.0.2.7", 80, {"http://192.0.2.7:80"}),
        ("", "2001:db8::1", 80, {"http://[2001:db8::1]:80"}),
        ("", "127.0.0.1", 5, {"http://127.0.0.1:5", "http://localhost:5", "http://[::1]:5"}),
    ],
)
def test_a_center_knows_its_own_names(address: str, host: str, port: int, origins: set[str]) -> None:
    assert set(own_origins(address, host, port)) == origins


def _cookies(browser: httpx.AsyncClient) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
