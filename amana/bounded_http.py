"""HTTP requests to machines of other parties: witnesses, time-stamping authorities, the center of a monitored
ledger.

These machines are not trusted, and must not tie up resources. So a response is bounded in bytes, and in total
time: connection, headers and body together. (With a limit for each step alone, a machine that sends a byte
now and then could block its client for ever.) No redirect is followed, no proxy used, and nothing read from
the environment. Certificates are verified against the system's authorities, to which a ministry's network may
have added its own.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import cast

import httpx

CONNECT = 3.0
"""Seconds to connect to a machine."""


class NoAnswer(Exception):  # named after the condition
    """No whole response arrived in time and within its bounds.

    NoAnswer
    ├── OutOfReach   no connection, no HTTP, or no address at all
    ├── TooSlow      not complete in time
    └── TooLong      more bytes than the limit
    """


class OutOfReach(NoAnswer):
    """No connection, a broken connection, a peer that does not speak HTTP, or no address at all."""


class TooSlow(NoAnswer):
    """The response was not complete in time."""


class TooLong(NoAnswer):
    """The response has more bytes than the limit; `begun`: the bytes received until then."""

    def __init__(self, message: str, begun: bytes) -> None:
        super().__init__(message)
        self.begun = begun


@dataclass(frozen=True)
class HttpResponse:
    """The status code and the whole body of an HTTP response."""

    status: int
    body: bytes


class Outbound:
    """Sends one request at a time, from one thread. Connections are reused until `close`.

    `within`: seconds for a whole response. `headers` are sent with every request.
    """

    def __init__(
        self,
        within: float,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._within = within
        # Uncompressed unless the caller says otherwise: a small response must not become a large one here.
        self._headers = {"user-agent": "amana", "accept-encoding": "identity", **(headers or {})}
        self._transport = transport
        self._runner = asyncio.Runner()
        self._client: httpx.AsyncClient | None = None

    def __enter__(self) -> Outbound:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the client and its idle connections."""
        if self._client is not None:
            self._runner.run(self._client.aclose())
            self._client = None
        self._runner.close()

    def ask(
        self, url: str, body: bytes | None = None, *, limit: int, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Send `body` by POST (None: send a GET); accept at most `limit` bytes. Raises `NoAnswer`."""
        return self._runner.run(self._whole(url, body, limit, headers or {}))

    async def _whole(
        self, url: str, body: bytes | None, limit: int, headers: Mapping[str, str]
    ) -> HttpResponse:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=_authorities(),
                timeout=httpx.Timeout(self._within, connect=min(CONNECT, self._within)),
                transport=self._transport,
                trust_env=False,
                follow_redirects=False,
                headers=self._headers,
            )
        received = bytearray()
        try:
            async with asyncio.timeout(self._within):
                method = "GET" if body is None else "POST"
                async with (
                    self._client.stream(method, url, content=body, headers=headers) as response,
                    aclosing(cast("AsyncGenerator[bytes, None]", response.aiter_bytes())) as pieces,
                ):
                    async for piece in pieces:
                        received += piece
                        if len(received) > limit:
                            raise TooLong(f"more than {limit} bytes", bytes(received))
        except (TimeoutError, httpx.TimeoutException) as error:
            raise TooSlow(f"no whole answer within {self._within:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise OutOfReach(f"{type(error).__name__}: {error}") from error
        return HttpResponse(response.status_code, bytes(received))


@lru_cache(maxsize=1)
def _authorities() -> ssl.SSLContext:
    """Return the system's authorities. Read once: reading takes as long as a response."""
    return ssl.create_default_context()
