"""A person's account page: language, sign-in methods and sessions; recovery codes; confirming anew.

    GET  /confirm              the page, after a refusal `confirm-anew`; it leads back to `back`
    POST /confirm/challenge    {purpose} → options for the browser's authenticator
    POST /confirm              `answer`, the authenticator's response as JSON; or `password` and `code`

A stolen session alone cannot make a lasting change here: forms with `data-grave` are signed
(`amana.pages.signing`), those with `data-confirm` get an authenticator's answer from `sign/confirm.js` first.

Ids of credentials and sessions are in form data, never in an address.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana import languages
from amana.http.relying_party import is_own_origin, party_of, relying_party
from amana.http.session_middleware import enter, session_token, sign_in_page_with
from amana.pages.passkeys import asking
from amana.pages.signing import personally
from casework.center import Center
from casework.database.models import Person, SignInMethod
from casework.errors import NotConfirmed, NotSignedIn
from casework.people import (
    confirmations,
    credentials,
    notices,
    passwords,
    people,
    recovery_codes,
    sign_in_methods,
    webauthn_challenges,
)
from casework.people.webauthn_challenges import Confirmation, Purpose
from casework.web.request import (
    Caller,
    Code,
    OurCenter,
    center_of,
    client_of,
    is_our_path,
    page,
    see_other,
    session_of,
)
from vault.errors import VaultError

router = APIRouter()

Text = Annotated[str, Form(max_length=300)]


Answered: TypeAlias = Annotated[str, Form(max_length=20_000)]
"""A browser's `PublicKeyCredential.toJSON()`, as text."""


class ConfirmationRequest(BaseModel):
    """The purpose to confirm: the name of a `Purpose`."""

    purpose: str


def _require_recent(request: Request) -> None:
    confirmations.require_recent(session_of(request))


CONFIRMED = [Depends(_require_recent)]
"""Dependency of a route that takes a session which was confirmed some minutes ago at most."""


@router.get("/account")
def account(request: Request) -> Response:
    """Show the account page: the person's ways to sign in, and their sessions."""
    return _account(request)


@router.post("/language")
def choose_language(request: Request, language: Code, back: Text = "/") -> Response:
    """Set the language for this browser, and store it in the signed-in person's account, if any."""
    response = see_other(back if is_our_path(back) else "/")
    if language in languages.LANGUAGES:
        languages.keep(request, response, language)
        person = getattr(request.state, "person", None)
        if person is not None:
            people.set_language(center_of(request), person, language)
    return response


@router.post("/account/notices")
def choose_notices(center: OurCenter, person: Caller, address: Text = "") -> Response:
    """Send the person's notices to this e-mail address, or none; return to the account page.

    Raises `AddressInvalid`.
    """
    notices.choose(center, person, address)
    return see_other("/account#notices")


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


@router.post("/account/recovery-codes/used")
def acknowledge_use(center: OurCenter, person: Caller) -> Response:
    """Record that the person acknowledges the use of a recovery code; pages then no longer show it."""
    recovery_codes.acknowledge(center, person)
    return see_other("/account")


@router.post("/account/recovery-codes")
def make_codes(
    request: Request, center: OurCenter, answer: Answered = "", password: Text = "", code: Text = ""
) -> Response:
    """Make ten new codes, once their person confirms it, and show them, in this response only."""
    confirmation = _confirmed(request, Purpose.RECOVERY_CODES, answer, password, code)
    return _account(request, recovery_codes.make(center, session_of(request), confirmation))


@router.post("/sign-in/recovery")
async def recover(request: Request, center: OurCenter, code: Text) -> Response:
    """Begin a session that can only set up a new sign-in method."""
    try:
        _, session = await asyncio.to_thread(recovery_codes.redeem, center, code)
    except NotSignedIn:
        return sign_in_page_with(request, "code-not-valid")
    return await asyncio.to_thread(enter, request, session, see_other("/passkey"))


@router.get("/confirm")
def show(request: Request, back: str = "/") -> Response:
    """Show the page on which the person confirms their presence."""
    return page(
        request,
        "confirm.html",
        back=back if is_our_path(back) else "/",
        method=session_of(request).method.value,
        here=is_own_origin(relying_party(request.app.state.settings), request),
    )


@router.post("/confirm/challenge")
def ask(request: Request, center: OurCenter, confirmation: ConfirmationRequest) -> Response:
    """Return the options for the browser's authenticator to confirm one purpose in this session."""
    party = party_of(request)
    if confirmation.purpose not in (Purpose.CONFIRM, Purpose.RECOVERY_CODES):
        raise NotConfirmed("no such purpose")
    message = webauthn_challenges.make(
        center, Purpose(confirmation.purpose), session_token(request), client_of(request)
    )
    return JSONResponse(asking(party, message))


@router.post("/confirm")
def confirm(
    request: Request,
    center: OurCenter,
    answer: Answered = "",
    password: Text = "",
    code: Code = "",
    back: Code = "/",
) -> Response:
    """Note that the session was confirmed, then redirect to the page that required it."""
    confirmation = _confirmed(request, Purpose.CONFIRM, answer, password, code)
    confirmations.note(center, session_of(request), confirmation)
    return see_other(back if is_our_path(back) else "/")


def _confirmed(request: Request, purpose: Purpose, answer: str, password: str, code: str) -> Confirmation:
    """Return the confirmation that a form carries. Raises `NotConfirmed`, `ChallengeOver`, `Slowed`."""
    center, session = center_of(request), session_of(request)
    if session.method is SignInMethod.PASSWORD:
        return confirmations.by_password(center, session, purpose, password, code, address=client_of(request))
    try:
        read = json.loads(answer)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise NotConfirmed("no answer of an authenticator")
    party = party_of(request)
    message = webauthn_challenges.take(center, purpose, session_token(request))
    return confirmations.by_passkey(
        center, session, purpose, read, message=message, rp=party.id, origin=party.origin
    )


def _email(center: Center, person: Person) -> str | None:
    """Return the address for the person's notices; empty: none; None: it cannot be read now."""
    try:
        return notices.address_of(center, person) or ""
    except VaultError:
        return None


def _account(request: Request, codes: Any = ()) -> Response:
    center, session = center_of(request), session_of(request)
    held = credentials.of_person(center, session.person_id)
    return page(
        request,
        "account.html",
        held=held,
        sends_mail=bool(request.app.state.settings.smtp),
        email=_email(center, session.person),
        labels=sign_in_methods.labels(center, held),
        used=sign_in_methods.last_used(center, held),
        number=passwords.number_of(center, session.person_id),
        left=recovery_codes.codes_left(center, session.person_id),
        codes=codes,
        sessions=sign_in_methods.sessions(center, session.person_id),
        this=session,
        with_link=session.method is SignInMethod.LINK,
        here=is_own_origin(relying_party(request.app.state.settings), request),
    )
