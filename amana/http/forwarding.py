"""Requests for a running interview go to the machine that records it, whichever machine they came to.

A recorder child, its spool and its status live on one machine. So a request below `/interviews/<id>/` that
comes to another one is passed on as it is, with the person's cookie: permission is asked where it is
answered. What comes back is passed on as it comes, so that events are told at once.

A machine that is silent (`casework.nodes`) is not asked. Then what was recorded there waits for it, and the
interview goes on here, in a new part, as soon as somebody does something in it: she is not asked to begin
again because a machine has failed.

Who leaves is noticed here, and the other machine is let go: a console that was closed must not hold one of
the few connections between the machines for as long as the interview lasts.

Trusts: the machines of the center know each other's addresses from their own database, and trust each other
with sessions; they have the same keys. An address there is held to what the setting is held to, so that no
session goes over a foreign network in clear. Plain ASGI, inside of the guards
(`amana.http.security_middleware`).
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from amana.http.error_pages import answer
from amana.http.security_middleware import SAFE_METHODS
from amana.http.session_middleware import DEVICE_COOKIE, ROOM_PATHS, SESSION_COOKIE
from amana.settings import is_node_address
from amana.workers.membership import Machines
from casework import nodes
from casework.center import Center
from casework.database.models import SignInMethod
from casework.errors import DatabaseAway, NotSignedIn
from casework.interviews import room_devices
from casework.nodes import Machine
from casework.people import people

FORWARDED = "x-amana-forwarded"
"""On what was passed on once: it is not passed on again."""
CONNECT, ANSWER = 3.0, 65.0
"""Seconds to reach the other machine, and between two pieces of its answer: some commands wait for a disk."""
MOST = 200
"""Connections to other machines at once; each open console holds one."""

_OURS = "package|derivatives|redactions|transcripts"
"""Pages of what was recorded: each machine answers these itself."""
_INTERVIEW = re.compile(rf"/interviews/([0-9a-f]{{32}})/(?!(?:{_OURS})\Z)[A-Za-z0-9_/-]+\Z")
"""What is passed on. No dots, no escapes: it must mean the same path there as it does here."""
_OF_ONE_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"),
        *("transfer-encoding", "upgrade", "host", "origin", "content-length"),
    }
)
"""Of a connection and not of a request, or made anew; RFC 9110, section 7.6.1."""

log = logging.getLogger(__name__)


class Forwarding:
    """Passes on what another machine has to answer; everything else goes to `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        match = _INTERVIEW.match(scope.get("path", "")) if scope["type"] == "http" else None
        machines: Machines | None = getattr(scope["app"].state, "machines", None) if match else None
        if match is None or machines is None or machines.alone or FORWARDED in Headers(scope=scope):
            await self._app(scope, receive, send)
            return
        center: Center = scope["app"].state.center
        try:
            machine = await self._elsewhere(center, machines, match[1], Request(scope))
        except DatabaseAway:  # who may do what cannot be known now either: the application says so
            machine = None
        if machine is None:
            await self._app(scope, receive, send)
        elif not is_node_address(machine.address):
            log.warning("machine %s records an interview and has no usable AMANA_NODE_ADDRESS", machine.name)
            await answer(Request(scope), "machine-elsewhere", 421)(scope, receive, send)
        else:
            await self._pass_on(machines, machine, scope, receive, send)

    @staticmethod
    async def _elsewhere(
        center: Center, machines: Machines, interview: str, request: Request
    ) -> Machine | None:
        """The machine that is to answer; None: this one."""
        owner = await asyncio.to_thread(nodes.of_interview, center, interview)
        if owner in (None, center.node):
            return None
        machine = machines.known.get(str(owner))
        if machine is not None and not machine.silent:
            return machine
        if request.method == "POST" and await asyncio.to_thread(_signed_in, center, request):
            adopted = await asyncio.to_thread(nodes.adopt, center, interview, owner)
            if adopted:
                log.warning("interview %s goes on here: machine %s is silent", interview, owner)
        return None

    async def _pass_on(
        self, machines: Machines, machine: Machine, scope: Scope, receive: Receive, send: Send
    ) -> None:
        request = Request(scope, receive)
        headers = [
            (name, value) for name, value in request.headers.raw if name.decode("latin-1") not in _OF_ONE_HOP
        ]
        headers += [(FORWARDED.encode(), b"1"), (b"origin", machine.address.encode())]
        url = machine.address + scope["path"] + (f"?{request.url.query}" if request.url.query else "")
        reading = scope["method"] in SAFE_METHODS
        # The guards bound the bodies of the others; with these nothing is sent.
        body = b"" if reading else await request.body()
        begun = False

        async def pass_on() -> None:
            nonlocal begun
            async with machines.client().stream(
                scope["method"], url, headers=headers, content=body or None
            ) as answered:
                begun = True
                await send(
                    {
                        "type": "http.response.start",
                        "status": answered.status_code,
                        "headers": [
                            (name.lower(), value)
                            for name, value in answered.headers.raw
                            if name.lower().decode("latin-1") not in _OF_ONE_HOP
                        ],
                    }
                )
                async for piece in answered.aiter_raw():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b""})

        try:
            # A command is seen through, whoever leaves meanwhile.
            await (_while_listened_to(pass_on(), receive) if reading else pass_on())
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            log.warning("machine %s does not answer: %s", machine.name, type(error).__name__)
            if not begun:
                await answer(request, "machine-away", 503)(scope, receive, send)
            else:
                raise  # the connection is cut: half an answer must not look like a whole one


def _signed_in(center: Center, request: Request) -> bool:
    """Whether anybody is: what they may do is asked where it is answered, but strangers move nothing."""
    try:
        signed_in = people.signed_in(center, request.cookies.get(SESSION_COOKIE, ""))
    except NotSignedIn:
        return _is_the_rooms(center, request)
    return signed_in.method is not SignInMethod.RECOVERY


def _is_the_rooms(center: Center, request: Request) -> bool:
    match = ROOM_PATHS.match(request.scope["path"])
    try:
        return bool(
            match and room_devices.person_of_device(center, request.cookies.get(DEVICE_COOKIE, ""), match[1])
        )
    except NotSignedIn:
        return False


async def _while_listened_to(passing: Coroutine[Any, Any, None], receive: Receive) -> None:
    """Until it is done, or whoever asked has left. The server tells of that here alone: sending to nobody
    raises nothing."""
    tasks = asyncio.create_task(passing), asyncio.create_task(_left(receive))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        done, _ = await asyncio.gather(*tasks, return_exceptions=True)
    if isinstance(done, Exception):  # not that it was cancelled
        raise done


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # what is sent with a question that changes nothing is not read


@asynccontextmanager
async def reaching() -> AsyncIterator[httpx.AsyncClient]:
    """A client for the other machines; nothing of the environment (proxies) changes where it goes."""
    async with httpx.AsyncClient(
        verify=ssl.create_default_context(),
        timeout=httpx.Timeout(ANSWER, connect=CONNECT),
        limits=httpx.Limits(max_connections=MOST, max_keepalive_connections=20),
        trust_env=False,
        follow_redirects=False,
        # One client for everybody: what one person is given must not be sent with another's request.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    ) as client:
        yield client
