"""Signed acts on pages: a form requests one, the person signs it, and it is completed here.

    POST wherever the form of a signed act goes   {to}, or what is to be signed: {signing, says, publicKey}
    {unsigned: true} beside it: the same form with `unsigned=true` enters it without a signature (a no only)
    POST /signings/{id}   {credential, authenticator, client, signature}, each base64url → {to}
    GET  /signed          everything that was signed in the person's name
    POST /signed/seen     up to where they have seen it

Forms of signed acts have `data-grave`; the script `sign/signing.js` sends them and requests
`application/json`. Without the script, a form works as usual if no signature is needed; if one is needed, the
page says that it needs the script.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Concatenate, ParamSpec, TypeAlias

from fastapi import APIRouter, Depends, Form
from markupsafe import Markup
from pydantic import AfterValidator, BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana.http.error_responses import wants_page
from amana.http.session_middleware import session_token
from amana.languages import language_of
from amana.pages.signing_texts import done, signing_text
from casework.body_maps.names import names
from casework.center import Center
from casework.database.models import Evidence, Person, Specimen
from casework.ledger.custody_log import State
from casework.people import people
from casework.retention import schedules
from casework.signing import pending_acts, signed_acts
from casework.signing.pending_acts import PendingAct, SignatureWanted
from casework.signing.signed_acts import SignedAct
from casework.web.request import Caller, OurCenter, center_of, page, person_of, see_other
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.statements.webauthn import Assertion

router = APIRouter()

P = ParamSpec("P")
Act: TypeAlias = Callable[..., object]
"""An act of a person, with all arguments but `state`."""


def personally(
    request: Request,
    act: Act,
    leads_to: str,
    done: Callable[[], Response] | None = None,
    *,
    unsigned: bool = False,
) -> Response:
    """Do the act as signed by its person, or return what they have to sign.

    `done`: makes the response if nothing had to be signed, instead of `leads_to`. `unsigned`: the person
    chose not to sign; a page without its script can only do this. It is valid only for a no.
    """
    state: State = pending_acts.by_its_person(
        session=session_token(request),
        origin=request.headers.get("origin", ""),
        leads_to=leads_to,
        unsigned=unsigned or not _by_script(request),
    )
    try:
        act(state=state)
    except SignatureWanted as wanted:
        if not _by_script(request):
            raise
        return JSONResponse(act_json(request, wanted.act))
    if done is not None:
        return done()
    if _by_script(request):
        return JSONResponse({"to": leads_to})
    return see_other(leads_to)


class Signing:
    """A route's way to do a signed act of its caller: `sign(leads_to, act, …)`, as `personally`."""

    def __init__(self, request: Request, *, unsigned: bool = False) -> None:
        self._request = request
        self._unsigned = unsigned

    def __call__(
        self,
        leads_to: str,
        act: Callable[Concatenate[Center, Person, P], object],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Response:
        """Call `act` with the center, the signed-in person, these arguments and its `state`."""
        center, person = center_of(self._request), person_of(self._request)
        own = partial(act, center, person, *args, **kwargs)
        return personally(self._request, own, leads_to, unsigned=self._unsigned)


async def _sign(request: Request) -> Signing:
    return Signing(request)


async def _sign_or_not(request: Request, unsigned: Annotated[bool, Form()] = False) -> Signing:
    return Signing(request, unsigned=unsigned)


Sign: TypeAlias = Annotated[Signing, Depends(_sign)]
"""A route's parameter."""
SignOrNot: TypeAlias = Annotated[Signing, Depends(_sign_or_not)]
"""The same, of a form in which the person may choose not to sign: its field `unsigned`."""


def act_json(request: Request, waiting: PendingAct) -> dict[str, Any]:
    """Return what the page shows, and the options for the browser."""
    return {
        "signing": waiting.id,
        "unsigned": waiting.unsigned,
        "says": {
            **signing_text(language_of(request), waiting),
            "acts": _act_words(request, waiting, how=False),
            "how": list(dict.fromkeys(_act_words(request, waiting, how=True))),
        },
        "publicKey": {
            "challenge": base64url(waiting.challenge),
            "rpId": waiting.rp,
            "timeout": int(pending_acts.LIFETIME.total_seconds() * 1000),
            "userVerification": "required",
            "allowCredentials": [
                {"type": "public-key", "id": base64url(credential)} for credential in waiting.credentials
            ],
        },
    }


def _act_words(request: Request, waiting: PendingAct, *, how: bool) -> list[str]:
    """Return the content of each statement in words; none for a type whose sentence says everything."""
    template = request.app.state.templates.get_template("signing_acts.html")
    center = center_of(request)
    texts = {
        "how": how,
        "item_of": partial(_item, center),
        "language": language_of(request),
        "person_of": partial(people.get, center),
        "region_of": names(language_of(request)).__getitem__,
        "specimen_of": partial(center.database.get_one, Specimen),
        "term_of": lambda kind: schedules.rules(center).terms[kind],
        "time_of": moment,
    }
    signed = zip(waiting.statements, waiting.details, strict=True)
    made = (template.render(act=act, details=details, **texts) for act, details in signed)
    return [words for one in made if (words := Markup(one).striptags())]  # noqa: S704  # of our template


def _item(center: Center, evidence: str) -> Evidence | None:
    """Return the item with this id; None for a case, an interview or a deployment."""
    with center.database() as session:
        return session.get(Evidence, evidence)


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
def complete(request: Request, center: OurCenter, person: Caller, signing: str, answer: Answer) -> Response:
    """Complete a pending act with its person's signature."""
    completed = pending_acts.complete(
        center,
        person,
        signing,
        session=session_token(request),
        origin=request.headers.get("origin", ""),
        credential=_decoded(answer.credential),
        assertion=Assertion(
            authenticator=_decoded(answer.authenticator),
            client=_decoded(answer.client),
            signature=_decoded(answer.signature),
        ),
    )
    return JSONResponse({"to": completed.leads_to})


@router.get("/signed")
def signed(request: Request, center: OurCenter, person: Caller) -> Response:
    """Show the list of what was signed in the person's name."""
    acts = signed_acts.of_person(center, person)
    return page(
        request,
        "signed.html",
        acts=lines(request, acts),
    )


@router.post("/signed/seen")
def see(center: OurCenter, person: Caller, position: Annotated[int, Form(ge=0, le=2**53 - 1)]) -> Response:
    """Record that the person confirms their acts up to this position, on *Today*."""
    signed_acts.see(center, person, position)
    return see_other("/")


def lines(request: Request, acts: Sequence[SignedAct]) -> list[dict[str, Any]]:
    """Return each act with its text, for templates."""
    language = language_of(request)
    return [{"act": act, "what": done(language, act.type)} for act in acts]


def _by_script(request: Request) -> bool:
    return not wants_page(request) and "application/json" in request.headers.get("accept", "")


def base64url(data: bytes) -> str:
    """Return base64url without padding, as browsers send and take it."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
