"""Requests for an interview of another machine: passed on, never in circles, and taken over in time."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from amana.app import create_app
from amana.http.forwarding import FORWARDED, reaching
from amana.settings import Settings
from amana.workers.membership import Machines
from casework import nodes
from casework.cases import cases
from casework.center import Center
from casework.database.models import Person
from casework.interviews import interviews
from casework.nodes import Machine
from casework.sandbox import process_log
from tests.support.patience import PATIENCE

A, B = "http://10.0.0.1:8420", "http://10.0.0.2:8420"


@dataclass
class Line(httpx.AsyncBaseTransport):
    """The network between the machines: what went over it, and whether the other one answers."""

    to: httpx.ASGITransport
    cut: bool = False
    passed: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.passed.append(request)
        if self.cut:
            raise httpx.ConnectError("no route")
        return await self.to.handle_async_request(request)


@dataclass
class Two:
    """Two machines; somebody's browser at the second, and an interview of the first."""

    center: Center
    app: FastAPI
    line: Line
    browser: httpx.AsyncClient
    interview: str

    def know(self, *, silent: bool = False, address: str = A) -> None:
        a = Machine("a", address, 1, silent)
        self.app.state.machines.known = {"a": a, "b": Machine("b", B, 1, False)}

    def owner(self) -> str | None:
        return nodes.of_interview(self.center, self.interview)


def application(center: Center, settings: Settings, name: str, address: str) -> FastAPI:
    here = replace(settings, node=name, node_address=address)
    return create_app(replace(center, node=name), here)


@pytest.fixture
async def two(
    center: Center,
    settings: Settings,
    prosecutor: Person,
    sign_in: Callable[[httpx.AsyncClient, Person], Awaitable[None]],
) -> Two:
    case = cases.open_case(center, prosecutor)
    interview = interviews.open_interview(
        replace(center, node="a"),
        prosecutor,
        case.id,
        purpose="testimony",
        room="room-1",
        place="",
        present=[],
        wish="",
    )
    line = Line(httpx.ASGITransport(app=application(center, settings, "a", A)))
    app = application(center, settings, "b", B)
    app.state.machines = Machines(app.state.center, app.state.settings, lambda _: pytest.fail("no work here"))
    app.state.machines.use(httpx.AsyncClient(transport=line))
    browser = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=B, headers={"origin": B})
    await sign_in(browser, prosecutor)
    made = Two(center, app, line, browser, interview.id)
    made.know()
    return made


async def test_the_machine_that_records_answers_with_the_persons_session(two: Two) -> None:
    path = f"/interviews/{two.interview}/status"
    answer = await two.browser.get(f"{path}?x=1")
    assert (answer.status_code, answer.json()["interview"]) == (200, two.interview)
    (passed,) = two.line.passed
    assert str(passed.url) == f"{A}{path}?x=1"
    assert "amana-session=" in passed.headers["cookie"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    answer = await two.browser.post(f"/interviews/{two.interview}/mark", json={"text": "x"})
    assert two.line.passed[1].headers["origin"] == A, "or that machine would take it for a foreign page"
    assert two.line.passed[1].content == b'{"text":"x"}'
    assert answer.status_code != 403


async def test_who_is_not_signed_in_is_not_by_that_way_either(two: Two) -> None:
    two.browser.cookies.clear()
    answer = await two.browser.get(f"/interviews/{two.interview}/status")
    assert answer.status_code == 401
    assert len(two.line.passed) == 1


async def test_what_was_passed_on_is_not_passed_on_again_and_other_pages_never(two: Two) -> None:
    two.browser.headers[FORWARDED] = "1"
    assert (await two.browser.get(f"/interviews/{two.interview}/status")).status_code == 200
    del two.browser.headers[FORWARDED]
    pages = ("package", "derivatives", "redactions", "transcripts")
    ours = [f"/interviews/{two.interview}/{page}" for page in pages]
    for path in ("/cases", *ours, f"/interviews/{'0' * 32}/status"):
        await two.browser.get(path)
    assert two.line.passed == []


async def test_a_machine_that_does_not_answer_is_said_to_and_keeps_its_interview(two: Two) -> None:
    two.line.cut = True
    for answer in (
        await two.browser.get(f"/interviews/{two.interview}/status"),
        await two.browser.post(f"/interviews/{two.interview}/check", json={}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "machine-away")
    assert two.owner() == "a"


async def test_once_it_is_silent_who_looks_sees_and_who_acts_goes_on_here(two: Two) -> None:
    two.know(silent=True)
    seen = await two.browser.get(f"/interviews/{two.interview}/status")
    assert (seen.status_code, two.owner()) == (200, "a")
    await two.browser.post(f"/interviews/{two.interview}/check", json={})
    assert two.owner() == "b"
    assert two.line.passed == []


async def test_without_an_address_it_is_said_where_the_interview_is_recorded(two: Two) -> None:
    two.know(address="")
    answer = await two.browser.get(f"/interviews/{two.interview}/status")
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "machine-elsewhere")


@pytest.mark.parametrize(
    "address",
    [
        "http://192.0.3.1:8420",
        "http://elsewhere.example",
        "ftp://10.0.0.1",
        "https://10.0.0.1@elsewhere.example",
        "https://a.example/x",
        "https://a.example#",
        "http://[10.0.0.1",
    ],
)
async def test_no_session_goes_to_an_address_that_the_setting_would_refuse(two: Two, address: str) -> None:
    two.know(address=address)
    answer = await two.browser.get(f"/interviews/{two.interview}/status")
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "machine-elsewhere")
    assert two.line.passed == []


