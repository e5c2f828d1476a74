"""The witness as a service, which a court, a bar association or a ministry runs on its own machine.

    POST /add-checkpoint                               C2SP tlog-witness
    GET  /<SHA-256 of the origin, hex>/checkpoint      the last cosigned checkpoint, without authentication
    GET  /                                             the witness's identity: the lines for a policy

It is independent of a center's machine and needs none of a center's data: it sees names of ledgers, sizes and
roots. There is no sign-in, since nothing here is secret but the keys, and only the log's signature makes a
request worth a response. All decisions are in `chain_of_custody.trust.witness`.

Limits: bytes of a request, time to send its head and its body (`amana.server_config`), and concurrent
connections.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from amana.server_config import config_for
from amana.witness.store import WitnessMemory, open_keys
from chain_of_custody.trust.witness import MAX_REQUEST, Witness, WitnessResponse

SENT_WITHIN = 10.0
"""Seconds for a request's body to arrive."""
AT_ONCE = 100
"""Concurrent connections; more get a 503 response."""

_HASH = re.compile(r"[0-9a-f]{64}")

log = logging.getLogger("amana.witness.server")


def create_app(witness: Witness) -> Starlette:
    """Return the service over this witness."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            async with asyncio.timeout(SENT_WITHIN):
                body = await _body(request)
        except TimeoutError:
            return PlainTextResponse("the request did not arrive in time\n", 408)
        except ClientDisconnect:
            return PlainTextResponse("", 400)
        if body is None:
            return PlainTextResponse("the request is too large\n", 413)
        return await _answer(lambda: witness.add_checkpoint(body))

    async def latest(request: Request) -> Response:
        digest = request.path_params["digest"]
        if not _HASH.fullmatch(digest):
            return PlainTextResponse("nothing was cosigned for such a log\n", 404)
        return await _answer(lambda: witness.latest(digest))

    async def who(_: Request) -> Response:
        return PlainTextResponse("".join(f"{key.vkey()}\n" for key in witness.cosigner.keys))

    return Starlette(
        routes=[
            Route("/", who),
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{digest}/checkpoint", latest),
        ]
    )


def serve(folder: Path, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve the witness in `folder` until the process is terminated; `announce` gets its address.

    Raises `NoWitness`, and `OSError` if the address is not available.
    """
    cosigner = open_keys(folder)
    app = create_app(Witness(cosigner, WitnessMemory(folder, cosigner)))
    config = config_for(
        app,
        log_level="warning",  # `announce` reports that it runs, and its address
        limit_concurrency=AT_ONCE,
    )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
        shown = f"[{host}]" if ":" in host else host
        announce(f"http://{shown}:{listening.getsockname()[1]}")
        uvicorn.Server(config).run(sockets=[listening])


async def _body(request: Request) -> bytes | None:
    """Return the whole body; None if it is larger than any request."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MAX_REQUEST:
            return None
    return bytes(received)


async def _answer(ask: Callable[[], WitnessResponse]) -> Response:
    try:
        answer = await run_in_threadpool(ask)
    except (sqlite3.Error, OSError) as error:
        # Whether the last checkpoint was stored is unknown; nothing was signed. Another request finds out.
        log.error("the witness's database: %s: %s", type(error).__name__, error)
        return PlainTextResponse("the witness cannot write at present\n", 503)
    return Response(
        answer.body, answer.status, media_type=None, headers={"content-type": answer.content_type}
    )
