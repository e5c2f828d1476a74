"""Signing in with a one-time link, staying signed in with a cookie, signing out.

1. A link is `…/sign-in#TOKEN`. The token is in the fragment, which browsers never send, so it is in no log
   and no referrer. The page's script posts it.
2. `casework.people.people.redeem` uses the link up and begins a session. Used, expired and unknown links get
   the same response.
3. The session's token is in a cookie that no script can read and no other site can send.
4. Every later request looks the session up anew, so that signing out and leaving the center work at once.

A room's machine is a device and not a person (`casework.interviews.room_devices`). Without a session, its
cookie opens the room page of the interview in its room, with what that page needs, and nothing else.

Readers of the ledger are machines of other parties. Paths under `/ledger/` require a reader's token instead
of a session; neither is valid in place of the other. In the same way, paths under `/give/` require the token
of a request for files (`casework.photographs.file_requests`), and paths under `/custody/` that of a link to a
specimen (`casework.specimens.links`).

A person with a passkey signs in with it instead (`amana.pages.passkeys`). A person without one is led from
step 2 to the page that makes one.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import re
from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from amana import languages
from amana.http.error_messages import ERROR_MESSAGES
from amana.http.error_responses import answer, refusal, status_of, wants_page
from amana.http.link_throttle import Throttle
from amana.http.relying_party import is_own_origin, relying_party
from amana.http.security_middleware import BY_PROGRAMS, SAFE_METHODS
from amana.http.user_agent import described
from casework.center import Center
from casework.database.models import Person, SignInMethod
from casework.database.models import SignedIn as SessionRow
from casework.errors import DatabaseAway, NotSignedIn
from casework.interviews import room_devices
from casework.people import credentials, people
from casework.photographs import file_requests
from casework.specimens import links
from casework.web.cookies import cookie_of, delete_cookie, set_cookie
from casework.web.request import client_of, network_of, page
from casework.witnesses import ledger_readers

SESSION_COOKIE = "amana-session"
OPEN_PATHS = frozenset(
    {
        "/sign-in",
        "/sign-in/passkey/challenge",
        "/sign-in/passkey",
        "/sign-in/password",
        "/sign-in/recovery",
        "/room",
        "/room/next",
        "/give",
        "/custody",
        "/language",
        "/health",
    }
)
"""Paths open without a session; `/health` then shows less."""
RECOVERY_PATHS = frozenset(
    {"/passkey", "/passkey/challenge", "/password", "/sign-in", "/sign-out", "/language"}
) | {path for path in OPEN_PATHS if path.startswith("/sign-in/")}
"""The only paths for a session that a recovery code began."""
DEVICE_COOKIE = "amana-room"
ROOM_PATHS = re.compile(
    r"/interviews/([0-9a-f]{32})/(?:room|events|challenge|cameras/(?:wide|close)|safety(?:/[0-9a-z/]+)?)\Z"
)
"""The only paths for a room's machine, in an interview in its room."""
OPEN_FOLDER = "/static/"
LEDGER_FOLDER = "/ledger/"
"""Only for holders of a reader's token."""
LINK_FOLDERS = {
    "/give/": (file_requests.admitted, "request-not-valid"),
    "/custody/": (links.admitted, "custody-link-not-valid"),
}
"""Only for holders of the token of a link: the function that admits it, and the error of any other."""

router = APIRouter()

log = logging.getLogger(__name__)


def session_token(request: Request) -> str:
    """Return the token of this browser's session; empty without one."""
    return cookie_of(request, SESSION_COOKIE)


