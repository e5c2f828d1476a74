"""Upload of photographs, documents and received files into a case, in pieces.

    POST /cases/{case_id}/uploads              {kind, name, size, digest, …} → progress
    GET  /uploads/{upload_id}                  → progress
    POST /uploads/{upload_id}/pieces?offset=N  bytes of the file from N on, at most 4 MiB; then durable
    POST /uploads/{upload_id}/finish           → its number in the case: it is sealed
    POST /uploads/{upload_id}/give-up

A page's script names in `amana-person` who had the page open: only they may add what it still has to send
(`other-person`).

Progress: `{id, received, size, state, number, again, shown, stated}`; `received` is the next byte that is
due, also in the refusal of a piece that is not the next (`out-of-order`). Every request can be repeated.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana.http.session_middleware import session_token
from casework.database.models import Person
from casework.errors import OtherPerson
from casework.photographs import uploads
from casework.photographs.received_files import MAX_TEXT, Origin
from casework.photographs.uploads import AnnouncedFile, UploadStatus
from casework.web.request import OurCenter, person_of, piece_of
from chain_of_custody.items.file_manifest import MAX_NAME

router = APIRouter()

NUMBER = 2**53 - 1
"""Maximum number in JSON (RFC 8259, section 6)."""


_Text = Annotated[str, Field(max_length=MAX_TEXT)]


class GivenOrigin(BaseModel):
    """Where a received file came from; see `casework.photographs.received_files.Origin`."""

    source: Literal["person", "organisation", "seizure", "public"]
    giver: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
    place: _Text = ""
    device: _Text = ""
    basis: _Text = ""
    said: _Text = ""


class Announced(BaseModel):
    """A file that a person wants to add."""

    kind: Literal["photograph", "document", "received"]
    name: str = Field(max_length=MAX_NAME)
    size: Annotated[int, Field(ge=0, le=NUMBER)]
    digest: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    intimate: bool = False
    agreed: bool = False
    exam: str | None = Field(default=None, pattern="^[0-9a-f]{32}$")
    view: str | None = Field(default=None, pattern="^[a-z-]{1,32}$")
    injury: Annotated[int | None, Field(ge=1, le=99)] = None
    origin: GivenOrigin | None = None

    def file(self) -> AnnouncedFile:
        """Return what is announced. Raises `Refused` for an origin that names no giver."""
        origin = None if self.origin is None else Origin(**self.origin.model_dump())
        return AnnouncedFile(**self.model_dump(exclude={"origin"}), origin=origin)


def _sender(request: Request) -> Person:
    """Return the signed-in person. Raises `OtherPerson` if another person had the page open."""
    person = person_of(request)
    if request.headers.get("amana-person", person.id) != person.id:
        raise OtherPerson("the page was opened by somebody else")
    return person


def status_response(status: UploadStatus) -> Response:
    """Return the progress of an upload as JSON."""
    return JSONResponse(asdict(status))


@router.post("/cases/{case_id}/uploads")
def announce(request: Request, center: OurCenter, case_id: str, announced: Announced) -> Response:
    """Begin or resume the upload of a file into a case; answer with its progress."""
    person, session = _sender(request), session_token(request)
    return status_response(uploads.begin(center, person, session, case_id, announced.file()))


@router.get("/uploads/{upload_id}")
def look(request: Request, center: OurCenter, upload_id: str) -> Response:
    """Answer with the progress of an upload."""
    return status_response(uploads.upload_status(center, _sender(request), upload_id))


@router.post("/uploads/{upload_id}/pieces")
async def take(
    request: Request, center: OurCenter, upload_id: str, offset: Annotated[int, Query(ge=0, le=NUMBER)]
) -> Response:
    """Store a piece of the file durably, its bytes from `offset` on; answer with the progress."""
    data = await piece_of(request)
    person, session = _sender(request), session_token(request)
    return status_response(
        await asyncio.to_thread(uploads.take, center, person, session, upload_id, offset, data)
    )


@router.post("/uploads/{upload_id}/finish")
def finish(request: Request, center: OurCenter, upload_id: str) -> Response:
    """Seal a completely uploaded file as evidence; the answer holds its number in the case."""
    return status_response(uploads.finish(center, _sender(request), session_token(request), upload_id))


@router.post("/uploads/{upload_id}/give-up")
def give_up(request: Request, center: OurCenter, upload_id: str) -> Response:
    """Abandon an incomplete upload and delete what has arrived of it."""
    uploads.give_up(center, _sender(request), upload_id)
    return JSONResponse({})