async def test_which_interview_was_asked_for_is_not_in_the_log(
    two: Two, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    process_log.set_levels("debug")
    await two.browser.get(f"/interviews/{two.interview}/status")
    assert len(two.line.passed) == 1
    assert two.interview not in caplog.text


async def test_a_stranger_takes_no_interview_from_a_silent_machine(two: Two) -> None:
    two.know(silent=True)
    two.browser.cookies.clear()
    answer = await two.browser.post(f"/interviews/{two.interview}/check", json={})
    assert (answer.status_code, two.owner()) == (401, "a")


@pytest.mark.parametrize("path", ["../../sign-in", "%2e%2e/%2e%2e/sign-in", "status%3Fx", "status%0a", "a.b"])
async def test_a_path_that_could_mean_another_there_stays_here(two: Two, path: str) -> None:
    # As a server hands it on: unescaped, and not tidied up.
    await ask(two, f"/interviews/{two.interview}/{unquote(path)}", [])
    assert two.line.passed == []


async def test_what_is_sent_with_a_look_is_not_read(two: Two) -> None:
    endless = itertools.repeat({"type": "http.request", "body": b"x", "more_body": True})
    async with asyncio.timeout(PATIENCE):
        await ask(two, f"/interviews/{two.interview}/status", endless)
    assert two.line.passed[0].content == b""


async def test_headers_go_as_they_came(two: Two) -> None:
    await two.browser.get(f"/interviews/{two.interview}/status", headers={b"x-name": "رام".encode()})
    assert two.line.passed[0].headers.raw.count((b"x-name", "رام".encode())) == 1


async def test_the_other_machine_is_let_go_when_whoever_listened_has_left(two: Two) -> None:
    events = Events()
    two.app.state.machines.use(httpx.AsyncClient(transport=httpx.MockTransport(events.answer)))
    async with asyncio.timeout(PATIENCE):
        await ask(two, f"/interviews/{two.interview}/events", [], leaves=events.flowing)
    assert events.closed


async def test_no_cookie_of_one_person_is_kept_for_another() -> None:
    async with reaching() as client:
        answer = httpx.Response(
            200, headers={"set-cookie": "amana-session=x"}, request=httpx.Request("GET", A)
        )
        client.cookies.extract_cookies(answer)
        assert not client.cookies
        assert "cookie" not in client.build_request("GET", A).headers


@dataclass
class Events(httpx.AsyncByteStream):
    """An answer of the other machine that never ends."""

    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    def answer(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b"event: status\n\n"
            self.flowing.set()
            await asyncio.sleep(0.01)

    async def aclose(self) -> None:
        self.closed = True


async def ask(
    two: Two, path: str, sent: Iterable[Message], leaves: asyncio.Event | None = None
) -> list[Message]:
    """A GET as a server hands it to the application, which learns only from `receive` who has left."""
    received: list[Message] = []
    messages = iter(sent)

    async def receive() -> Message:
        if (message := next(messages, None)) is not None:
            await asyncio.sleep(0)
            return message
        if leaves is not None:
            await leaves.wait()
        else:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        received.append(message)

    cookie = "; ".join(f"{name}={value}" for name, value in two.browser.cookies.items())
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", B.removeprefix("http://").encode()), (b"cookie", cookie.encode())],
        "client": ("10.0.0.9", 1),
        "server": ("10.0.0.2", 8420),
    }
    await two.app(scope, receive, send)
    return received
