"""Signed acts on pages: any form requests one, the person signs it, and it is completed here.

    POST wherever the form of a signed act goes   {to}, or what is to be signed: {signing, says, publicKey}
    {unsigned: true} beside it: the same form with `unsigned=true` enters it without a signature (a no only)
    POST /signings/{id}   {credential, authenticator, client, signature}, each base64url → {to}
    GET  /signed          everything that was signed in the person's name
    POST /signed/seen     up to where they have seen it

Forms of signed acts have `data-grave`; the script `signing.js` sends them and requests `application/json`.
Without the script, a form works as usual if no signature is needed; if one is needed, the page says that it
needs the script.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Form
from pydantic import AfterValidator, BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana.http.error_pages import wants_page
from amana.http.session_middleware import SESSION_COOKIE
from amana.languages import language_of
from amana.pages.signing_texts import done, signing_text
from casework.ledger.custody_log import State
from casework.signing import pending_acts, signed_acts
from casework.signing.pending_acts import Asked, SignatureWanted
from casework.signing.signed_acts import SignedAct
from casework.web.request import center_of, page, person_of, see_other
from chain_of_custody.statements.webauthn import Assertion

router = APIRouter()

Act: TypeAlias = Callable[..., object]
"""An act of a person, with all arguments but `state`."""

_NOT_KEPT = {"cache-control": "no-store"}


def personally(
    request: Request,
    act: Act,
    leads_to: str,
    done: Callable[[], Response] | None = None,
    *,
    unsigned: bool = False,
) -> Response:
    """Do the act as its person's own, or return what they have to sign.

    `done`: makes the response if nothing had to be signed, instead of `leads_to`. `unsigned`: the person
    chose not to sign; a page without its script can only do this. It is valid only for a no.
    """
    state: State = pending_acts.by_its_person(
        session=request.cookies.get(SESSION_COOKIE, ""),
        origin=request.headers.get("origin", ""),
        leads_to=leads_to,
        unsigned=unsigned or not _by_script(request),
    )
    try:
        act(state=state)
    except SignatureWanted as wanted:
        if not _by_script(request):
            raise
        return JSONResponse(asked(request, wanted.asked), headers=_NOT_KEPT)
    if done is not None:
        return done()
    if _by_script(request):
        return JSONResponse({"to": leads_to}, headers=_NOT_KEPT)
    return see_other(leads_to)


def asked(request: Request, waiting: Asked) -> dict[str, Any]:
    """Return what the page shows, and the options for the browser."""
    return {
        "signing": waiting.id,
        "unsigned": waiting.unsigned,
        "says": signing_text(language_of(request), waiting),
        "publicKey": {
            "challenge": _text(waiting.challenge),
            "rpId": waiting.rp,
            "timeout": int(pending_acts.LIFETIME.total_seconds() * 1000),
            "userVerification": "required",
            "allowCredentials": [
                {"type": "public-key", "id": _text(credential)} for credential in waiting.credentials
            ],
        },
    }


def _bytes(text: str) -> str:
    urlsafe_b64decode(text + "=" * (-len(text) % 4))  # a ValueError becomes a malformed-request response
    return text


Bytes = Annotated[str, Field(max_length=8192, pattern=r"^[A-Za-z0-9_-]*$"), AfterValidator(_bytes)]


class Answer(BaseModel):
    """The authenticator's response, base64url without padding."""

    credential: Bytes
    authenticator: Bytes
    client: Bytes
    signature: Bytes


@router.post("/signings/{signing}")
def complete(request: Request, signing: str, answer: Answer) -> Response:
    """Complete a pending act with its person's signature."""
    completed = pending_acts.complete(
        center_of(request),
        person_of(request),
        signing,
        session=request.cookies.get(SESSION_COOKIE, ""),
        origin=request.headers.get("origin", ""),
        credential=_decoded(answer.credential),
        assertion=Assertion(
            authenticator=_decoded(answer.authenticator),
            client=_decoded(answer.client),
            signature=_decoded(answer.signature),
        ),
    )
    return JSONResponse({"to": completed.leads_to}, headers=_NOT_KEPT)


@router.get("/signed")
def signed(request: Request) -> Response:
    """Show the list of what was signed in the person's name."""
    acts = signed_acts.of_person(center_of(request), person_of(request))
    return page(
        request,
        "signed.html",
        acts=lines(request, acts),
    )


@router.post("/signed/seen")
def see(request: Request, position: Annotated[int, Form(ge=0, le=2**53 - 1)]) -> Response:
    """From the home page: confirm that everything up to this position was theirs."""
    signed_acts.see(center_of(request), person_of(request), position)
    return see_other("/")


def lines(request: Request, acts: Sequence[SignedAct]) -> list[dict[str, Any]]:
    """Return each act with its text, for templates."""
    language = language_of(request)
    return [{"act": act, "what": done(language, act.type)} for act in acts]


def _by_script(request: Request) -> bool:
    return not wants_page(request) and "application/json" in request.headers.get("accept", "")


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