class SignedIn:
    """Puts `session` and its `person` into each request's state; refuses those who are not signed in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        path: str = scope["path"]
        if path.startswith(OPEN_FOLDER) or path in BY_PROGRAMS:
            await self._app(scope, receive, send)
            return
        if path.startswith(LEDGER_FOLDER):
            answering = await self._reader(request)
            await answering(scope, receive, send)
            return
        for folder, (admit, code) in LINK_FOLDERS.items():
            if path.startswith(folder):
                answering = await self._by_link(request, admit, code)
                await answering(scope, receive, send)
                return
        # A response that lasts for hours checks the sign-in again.
        request.state.sign_in_again = functools.partial(
            _person, request.app.state.center, session_token(request)
        )
        request.state.note_use = functools.partial(
            _note_use, request.app.state.center, session_token(request)
        )
        try:
            session = await self._session(request)
            if session is None and path not in OPEN_PATHS and not await self._in_a_room(request):
                await answer(request, "not-signed-in")(scope, receive, send)
                return
        except DatabaseAway as away:
            # No person can be identified now, so the request is refused. Recorders continue independently.
            log.warning("a request was turned away: %s", away)
            await answer(request, away.code)(scope, receive, send)
            return
        if session is None and _too_many(request):
            refused = refusal(request, "too-many-requests")
            refused.headers["retry-after"] = "60"
            await refused(scope, receive, send)
            return
        if session is not None and session.method is SignInMethod.RECOVERY and path not in RECOVERY_PATHS:
            aside = RedirectResponse("/passkey", 303) if wants_page(request) else None
            await (aside or refusal(request, "recovery-only"))(scope, receive, send)
            return
        await self._app(scope, receive, send)
        if session is not None and _by_its_person(request):
            await self._note_session_use(request, session)

    @staticmethod
    async def _session(request: Request) -> SessionRow | None:
        """Return the session of this browser; put it and its person into the request's state."""
        try:
            session = await asyncio.to_thread(
                people.signed_in, request.app.state.center, session_token(request)
            )
        except NotSignedIn:
            return None
        request.state.session, request.state.person = session, session.person
        return session

    @staticmethod
    async def _in_a_room(request: Request) -> bool:
        """Return whether a room's machine may do this; it acts for the person who opened the interview."""
        match, token = ROOM_PATHS.match(request.scope["path"]), cookie_of(request, DEVICE_COOKIE)
        if match is None or not token:
            return False
        center = request.app.state.center
        request.state.sign_in_again = functools.partial(
            room_devices.person_of_device, center, token, match[1]
        )
        request.state.note_use = lambda: None  # a device has no session with an idle timeout
        try:
            request.state.person = await asyncio.to_thread(request.state.sign_in_again)
        except NotSignedIn:
            return False
        request.state.device = token
        return True

    @staticmethod
    async def _note_session_use(request: Request, session: SessionRow) -> None:
        """Note the use of a session, after the response: no request waits for it or depends on it."""
        try:
            await asyncio.to_thread(people.note_use, request.app.state.center, session)
        except DatabaseAway as away:
            log.info("when a session was seen was not noted: %s", away)

    async def _reader(self, request: Request) -> ASGIApp:
        """Return what answers a request under `/ledger/`: the application for a reader, else a refusal."""
        try:
            request.state.reader = await asyncio.to_thread(
                ledger_readers.admitted, request.app.state.center, _bearer(request)
            )
        except NotSignedIn:
            refused = refusal(request, "not-a-reader")
            refused.headers["www-authenticate"] = 'Bearer realm="ledger"'
            return refused
        except DatabaseAway as away:
            return refusal(request, away.code)
        return self._app

    async def _by_link(self, request: Request, admit: Callable[[Center, str], object], code: str) -> ASGIApp:
        """Return what answers a request under one of `LINK_FOLDERS`: the application for somebody with the
        link, else a refusal."""
        failures: Throttle = request.app.state.link_failures
        client = network_of(request)
        try:
            token = _bearer(request)
            await asyncio.to_thread(admit, request.app.state.center, token)
        except NotSignedIn:
            if failures.exhausted(client):
                refused = refusal(request, "too-many-attempts")
                refused.headers["retry-after"] = "60"
                return refused
            failures.count(client)
            return refusal(request, code)
        except DatabaseAway as away:
            return refusal(request, away.code)
        request.state.link_token = token
        return self._app


class Link(BaseModel):
    """The body that the sign-in page posts."""

    token: str = Field(min_length=1, max_length=200)


