"""Redacted copies on the web: lists of edits (cover, silence, cut), the editor, and ordering a copy.

    GET  /interviews/{id}/redactions    the page: existing lists; beginning one
    POST /interviews/{id}/redactions    which pictures and sounds the film has → the list's page
    GET  /redactions/{id}               the page of one: the editor
    GET  /redactions/{id}/edits         {version, edits, by, at}: the newest, when it was stored, and by whom
                                        (null if no name can be read)
    POST /redactions/{id}/edits         {version, edits} → {version}; 409 when another is the newest
    POST /redactions/{id}/order         purpose, and of which version → the derivative's page
    GET  /redactions/{id}/faces         progress of the face search, and proposed regions; a search that is
                                        not polled ends
    POST /redactions/{id}/faces         {viewing, picture}: search for faces, in one camera of the opened part
    POST /redactions/{id}/faces/cancel  cancel the search

The editor opens recordings as their own pages do (`evidence`): with a purpose, and on the record.
`casework.redaction.edits` defines what a list may contain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from casework.access.permissions import Act
from casework.codes import PURPOSES
from casework.database.models import Person
from casework.derivatives.queue import DerivativeQueue
from casework.errors import Missing, NothingReadable, StillElsewhere
from casework.interviews import interviews
from casework.interviews.interviews import Part
from casework.people import people
from casework.redaction import edit_lists
from casework.redaction.face_proposals import FaceProposals
from casework.sandbox.ffmpeg import ProgramMissing
from chain_of_custody.encoding import canonical_json
from player.pages import film_choices
from player.pages.request import center_of, person_of

router = APIRouter()

_NOT_KEPT = {"cache-control": "no-store"}
_LARGEST = 2**31 - 1


class Kept(BaseModel):
    """Edits, and the version that they are based on."""

    version: Annotated[int, Field(ge=1, le=_LARGEST)]
    edits: dict[str, Any]


class Faces(BaseModel):
    """Where to search for faces: the part opened by this viewing, and one of its cameras."""

    viewing: Annotated[str, Field(max_length=64)]
    picture: Annotated[str, Field(max_length=64)]


@router.get("/interviews/{interview_id}/redactions")
def show_all(request: Request, interview_id: str) -> Response:
    """Show the edit lists of an interview, with the form that begins one."""
    center, person = center_of(request), person_of(request)
    interview = interviews.get(center, person, interview_id, Act.MAKE_DERIVATIVE)
    parts = interviews.list_parts(interview)
    choices, trouble = None, None
    if not interview.practice and any(part.state.sealed for part in parts):
        choices, trouble = _choices(request, interview_id)
    listed = edit_lists.of_interview(center, person, interview_id)
    return _page(
        request,
        "redactions.html",
        interview=interview,
        parts=parts,
        listed=listed,
        people=_people(request, (row.changed_by for row in listed)),
        choices=choices,
        trouble=trouble,
    )


@router.post("/interviews/{interview_id}/redactions")
def begin(
    request: Request,
    interview_id: str,
    picture: Annotated[str, Form(max_length=200)],
    sound: Annotated[list[str], Form()] = [],  # noqa: B006  # the framework copies it for each request
    offset: Annotated[int, Form(ge=-14 * 60, le=14 * 60)] = 0,
) -> Response:
    """Begin an edit list for a film of the interview, then redirect to the list's page.

    `offset`: minutes by which the clock in the picture is ahead of UTC.
    """
    center, person = center_of(request), person_of(request)
    interviews.get(center, person, interview_id, Act.MAKE_DERIVATIVE)
    film = film_choices.edits(picture, sound, offset)
    row = edit_lists.begin(center, person, interview_id, film)
    return RedirectResponse(f"/redactions/{row.id}", 303)


@router.get("/redactions/{list_id}")
def show_one(request: Request, list_id: str) -> Response:
    """Show the editor of one edit list."""
    center, person = center_of(request), person_of(request)
    row = edit_lists.get(center, person, list_id)
    interview = interviews.get(center, person, row.interview_id, Act.MAKE_DERIVATIVE)
    parts = interviews.list_parts(interview)
    sealed = [part for part in parts if part.state.sealed and part.evidence in row.parts]
    return _page(
        request,
        "redaction.html",
        row=row,
        interview=interview,
        sealed=sealed,
        others=len(parts) - len(sealed),
        parts_of_film=[_named(part) for part in sealed],
        purposes=PURPOSES,
        faces=_faces(request),
    )


@router.get("/redactions/{list_id}/edits")
def tell(request: Request, list_id: str) -> Response:
    """Answer with the newest edits of a list, their version, author and time."""
    row = edit_lists.get(center_of(request), person_of(request), list_id)
    changed = _people(request, (row.changed_by,)).get(row.changed_by)
    told = {
        "version": row.version,
        "edits": row.edits,
        "by": None if changed is None else changed.name,
        "at": canonical_json.instant_text(row.changed_at),
    }
    return JSONResponse(told, headers=_NOT_KEPT)


@router.post("/redactions/{list_id}/edits")
def keep(request: Request, list_id: str, kept: Kept) -> Response:
    """Store the edits as the list's next version; answer with its number.

    Raises `ListMovedOn` if the edits are not based on the newest version.
    """
    row = edit_lists.change(center_of(request), person_of(request), list_id, kept.version, kept.edits)
    return JSONResponse({"version": row.version}, headers=_NOT_KEPT)


@router.post("/redactions/{list_id}/order")
def order(
    request: Request,
    list_id: str,
    purpose: Annotated[str, Form(max_length=64)],
    version: Annotated[int, Form(ge=1, le=_LARGEST)],
) -> Response:
    """Order the redacted film of a version, then redirect to its page.

    Raises `ProgramMissing` without FFmpeg, `ListMovedOn` for an outdated version.
    """
    queue: DerivativeQueue = request.app.state.derivatives
    center, person = center_of(request), person_of(request)
    edit_lists.get(center, person, list_id)  # people who may not order learn nothing of the machine
    if not queue.available:
        raise ProgramMissing("no FFmpeg on this machine")
    row = edit_lists.order(center, person, list_id, version, purpose)
    queue.wake()
    return RedirectResponse(f"/derivatives/{row.id}", 303)


@router.get("/redactions/{list_id}/faces")
def tell_faces(request: Request, list_id: str) -> Response:
    """Answer with the state of the person's face search and the regions it proposes, or with `none`."""
    proposals: FaceProposals = request.app.state.faces
    search = proposals.standing(person_of(request), list_id)
    told = {"state": "none"} if search is None else search.to_json()
    return JSONResponse(told, headers=_NOT_KEPT)


