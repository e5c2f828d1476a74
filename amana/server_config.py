"""Configuration of our servers for unauthenticated clients: a connection without a complete request head is
closed.

Uvicorn waits for a request head without a limit. A client could open connections, send nothing or part of a
head, and so exhaust the process's open files or concurrent connections.

Bodies are bounded by the applications (`amana.http.security_middleware`, `amana.witness.server`), TLS
handshakes by asyncio (60 seconds).
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN = 10.0
"""Seconds within which the head of a request must arrive."""
KEEP_ALIVE = 30
"""Seconds an idle connection stays open."""
MAX_HEAD = 16_384
"""Bytes of a request's head."""


class RequestHeadDeadline(H11Protocol):
    """Closes a connection on which no whole request head arrives in time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept a connection; it is closed unless a request head arrives within `HEAD_WITHIN` seconds."""
        super().connection_made(transport)
        self._expect_request(HEAD_WITHIN)

    def on_response_complete(self) -> None:
        """Finish a response; the connection is closed unless another request head arrives in time."""
        super().on_response_complete()
        self._expect_request(KEEP_ALIVE + HEAD_WITHIN)

    def _expect_request(self, within: float) -> None:
        self.loop.call_later(within, self._close_without_request, self.cycle)

    def _close_without_request(self, last: object) -> None:
        if self.cycle is last and not self.transport.is_closing():
            self.transport.close()


def config_for(app: Any, **options: Any) -> uvicorn.Config:
    """Return the configuration of a server over `app`, an ASGI application; `options`: more of uvicorn's.

    It logs no requests, sends no `Server` header, and trusts no header about its client.
    """
    return uvicorn.Config(
        app,
        http=RequestHeadDeadline,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        h11_max_incomplete_event_size=MAX_HEAD,
        **options,
    )