@router.get("/sign-in")
async def sign_in_page(request: Request) -> Response:
    """Show the page with every way to sign in."""
    return sign_in_page_with(request)


def sign_in_page_with(request: Request, code: str = "", wait: int = 0) -> Response:
    """Return the page with every way to sign in.

    `code`: why the last attempt failed; `wait`: seconds until the next.
    """
    party = relying_party(request.app.state.settings)
    return page(
        request,
        "sign_in.html",
        status_of(code) if code else 200,
        party=party,
        here=is_own_origin(party, request),
        code=code,
        error=ERROR_MESSAGES.get(code),
        wait=wait,
    )


@router.post("/sign-in")
async def sign_in(request: Request, link: Link) -> Response:
    """Redeem a link. This ends the earlier session in this browser."""
    failures: Throttle = request.app.state.link_failures
    client = network_of(request)
    center = request.app.state.center
    try:
        person, session = await asyncio.to_thread(people.redeem, center, link.token)
    except NotSignedIn:
        # A valid link always works: guesses from the same network lock no person out.
        if failures.exhausted(client):
            refused = refusal(request, "too-many-attempts")
            refused.headers["retry-after"] = "60"
            return refused
        failures.count(client)
        return refusal(request, "link-not-valid")
    invited = await asyncio.to_thread(is_invited, request, person)
    return await begin(request, session, "/passkey" if invited else "/")


async def begin(request: Request, session: str, to: str) -> Response:
    """Return the response to a sign-in script: the cookie of the new session, and where to go."""
    return await asyncio.to_thread(enter, request, session, JSONResponse({"to": to}))


def enter(request: Request, session: str, response: Response) -> Response:
    """Return `response` with the cookie of the new session.

    The earlier session in this browser ends: another person may have set its cookie. Pages are in the
    language that the person has chosen, if any.
    """
    center = request.app.state.center
    people.sign_out(center, session_token(request))
    browser = described(request.headers.get("user-agent", ""))
    people.began_at(center, session, client_of(request), browser)
    chosen = people.signed_in(center, session).person.language
    if chosen in languages.LANGUAGES:
        languages.keep(request, response, chosen)
    set_cookie(request, response, SESSION_COOKIE, session, people.SESSION_LIFETIME)
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the browser's session and delete its cookie, then redirect to the sign-in page."""
    await asyncio.to_thread(people.sign_out, request.app.state.center, session_token(request))
    response = RedirectResponse("/sign-in", 303)
    delete_cookie(request, response, SESSION_COOKIE)
    return response


def _bearer(request: Request) -> str:
    """Return the token of a request by a program or a page without a session. Raises `NotSignedIn`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise NotSignedIn("no token")
    return token.strip()


def _too_many(request: Request) -> bool:
    """Return whether the network of an unauthenticated client sends too many requests; counts this one if it
    may store something.

    Links have a separate throttle, under which a valid one always works, and guesses store nothing."""
    path = request.scope["path"]
    if request.method in SAFE_METHODS or path not in OPEN_PATHS or path == "/sign-in":
        return False
    throttle: Throttle = request.app.state.anonymous
    client = network_of(request)
    if throttle.exhausted(client):
        return True
    throttle.count(client)
    return False


def _person(center: Center, token: str) -> Person:
    return people.signed_in(center, token).person


def _note_use(center: Center, token: str) -> None:
    people.note_use(center, people.signed_in(center, token))


def _by_its_person(request: Request) -> bool:
    """Return whether a request shows that a person uses the session: not the polling of a page that is left
    open.

    A page of a running interview notes the use of its session itself (`recorder.pages.console`).
    """
    return request.method not in SAFE_METHODS or wants_page(request)


def is_invited(request: Request, person: Person) -> bool:
    """Return whether the person is first led to the page that makes a passkey."""
    if not is_own_origin(relying_party(request.app.state.settings), request):
        return False
    return not credentials.of_person(request.app.state.center, person.id)