@router.post("/redactions/{list_id}/faces")
def look_for_faces(request: Request, list_id: str, wanted: Faces) -> Response:
    """Begin a face search in one camera of the opened part; answer with its state (202)."""
    proposals: FaceProposals = request.app.state.faces
    search = proposals.begin(person_of(request), list_id, wanted.viewing, wanted.picture)
    return JSONResponse(search.to_json(), 202, headers=_NOT_KEPT)


@router.post("/redactions/{list_id}/faces/cancel")
def cancel_faces(request: Request, list_id: str) -> Response:
    """Cancel the person's face search in this list (204)."""
    proposals: FaceProposals = request.app.state.faces
    proposals.cancel(person_of(request), list_id)
    return Response(status_code=204, headers=_NOT_KEPT)


def _page(request: Request, template: str, **context: Any) -> Response:
    response: Response = request.app.state.templates.TemplateResponse(request, template, context)
    return response


def _faces(request: Request) -> bool:
    """Whether this machine can search for faces."""
    proposals: FaceProposals = request.app.state.faces
    return proposals.available


def _choices(request: Request, interview_id: str) -> tuple[film_choices.Choices | None, str | None]:
    """Return the possible films; or the code of why none can be chosen now."""
    try:
        return film_choices.of_interview(center_of(request), person_of(request), interview_id), None
    except (NothingReadable, StillElsewhere) as unread:
        return None, unread.code


def _people(request: Request, ids: Iterable[str]) -> Mapping[str, Person]:
    """Return those of these people who are still known here, by id."""
    found = {}
    for one in dict.fromkeys(ids):
        try:
            found[one] = people.get(center_of(request), one)
        except Missing:
            continue
    return found


def _named(part: Part) -> Mapping[str, Any]:
    return {"evidence": part.evidence, "number": part.number}
