"""Guards that every request passes: plain ASGI, outside the application.

From the outside in:

1. `SecurityHeaders` on every answer, refusals included;
2. `KnownOrigin`: the host must be one of ours (against DNS rebinding), and a request that may change
   something must come from our own pages (`Origin`), so that no other site can use a person's session;
3. `BoundedBody`: bodies are bounded in size and in time before anything is read into memory.

Refusals have the form of all errors for programs (`amana.http.error_responses`).
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Collection, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from amana.http.error_responses import refusal
from amana.settings import LOOPBACK
from casework.files.pieces import MAX_SENT
from casework.people.client_network import network

MAX_BODY = 1024 * 1024  # bytes
BODY_WITHIN = 20.0  # seconds within which a whole body must arrive
PIECES = re.compile(r"(?:/give)?/uploads/[0-9a-f]{32}/pieces")
"""Uploads of files, a piece at a time: they are larger than anything else."""
PIECE_WITHIN = 60.0  # seconds
MAX_OF_NETWORK, MAX_TOGETHER = 64 * 1024 * 1024, 256 * 1024 * 1024
"""Bytes of bodies that this process holds at once: of one network, and of all. Any client can send them."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

BY_PROGRAMS = frozenset({"/healthz", "/metrics"})
"""Paths for programs, which have no session and may use any name of this machine."""

EXHIBITS = "/evidence/"
"""Pages that play sealed recordings."""
_CONNECT = "connect-src 'self'"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' blob:",
        _CONNECT,
        "font-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

HEADERS = (
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    # Not "no-referrer": browsers would then send "Origin: null" with our own forms.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(self), microphone=(self), autoplay=(self), geolocation=(), payment=()"),
)


class SecurityHeaders:
    """Adds the headers above, and forbids caching unless the route sets it.

    `store`: the origin from which an exhibit's page may fetch ciphertext; no other page may.
    """

    def __init__(self, app: ASGIApp, secure: bool, store: str = "") -> None:
        self._app = app
        self._store = store
        self._headers = list(HEADERS)
        if secure:
            self._headers.append(("strict-transport-security", "max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers:
                    headers[name] = value
                if self._store and scope["path"].startswith(EXHIBITS):
                    policy = CONTENT_SECURITY_POLICY.replace(_CONNECT, f"{_CONNECT} {self._store}")
                    headers["content-security-policy"] = policy
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class KnownOrigin:
    """Refuses foreign hosts (421) and requests from foreign pages that could change something (403).

    `origins` are the addresses this center is known by; empty means any host, with an origin that fits it.
    Reads of `BY_PROGRAMS` skip both checks: they change nothing, and without a token disclose only whether
    the service is healthy.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._hosts = frozenset(origin.split("://", 1)[1] for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        by_program = scope.get("path") in BY_PROGRAMS and scope.get("method") in SAFE_METHODS
        if scope["type"] != "http" or by_program:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._hosts and host not in self._hosts:
            await refusal(HTTPConnection(scope), "unknown-host")(scope, receive, send)
            return
        if scope["method"] not in SAFE_METHODS:
            allowed = self._origins or {f"{scope['scheme']}://{host}"}
            if headers.get("origin") not in allowed:
                await refusal(HTTPConnection(scope), "foreign-origin")(scope, receive, send)
                return
        await self._app(scope, receive, send)


class BoundedBody:
    """Reads at most `limit` bytes within `within` seconds; else 413 or 408. `PIECES` have their own.

    An incomplete body is not passed on: half a form is not what the person sent, and no client waits. All
    bodies together are bounded too (429), since they are read before it is known who sends them.
    """

    def __init__(
        self,
        app: ASGIApp,
        limit: int = MAX_BODY,
        within: float = BODY_WITHIN,
        of_network: int = MAX_OF_NETWORK,
    ) -> None:
        self._app = app
        self._limit = limit
        self._within = within
        self._of_network = of_network
        self._held: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self._app(scope, receive, send)
            return
        sender = network(scope["client"][0] if scope.get("client") else "")
        body = _Body()
        try:
            await self._pass_on(scope, receive, send, body, sender)
        finally:
            self._held[sender] -= body.size
            if not self._held[sender]:
                del self._held[sender]

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, body: _Body, sender: str) -> None:
        """Read into `body` and pass it on; each byte in it is counted as held for `sender`, a network."""
        piece = PIECES.fullmatch(scope["path"]) is not None
        limit, within = (MAX_SENT, PIECE_WITHIN) if piece else (self._limit, self._within)
        try:
            async with asyncio.timeout(within):
                refused = await self._read(scope, receive, limit, body, sender)
        except TimeoutError:
            await refusal(HTTPConnection(scope), "body-too-slow")(scope, receive, send)
            return
        except ConnectionError:
            return
        if refused is not None:
            await refusal(HTTPConnection(scope), refused)(scope, receive, send)
            return
        await self._app(scope, _replay(body.taken(), receive), send)

    async def _read(self, scope: Scope, receive: Receive, limit: int, body: _Body, sender: str) -> str | None:
        """Read the whole body; return the code of the refusal if it is too large, or bodies together are."""
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
            return "body-too-large"
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError
            more = message.get("body", b"")
            if body.size + len(more) > limit:
                return "body-too-large"
            if (
                self._held[sender] + len(more) > self._of_network
                or self._held.total() + len(more) > MAX_TOGETHER
            ):
                return "too-many-requests"
            body.add(more)
            self._held[sender] += len(more)
            if not message.get("more_body", False):
                return None


@dataclass
class _Body:
    """The body of a request while it arrives. It is joined once: of large pieces every copy counts."""

    size: int = 0
    """Bytes."""
    _parts: list[bytes] = field(default_factory=list)

    def add(self, part: bytes) -> None:
        self.size += len(part)
        self._parts.append(part)

    def taken(self) -> bytes:
        """Return the whole body, which is not kept here."""
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again


def own_origins(address: str, host: str, port: int) -> Iterable[str]:
    """Return the origins of a center. On a loopback address, its other names are the same machine."""
    if address:
        return {address}
    if host in LOOPBACK:
        return {f"http://{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    if host in ("0.0.0.0", "::"):  # noqa: S104  # compared with, not listened on
        return ()
    return {f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"}
