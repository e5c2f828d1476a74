"""A person's account page: sign-in methods and sessions; also sign-in with a recovery code on paper.

Plain forms. Ids of credentials and sessions are in form data, never in an address.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from amana.http.relying_party import is_there, relying_party
from amana.http.session_middleware import enter, sign_in_page_with
from amana.pages.signing import personally
from casework.database.models import SignInMethod
from casework.errors import NotSignedIn
from casework.people import credentials, passwords, recovery_codes, sign_in_methods
from casework.web.request import OurCenter, center_of, page, see_other, session_of

router = APIRouter()

Text = Annotated[str, Form(max_length=300)]


@router.get("/account")
def account(request: Request) -> Response:
    """Show the account page: the person's ways to sign in, and their sessions."""
    return _account(request)


@router.post("/account/passkeys/name")
def name_passkey(request: Request, center: OurCenter, key: Text, label: Text = "") -> Response:
    """Label one of the person's own passkeys, then return to the account page."""
    sign_in_methods.name_passkey(center, session_of(request), key, label)
    return see_other("/account")


@router.post("/account/passkeys/revoke")
def revoke_passkey(request: Request, center: OurCenter, key: Text) -> Response:
    """Revoke one of the person's own passkeys, which another one confirms; return to the account page."""
    act = partial(sign_in_methods.revoke_passkey, center, session_of(request), key)
    return personally(request, act, "/account")


@router.post("/account/sessions/end")
def end_session(request: Request, center: OurCenter, session: Text) -> Response:
    """End one of the person's own sessions, named by its digest, then return to the account page."""
    sign_in_methods.end_session(center, session_of(request), session)
    return see_other("/account")


@router.post("/account/sessions/end-others")
def end_others(request: Request, center: OurCenter) -> Response:
    """End all sessions of the person but this one, then return to the account page."""
    sign_in_methods.end_others(center, session_of(request))
    return see_other("/account")


@router.post("/account/recovery-codes")
def make_codes(request: Request, center: OurCenter) -> Response:
    """Make ten new codes and show them, in this response only."""
    return _account(request, recovery_codes.make(center, session_of(request)))


@router.post("/sign-in/recovery")
async def recover(request: Request, center: OurCenter, code: Text) -> Response:
    """Begin a session that can only set up a new sign-in method."""
    try:
        _, session = await asyncio.to_thread(recovery_codes.redeem, center, code)
    except NotSignedIn:
        return sign_in_page_with(request, "code-not-valid")
    return await asyncio.to_thread(enter, request, session, see_other("/passkey"))


def _account(request: Request, codes: Any = ()) -> Response:
    center, session = center_of(request), session_of(request)
    held = credentials.of_person(center, session.person_id)
    return page(
        request,
        "account.html",
        held=held,
        labels=sign_in_methods.labels(center, held),
        used=sign_in_methods.last_used(center, held),
        number=passwords.number_of(center, session.person_id),
        left=recovery_codes.codes_left(center, session.person_id),
        codes=codes,
        sessions=sign_in_methods.sessions(center, session.person_id),
        this=session,
        with_link=session.method is SignInMethod.LINK,
        here=is_there(relying_party(request.app.state.settings), request),
    )
