"""Asking machines of others over HTTP: witnesses, authorities of time, a center whose ledger is watched.

They are trusted for nothing, and may not cost anything either. So an answer is bounded in bytes, and in time
as a whole: reaching them, headers and body together. (A limit for each step alone would let a machine that
sends a byte now and then keep its asker for ever.) No redirection is followed and no proxy asked; nothing is
read from the environment; certificates are checked against the system's authorities, to which a ministry's
network may have added its own.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType

import httpx

CONNECT = 3.0
"""Seconds to reach a machine."""


class NoAnswer(Exception):  # what is the case, said as such
    """None of these came: a whole answer, in time, within its bounds.

    NoAnswer
    ├── OutOfReach   no connection, no HTTP, or no address at all
    ├── TooSlow      not whole in time
    └── TooLong      more bytes than are taken
    """


class OutOfReach(NoAnswer):
    """No connection, a broken one, something that is no HTTP, or no address at all."""


class TooSlow(NoAnswer):
    """The answer was not whole in time."""


class TooLong(NoAnswer):
    """The answer has more bytes than are taken; `begun` is what had come until then."""

    def __init__(self, message: str, begun: bytes) -> None:
        super().__init__(message)
        self.begun = begun


@dataclass(frozen=True)
class Answer:
    """The status code and the whole body of an HTTP response."""

    status: int
    body: bytes


class Outbound:
    """Asks, one question at a time, from one thread; connections are kept for the next one until `close`.

    `within`: seconds for a whole answer. `headers` go with every question.
    """

    def __init__(
        self,
        within: float,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._within = within
        # Uncompressed unless the asker says otherwise: a small answer must not become a large one here.
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
        """End it; idle connections are closed."""
        if self._client is not None:
            self._runner.run(self._client.aclose())
            self._client = None
        self._runner.close()

    def ask(
        self, url: str, body: bytes | None = None, *, limit: int, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send `body` by POST (None: ask by GET), and take at most `limit` bytes. Raises `NoAnswer`."""
        return self._runner.run(self._whole(url, body, limit, headers or {}))

    async def _whole(self, url: str, body: bytes | None, limit: int, headers: Mapping[str, str]) -> Answer:
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
                async with self._client.stream(method, url, content=body, headers=headers) as response:
                    async for piece in response.aiter_bytes():
                        received += piece
                        if len(received) > limit:
                            raise TooLong(f"more than {limit} bytes", bytes(received))
        except (TimeoutError, httpx.TimeoutException) as error:
            raise TooSlow(f"no whole answer within {self._within:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise OutOfReach(f"{type(error).__name__}: {error}") from error
        return Answer(response.status_code, bytes(received))


@lru_cache(maxsize=1)
def _authorities() -> ssl.SSLContext:
    """The system's. Read once: it takes as long as an answer."""
    return ssl.create_default_context()
