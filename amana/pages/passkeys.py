"""Passkeys on the pages: sign-in and enrolment.

Each takes two requests around the browser's authenticator: the first gives it a challenge
(`casework.people.webauthn_challenges`), the second returns its response. The scripts get what WebAuthn calls
options, with bytes in base64url.

This works only on pages of the one origin that passkeys belong to (`amana.http.relying_party`); elsewhere a
page names that origin.
"""

from __future__ import annotations

import asyncio
import secrets
from base64 import urlsafe_b64encode
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana.http.error_pages import refusal
from amana.http.relying_party import RelyingParty, is_there, relying_party
from amana.http.session_middleware import SESSION_COOKIE, begin
from casework import sealed_names
from casework.database.models import SignInMethod
from casework.errors import AuthenticatorBehind, NotSignedIn, Refused
from casework.people import credentials, passkey_sign_in, webauthn_challenges
from casework.people.webauthn_challenges import Purpose
from casework.web.request import center_of, page, person_of, see_other, session_of
from chain_of_custody.statements.webauthn import challenge_of

CHALLENGE_COOKIE = "amana-challenge"
"""Binds a challenge to the browser that requested it."""
PATIENCE = 120_000
"""Milliseconds a browser waits for its authenticator; less than a challenge's lifetime."""

router = APIRouter()


class Told(BaseModel):
    """A browser's `PublicKeyCredential.toJSON()`."""

    answer: dict[str, Any]


@router.post("/sign-in/passkey/challenge")
async def ask(request: Request) -> Response:
    """Return the options for the browser's authenticator to sign a person in."""
    party = _party(request)
    if party is None:
        return refusal(request, "no-passkeys-here", 409)
    token = secrets.token_urlsafe(32)
    message = await asyncio.to_thread(
        webauthn_challenges.make, center_of(request), Purpose.SIGN_IN, token, _address(request)
    )
    # No list of credentials: the authenticator itself knows those for this host.
    response = JSONResponse(
        {
            "challenge": _text(challenge_of(message)),
            "rpId": party.id,
            "timeout": PATIENCE,
            "userVerification": "required",
        }
    )
    response.set_cookie(
        CHALLENGE_COOKIE,
        token,
        max_age=int(webauthn_challenges.LIFETIME.total_seconds()),
        path="/sign-in",
        httponly=True,
        samesite="strict",
        secure=request.app.state.secure,
    )
    return response


@router.post("/sign-in/passkey")
async def sign_in(request: Request, told: Told) -> Response:
    """Begin a session for the person whose passkey answered."""
    party, center = _party(request), center_of(request)
    if party is None:
        return refusal(request, "no-passkeys-here", 409)
    message = await asyncio.to_thread(
        webauthn_challenges.take, center, Purpose.SIGN_IN, request.cookies.get(CHALLENGE_COOKIE, "")
    )
    try:
        _, session = await asyncio.to_thread(
            passkey_sign_in.sign_in, center, told.answer, message=message, rp=party.id, origin=party.origin
        )
    except AuthenticatorBehind as behind:
        return refusal(request, behind.code, 403)
    except NotSignedIn:
        return refusal(request, "passkey-not-taken", 403)
    response = await begin(request, session, "/")
    response.delete_cookie(CHALLENGE_COOKIE, path="/sign-in", httponly=True, samesite="strict")
    return response


@router.get("/passkey")
def show(request: Request) -> Response:
    """Show the page that makes a passkey: the first page after an invitation."""
    party = relying_party(request.app.state.settings)
    held = credentials.of_person(center_of(request), person_of(request).id)
    if session_of(request).method is SignInMethod.RECOVERY and not held:
        return see_other("/password")
    return page(
        request,
        "passkey.html",
        party=party,
        here=is_there(party, request),
        held=held,
        method=session_of(request).method.value,
    )


@router.post("/passkey/challenge")
def ask_for_new(request: Request) -> Response:
    """Return the options with which the browser makes a passkey for the signed-in person."""
    party, center, person = _party(request), center_of(request), person_of(request)
    if party is None:
        return refusal(request, "no-passkeys-here", 409)
    passkey_sign_in.may_enrol(center, session_of(request))
    message = webauthn_challenges.make(center, Purpose.ENROL, _token(request), _address(request))
    name = sealed_names.with_name(center, person).name or person.id[:8]
    return JSONResponse(
        {
            "challenge": _text(challenge_of(message)),
            "rp": {"id": party.id, "name": "Amana"},
            # The authenticator returns the handle at sign-in; the name is only for its own list.
            "user": {"id": _text(bytes.fromhex(person.id)), "name": name, "displayName": name},
            "pubKeyCredParams": [{"type": "public-key", "alg": int(one)} for one in credentials.ALGORITHMS],
            "excludeCredentials": [
                {"type": "public-key", "id": _text(one.credential_id)}
                for one in credentials.of_person(center, person.id)
            ],
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": True,
                "userVerification": "required",
            },
            "attestation": "none",
            "timeout": PATIENCE,
        }
    )


@router.post("/passkey")
async def enrol(request: Request, told: Told) -> Response:
    """Enrol, in the ledger, the passkey that was made; the session continues under a new token."""
    party, center, person = _party(request), center_of(request), person_of(request)
    if party is None:
        return refusal(request, "no-passkeys-here", 409)
    await asyncio.to_thread(passkey_sign_in.may_enrol, center, session_of(request))
    message = await asyncio.to_thread(webauthn_challenges.take, center, Purpose.ENROL, _token(request))
    try:
        made = await asyncio.to_thread(
            credentials.enrol,
            center,
            person,
            person.id,
            told.answer,
            challenge=challenge_of(message),
            rp=party.id,
            origin=party.origin,
        )
    except Refused:
        return refusal(request, "passkey-not-made", 422)
    session = await asyncio.to_thread(passkey_sign_in.begin_with_new, center, session_of(request), made.key)
    return await begin(request, session, "/")


def _party(request: Request) -> RelyingParty | None:
    """Return the relying party of the requesting page; None: passkeys cannot be used there."""
    party = relying_party(request.app.state.settings)
    return party if is_there(party, request) else None


def _token(request: Request) -> str:
    return request.cookies.get(SESSION_COOKIE, "")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
