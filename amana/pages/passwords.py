"""Sign-in with number, password and code, and the page on which a person gets them.

Plain forms, without scripts. The app's secret is sealed for its person before the page shows it, and returns
in that form: the server does not store it meanwhile, and a client cannot submit its own secret.
"""

from __future__ import annotations

import binascii
import secrets
from base64 import b64decode, b64encode
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from amana.http.error_messages import ERROR_MESSAGES
from amana.http.session_middleware import enter, sign_in_page_with
from amana.pages.code_pictures import code_picture
from casework.database.models import SignInMethod
from casework.errors import CaseworkError, NotSignedIn, Refused, Slowed, WeakPassword, WrongCode
from casework.people import passwords, sign_in_methods, sign_in_throttle, totp
from casework.web.cookies import cookie_of, set_cookie
from casework.web.request import (
    Caller,
    OurCenter,
    client_of,
    page,
    person_of,
    see_other,
    session_of,
)

BROWSER_COOKIE = "amana-browser"
"""Identifies a browser in which a person signed in this way before."""

router = APIRouter()

Text = Annotated[str, Form(max_length=1000)]


@router.post("/sign-in/password")
def sign_in(request: Request, center: OurCenter, number: Text, password: Text, code: Text) -> Response:
    """Begin a session that is marked as begun with a password."""
    try:
        _, session, browser = passwords.sign_in(
            center,
            number,
            password,
            code,
            address=client_of(request),
            browser=cookie_of(request, BROWSER_COOKIE),
        )
    except Slowed as slowed:
        seconds = int(slowed.wait.total_seconds()) + 1
        response = sign_in_page_with(request, slowed.code, wait=seconds)
        response.headers["retry-after"] = str(seconds)
        return response
    except NotSignedIn:
        return sign_in_page_with(request, "password-not-taken")
    response = enter(request, session, see_other("/"))
    set_cookie(request, response, BROWSER_COOKIE, browser, sign_in_throttle.KNOWN_FOR, path="/sign-in")
    return response


@router.get("/password")
def show(request: Request, center: OurCenter, person: Caller) -> Response:
    """Show the number, or the form that sets a password: for a person without a passkey."""
    number = passwords.number_shown(center, session_of(request))
    if number is not None:
        return _page(request, number=number)
    passwords.may_set(center, session_of(request))
    secret = totp.new_secret()
    return _asking(request, secret, totp.seal(center.keyholder, person.id, secret))


@router.post("/password")
def set_password(
    request: Request, center: OurCenter, person: Caller, password: Text, code: Text, sealed: Text
) -> Response:
    """Set the password and show the number; after invalid input show the form again, with the same app."""
    try:
        sealed_secret = b64decode(sealed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("the form is not the one that was shown") from error
    try:
        number = passwords.set_password(center, session_of(request), password, sealed_secret, code)
    except (WeakPassword, WrongCode) as refused:
        secret = passwords.offered_secret(center, person.id, sealed_secret)
        return _asking(request, secret, sealed_secret, refused)
    if session_of(request).method is SignInMethod.RECOVERY:
        sign_in_methods.end_session(center, session_of(request), session_of(request).token_digest)
    return _page(request, number=number, new=True)


def _asking(request: Request, secret: bytes, sealed: bytes, refused: CaseworkError | None = None) -> Response:
    address = totp.address_of(secret, person_of(request).name or secrets.token_hex(2))
    return _page(
        request,
        422 if refused else 200,
        sealed=b64encode(sealed).decode(),
        spelled=totp.spelled(secret),
        picture=code_picture(address),
        shortest=passwords.SHORTEST,
        error=None if refused is None else ERROR_MESSAGES[refused.code],
    )


def _page(request: Request, status: int = 200, **context: Any) -> Response:
    return page(request, "password.html", status, **{"number": None, "new": False, "error": None} | context)
