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
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.access.permissions import Act
from casework.center import Center
from casework.codes import OPENING, PURPOSES
from casework.database.models import Person
from casework.interviews import interviews
from casework.people import people
from casework.redaction import edit_lists
from casework.redaction.face_proposals import FaceProposals
from casework.sandbox.ffmpeg import ProgramMissing
from casework.web.request import Caller, Code, OurCenter, of_app, page, see_other
from chain_of_custody.encoding import canonical_json
from player.pages import film_choices
from player.pages.working_copies import Queue

router = APIRouter()

Proposals: TypeAlias = Annotated[FaceProposals, of_app("faces")]
_LARGEST = 2**31 - 1


class EditsToSave(BaseModel):
    """Edits, and the version that they are based on."""

    version: Annotated[int, Field(ge=1, le=_LARGEST)]
    edits: dict[str, Any]


class FaceSearchRequest(BaseModel):
    """Where to search for faces: the part opened by this viewing, and one of its cameras."""

    viewing: Annotated[str, Field(max_length=64)]
    picture: Annotated[str, Field(max_length=64)]


@router.get("/interviews/{interview_id}/redactions")
def show_all(request: Request, center: OurCenter, person: Caller, interview_id: str) -> Response:
    """Show the edit lists of an interview, with the form that begins one."""
    interview = interviews.get(center, person, interview_id, Act.MAKE_DERIVATIVE)
    parts = interviews.list_parts(interview)
    choices, trouble = None, None
    if not interview.practice:
        choices, trouble = film_choices.choices_or_trouble(center, person, interview_id, parts)
    listed = edit_lists.of_interview(center, person, interview_id)
    return page(
        request,
        "redactions.html",
        interview=interview,
        parts=parts,
        listed=listed,
        people=_people(center, (row.changed_by for row in listed)),
        choices=choices,
        trouble=trouble,
    )


@router.post("/interviews/{interview_id}/redactions")
def begin(
    center: OurCenter,
    person: Caller,
    interview_id: str,
    picture: Annotated[str, Form(max_length=200)],
    sound: Annotated[list[str], Form()] = [],  # noqa: B006  # the framework copies it for each request
    offset: Annotated[int, Form(ge=-14 * 60, le=14 * 60)] = 0,
) -> Response:
    """Begin an edit list for a film of the interview, then redirect to the list's page.

    `offset`: minutes by which the clock in the picture is ahead of UTC.
    """
    interviews.get(center, person, interview_id, Act.MAKE_DERIVATIVE)
    film = film_choices.edits(picture, sound, offset)
    row = edit_lists.begin(center, person, interview_id, film)
    return see_other(f"/redactions/{row.id}")


@router.get("/redactions/{list_id}")
def show_one(
    request: Request, center: OurCenter, person: Caller, proposals: Proposals, list_id: str
) -> Response:
    """Show the editor of one edit list."""
    row = edit_lists.get(center, person, list_id)
    interview = interviews.get(center, person, row.interview_id, Act.MAKE_DERIVATIVE)
    parts = interviews.list_parts(interview)
    sealed = [part for part in parts if part.state.sealed and part.evidence in row.parts]
    return page(
        request,
        "redaction.html",
        row=row,
        interview=interview,
        sealed=sealed,
        others=len(parts) - len(sealed),
        parts_of_film=[{"evidence": part.evidence, "number": part.number} for part in sealed],
        opening_purposes=OPENING,
        purposes=PURPOSES,
        faces=proposals.available,
    )


@router.get("/redactions/{list_id}/edits")
def send_edits(center: OurCenter, person: Caller, list_id: str) -> Response:
    """Answer with the newest edits of a list, their version, author and time."""
    row = edit_lists.get(center, person, list_id)
    changed = _people(center, (row.changed_by,)).get(row.changed_by)
    answer = {
        "version": row.version,
        "edits": row.edits,
        "by": None if changed is None else changed.name,
        "at": canonical_json.instant_text(row.changed_at),
    }
    return JSONResponse(answer)


@router.post("/redactions/{list_id}/edits")
def keep(center: OurCenter, person: Caller, list_id: str, saved: EditsToSave) -> Response:
    """Store the edits as the list's next version; answer with its number.

    Raises `ListMovedOn` if the edits are not based on the newest version.
    """
    row = edit_lists.change(center, person, list_id, saved.version, saved.edits)
    return JSONResponse({"version": row.version})


@router.post("/redactions/{list_id}/order")
def order(
    center: OurCenter,
    person: Caller,
    queue: Queue,
    list_id: str,
    purpose: Code,
    version: Annotated[int, Form(ge=1, le=_LARGEST)],
) -> Response:
    """Order the redacted film of a version, then redirect to its page.

    Raises `ProgramMissing` without FFmpeg, `ListMovedOn` for an outdated version.
    """
    edit_lists.get(center, person, list_id)  # permission first, then the machine
    if not queue.available:
        raise ProgramMissing("no FFmpeg on this machine")
    row = edit_lists.order(center, person, list_id, version, purpose)
    queue.wake()
    return see_other(f"/derivatives/{row.id}")


@router.get("/redactions/{list_id}/faces")
def send_faces(person: Caller, proposals: Proposals, list_id: str) -> Response:
    """Answer with the state of the person's face search and the regions it proposes, or with `none`."""
    search = proposals.latest(person, list_id)
    answer = {"state": "none"} if search is None else search.to_json()
    return JSONResponse(answer)


@router.post("/redactions/{list_id}/faces")
def look_for_faces(person: Caller, proposals: Proposals, list_id: str, area: FaceSearchRequest) -> Response:
    """Begin a face search in one camera of the opened part; answer with its state (202)."""
    search = proposals.begin(person, list_id, area.viewing, area.picture)
    return JSONResponse(search.to_json(), 202)


@router.post("/redactions/{list_id}/faces/cancel")
def cancel_faces(person: Caller, proposals: Proposals, list_id: str) -> Response:
    """Cancel the person's face search in this list (204)."""
    proposals.cancel(person, list_id)
    return Response(status_code=204)


def _people(center: Center, ids: Iterable[str]) -> Mapping[str, Person]:
    """Return those of these people who are still known here, by id."""
    return {one.id: one for one in people.by_id(center, set(ids))}
