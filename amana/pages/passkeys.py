"""Passkeys on the pages: sign-in and enrolment.

Each takes two requests around the browser's authenticator: the first gives it a challenge
(`casework.people.webauthn_challenges`), the second returns its response. The scripts get what WebAuthn calls
options, with bytes in base64url.

This works only on pages of the one origin that passkeys belong to (`amana.http.relying_party`); elsewhere a
page names that origin.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana.http.error_responses import refusal
from amana.http.relying_party import RelyingParty, is_own_origin, party_of, relying_party
from amana.http.session_middleware import begin, session_token
from amana.pages.signing import base64url, personally
from casework import sealed_names
from casework.database.models import SignInMethod
from casework.errors import AuthenticatorBehind, NotSignedIn, Refused
from casework.people import credentials, passkey_sign_in, webauthn_challenges
from casework.people.credentials import Proof
from casework.people.webauthn_challenges import Purpose
from casework.tokens import new_token
from casework.web.cookies import cookie_of, delete_cookie, set_cookie
from casework.web.request import Caller, OurCenter, client_of, page, see_other, session_of
from chain_of_custody.statements.webauthn import challenge_of

CHALLENGE_COOKIE = "amana-challenge"
"""Binds a challenge to the browser that requested it."""
PATIENCE = 120_000
"""Milliseconds a browser waits for its authenticator; less than a challenge's lifetime."""

router = APIRouter()


class PasskeyAnswer(BaseModel):
    """A browser's `PublicKeyCredential.toJSON()`."""

    answer: dict[str, Any]


def asking(party: RelyingParty, message: bytes) -> dict[str, Any]:
    """Return the options for a browser's authenticator to sign the challenge of `message`."""
    # No list of credentials: the authenticator itself knows those for this host.
    return {
        "challenge": base64url(challenge_of(message)),
        "rpId": party.id,
        "timeout": PATIENCE,
        "userVerification": "required",
    }


@router.post("/sign-in/passkey/challenge")
async def ask(request: Request, center: OurCenter) -> Response:
    """Return the options for the browser's authenticator to sign a person in."""
    party = party_of(request)
    token = new_token()
    message = await asyncio.to_thread(
        webauthn_challenges.make, center, Purpose.SIGN_IN, token, client_of(request)
    )
    response = JSONResponse(asking(party, message))
    set_cookie(request, response, CHALLENGE_COOKIE, token, webauthn_challenges.LIFETIME, path="/sign-in")
    return response


@router.post("/sign-in/passkey")
async def sign_in(request: Request, center: OurCenter, assertion: PasskeyAnswer) -> Response:
    """Begin a session for the person whose passkey answered."""
    party = party_of(request)
    message = await asyncio.to_thread(
        webauthn_challenges.take, center, Purpose.SIGN_IN, cookie_of(request, CHALLENGE_COOKIE)
    )
    try:
        _, session = await asyncio.to_thread(
            passkey_sign_in.sign_in,
            center,
            assertion.answer,
            message=message,
            rp=party.id,
            origin=party.origin,
        )
    except AuthenticatorBehind as behind:
        return refusal(request, behind.code)
    except NotSignedIn:
        return refusal(request, "passkey-not-taken")
    response = await begin(request, session, "/")
    delete_cookie(request, response, CHALLENGE_COOKIE, path="/sign-in")
    return response


@router.get("/passkey")
def show(request: Request, center: OurCenter, person: Caller) -> Response:
    """Show the page that makes a passkey: the first page after an invitation."""
    party = relying_party(request.app.state.settings)
    held = credentials.of_person(center, person.id)
    if session_of(request).method is SignInMethod.RECOVERY and not held:
        return see_other("/password")
    return page(
        request,
        "passkey.html",
        party=party,
        here=is_own_origin(party, request),
        held=held,
        method=session_of(request).method.value,
    )


@router.post("/passkey/challenge")
def ask_for_new(request: Request, center: OurCenter, person: Caller) -> Response:
    """Return the options with which the browser makes a passkey for the signed-in person."""
    party = party_of(request)
    passkey_sign_in.proof_to_enrol(center, session_of(request))
    message = webauthn_challenges.make(center, Purpose.ENROL, session_token(request), client_of(request))
    name = sealed_names.with_name(center, person).name or person.id[:8]
    return JSONResponse(
        {
            "challenge": base64url(challenge_of(message)),
            "rp": {"id": party.id, "name": "Amana"},
            # The authenticator returns the handle at sign-in; the name is only for its own list.
            "user": {"id": base64url(bytes.fromhex(person.id)), "name": name, "displayName": name},
            "pubKeyCredParams": [{"type": "public-key", "alg": int(one)} for one in credentials.ALGORITHMS],
            "excludeCredentials": [
                {"type": "public-key", "id": base64url(one.credential_id)}
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
async def enrol(request: Request, center: OurCenter, person: Caller, assertion: PasskeyAnswer) -> Response:
    """Enrol, in the ledger, the passkey that was made.

    A further one is a signed act: the answer asks for a signature by an earlier one. After the first, the
    session continues under a new token.
    """
    party = party_of(request)
    proof = await asyncio.to_thread(passkey_sign_in.proof_to_enrol, center, session_of(request))
    message = await asyncio.to_thread(webauthn_challenges.take, center, Purpose.ENROL, session_token(request))
    act = partial(
        credentials.enrol,
        center,
        person,
        person.id,
        assertion.answer,
        challenge=challenge_of(message),
        rp=party.id,
        origin=party.origin,
        proof=proof,
    )
    try:
        if proof is Proof.KEY:
            return await asyncio.to_thread(personally, request, act, "/account")
        made = await asyncio.to_thread(act)
    except Refused:
        return refusal(request, "passkey-not-made")
    session = await asyncio.to_thread(passkey_sign_in.begin_with_new, center, session_of(request), made.key)
    return await begin(request, session, "/")
