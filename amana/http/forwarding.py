"""Forward requests for a running interview to the machine that records it.

A recorder child, its spool and its status are on one machine. So another machine forwards a request below
`/interviews/<id>/` as it is, with the person's cookie; the receiving machine checks the permission. The
response is streamed back as it arrives, so that events are delivered at once.

No request is forwarded to a silent machine (`casework.nodes`). What was recorded there stays there until it
returns. The interview continues here, in a new part, with the next action of a person, so that a failed
machine does not end an interview.

When a client disconnects, forwarding its read request ends: a closed console must not occupy one of the few
connections between the machines.

Trusts: the machines of the center read each other's addresses from their own database, and trust each other
with sessions; they have the same keys. An address there has to meet the rules of the setting, so that no
session crosses a foreign network in clear. Plain ASGI, inside the guards
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

from amana.http.error_responses import answer
from amana.http.security_middleware import SAFE_METHODS
from amana.http.session_middleware import DEVICE_COOKIE, ROOM_PATHS, session_token
from amana.settings import is_node_address
from amana.workers.membership import Machines
from casework import nodes
from casework.center import Center
from casework.database.models import SignInMethod
from casework.errors import DatabaseAway, NotSignedIn
from casework.interviews import room_devices
from casework.nodes import Machine
from casework.people import people
from casework.web.cookies import cookie_of

FORWARDED = "x-amana-forwarded"
"""Header of a forwarded request: it is not forwarded again."""
CONNECT, ANSWER = 3.0, 65.0
"""Seconds to reach the other machine, and between two pieces of its answer: some commands wait for a disk."""
MOST = 200
"""Connections to other machines at once; each open console holds one."""

_OURS = "package|derivatives|redactions|transcripts"
"""Pages about recordings: each machine answers these itself."""
_INTERVIEW = re.compile(rf"/interviews/([0-9a-f]{{32}})/(?!(?:{_OURS})\Z)[A-Za-z0-9_/-]+\Z")
"""Paths that are forwarded. No dots, no escapes: both machines must read the same path."""
_OF_ONE_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"),
        *("transfer-encoding", "upgrade", "host", "origin", "content-length", "x-forwarded-for", "forwarded"),
    }
)
"""Headers of a connection and not of a request, or made anew; RFC 9110, section 7.6.1."""

log = logging.getLogger(__name__)


class Forwarding:
    """Forwards requests that another machine has to answer; `app` handles all others."""

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
        except DatabaseAway:  # permissions are unknown too, which the application reports
            machine = None
        if machine is None:
            await self._app(scope, receive, send)
        elif not is_node_address(machine.address):
            log.warning("machine %s records an interview and has no usable AMANA_NODE_ADDRESS", machine.name)
            await answer(Request(scope), "machine-elsewhere")(scope, receive, send)
        else:
            await self._pass_on(machines, machine, scope, receive, send)

    @staticmethod
    async def _elsewhere(
        center: Center, machines: Machines, interview: str, request: Request
    ) -> Machine | None:
        """Return the machine that has to answer; None: this one."""
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
        # The guards bound the bodies of other methods; with a safe method, no body is forwarded.
        body = b"" if reading else await request.body()
        begun = False

        async def pass_on() -> None:
            nonlocal begun
            async with machines.client().stream(
                scope["method"], url, headers=headers, content=body or None
            ) as response:
                begun = True
                await send(
                    {
                        "type": "http.response.start",
                        "status": response.status_code,
                        "headers": [
                            (name.lower(), value)
                            for name, value in response.headers.raw
                            if name.lower().decode("latin-1") not in _OF_ONE_HOP
                        ],
                    }
                )
                async for piece in response.aiter_raw():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b""})

        try:
            # A command is completed even if the client disconnects.
            await (_while_listened_to(pass_on(), receive) if reading else pass_on())
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            log.warning("machine %s does not answer: %s", machine.name, type(error).__name__)
            if not begun:
                await answer(request, "machine-away")(scope, receive, send)
            else:
                raise  # close the connection: a truncated response must not look complete


def _signed_in(center: Center, request: Request) -> bool:
    """Return whether a person or a room's machine is signed in: an unauthenticated client must not move an
    interview.

    The machine that answers checks the permission.
    """
    try:
        signed_in = people.signed_in(center, session_token(request))
    except NotSignedIn:
        return _is_the_rooms(center, request)
    return signed_in.method is not SignInMethod.RECOVERY


def _is_the_rooms(center: Center, request: Request) -> bool:
    match = ROOM_PATHS.match(request.scope["path"])
    try:
        return bool(
            match and room_devices.person_of_device(center, cookie_of(request, DEVICE_COOKIE), match[1])
        )
    except NotSignedIn:
        return False


async def _while_listened_to(passing: Coroutine[Any, Any, None], receive: Receive) -> None:
    """Run `passing` until it is done or the client disconnects.

    Only `receive` reports a disconnect: sending to a closed connection raises nothing.
    """
    tasks = asyncio.create_task(passing), asyncio.create_task(_left(receive))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        done, _ = await asyncio.gather(*tasks, return_exceptions=True)
    if isinstance(done, Exception):  # a cancellation is not an `Exception`
        raise done


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # the body of a safe request is not read


@asynccontextmanager
async def reaching() -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client for the other machines; the environment (proxies) does not change its routes."""
    async with httpx.AsyncClient(
        verify=ssl.create_default_context(),
        timeout=httpx.Timeout(ANSWER, connect=CONNECT),
        limits=httpx.Limits(max_connections=MOST, max_keepalive_connections=20),
        trust_env=False,
        follow_redirects=False,
        # One client for all people: one person's cookies must not be sent with another's request.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    ) as client:
        yield client
