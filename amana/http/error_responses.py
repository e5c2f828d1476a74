"""Error responses for people and programs: what happened, what it means for the testimony, what to do.

Every refusal has a code. Programs get `{"error": {"code", "what", "meaning", "todo"}}`, people a page with
the same three sentences in their language. Details of unexpected failures stay in the log, under a number
that the page shows.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from amana.http.error_messages import ERROR_MESSAGES
from amana.keyholder.client import KeyholderUnreachable
from amana.languages import language_of, say
from amana.supervisor.supervisor_client import SupervisorClient
from casework.errors import CaseworkError
from casework.recording.channel import ChannelError, Disconnected, Unanswered
from casework.recording.channel import Refused as RecorderRefused
from casework.web.messages import Message
from casework.web.request import page
from chain_of_custody.errors import CustodyError, LedgerDiverged, NotProved
from vault.errors import (
    Altered,
    DiskFull,
    Locked,
    ProtectionAway,
    ProtectionRefused,
    StoreUnavailable,
    UnlockSlowed,
    UnlockUnread,
    VaultError,
    WrongPassphrase,
)

log = logging.getLogger(__name__)

FAILURE_NUMBER = "Number for the administrator:"  # as on the page, `error.html`
_VIEWING = frozenset(("GET", "HEAD"))
"""Methods that change nothing."""


_CODES: tuple[tuple[type[Exception], str], ...] = (
    (Locked, "vault-locked"),
    (WrongPassphrase, "wrong-passphrase"),
    (UnlockSlowed, "slowed"),
    (UnlockUnread, "unlock-unread"),
    (KeyholderUnreachable, "keyholder-away"),
    (ProtectionRefused, "protection-refused"),
    (ProtectionAway, "protection-away"),
    (DiskFull, "disk-full"),
    (StoreUnavailable, "store-away"),
    (Altered, "altered"),
    (NotProved, "altered"),
    (LedgerDiverged, "ledger-diverged"),
    (CustodyError, "ledger-away"),
    (Disconnected, "recorder-gone"),
    (Unanswered, "recorder-gone"),
)


def refusal(
    connection: HTTPConnection, code: str, status: int | None = None, says: str = "", number: str = ""
) -> JSONResponse:
    """Return the error for programs. `says` is a more specific *what*, a sentence without names.

    `status`: instead of that of the code's message. `number`: of the failure in the log.
    """
    message, language = _message(code), language_of(connection)
    sentences = {
        "what": say(language, says or message.what),
        "meaning": say(language, message.meaning),
        "todo": say(language, message.todo),
    }
    if number:
        sentences["todo"] += f" {say(language, FAILURE_NUMBER)} {number}"
    return JSONResponse({"error": {"code": code, **sentences}}, status or status_of(code))


def code_of(error: Exception) -> str:
    """Return the code of one of our own errors; `internal` for others."""
    if isinstance(error, RecorderRefused | CaseworkError):
        return error.code
    return next((code for kind, code in _CODES if isinstance(error, kind)), "internal")


def status_of(code: str) -> int:
    """Return the HTTP status of an answer with this code."""
    return ERROR_MESSAGES[code].status if code in ERROR_MESSAGES else 503


def _message(code: str) -> Message:
    return ERROR_MESSAGES.get(code, ERROR_MESSAGES["refused"])


def wants_page(request: Request) -> bool:
    """Return whether a person waits for a page, rather than a script for JSON."""
    return "text/html" in request.headers.get("accept", "")


def answer(
    request: Request, code: str, status: int | None = None, says: str = "", number: str = ""
) -> Response:
    """Return an error in the form that the client accepts: a page, or JSON."""
    if not wants_page(request):
        return refusal(request, code, status, says, number)
    if code == "not-signed-in":
        return RedirectResponse("/sign-in", 303)
    if code == "confirm-anew":
        return RedirectResponse(f"/confirm?back={page_before(request) or '/'}", 303)
    context: dict[str, Any] = {
        "error": _message(code),
        "says": says,
        "number": number,
        "back": page_before(request),
    }
    return page(request, "error.html", status or status_of(code), **context)


def page_before(request: Request) -> str:
    """Return the path of our own page that the request came from; empty if unknown."""
    before = urlsplit(request.headers.get("referer", ""))
    if before.netloc != request.headers.get("host") or not before.path.startswith("/"):
        return ""
    same = request.method == "GET" and before.path == request.url.path
    return "" if same or before.path.startswith("//") else before.path


async def _known(request: Request, error: Exception) -> Response:
    code = code_of(error)
    if code in ("altered", "ledger-diverged", "nothing-readable"):
        log.error("%s: %s", code, error)
    # A recorder's refusal is about its own interview; its sentences are those of the room, by code.
    status = 409 if isinstance(error, RecorderRefused) else None
    return answer(request, code, status, str(error) if isinstance(error, RecorderRefused) else "")


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {401: "not-signed-in", 403: "forbidden", 404: "missing", 405: "method"}.get(
        error.status_code, "malformed"
    )
    return answer(request, code, error.status_code)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # The names of the fields, never their values.
    log.info("malformed fields: %s", [failure["loc"] for failure in error.errors()])
    # From a page, a person's form is invalid; from a script, our own code is wrong.
    return answer(request, "refused" if wants_page(request) else "malformed")


async def _unexpected(request: Request, error: Exception) -> Response:
    number = secrets.token_hex(4)
    log.error("unexpected failure %s at %s", number, request.scope.get("route"), exc_info=error)
    supervisor: SupervisorClient | None = request.app.state.supervisor
    if supervisor is not None:
        with contextlib.suppress(ChannelError):  # the log has it
            await asyncio.to_thread(
                supervisor.ask, "report_failure", number=number, kind=type(error).__name__[:64]
            )
    return answer(request, "internal-view" if request.method in _VIEWING else "internal", number=number)


def install(app: FastAPI) -> None:
    """Add a handler for every exception that leaves a route."""
    for kind in (CaseworkError, VaultError, CustodyError, ChannelError):
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _unexpected)
