"""The page by which somebody outside sends requested files, without an account; and its requests.

    GET  /give#TOKEN               the page; its requests carry the token (`Authorization: Bearer`)
    GET  /give/request             → {until, most}: when the request ends, and bytes that may be sent
    POST /give/uploads             {name, size, digest, origin} → progress
    POST /give/uploads/{upload_id}/pieces?offset=N
    POST /give/uploads/{upload_id}/finish

Progress is that of `uploads`, without a number. Nothing of the case is in any answer.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana.pages.photographs.uploads import NUMBER, Announced, GivenOrigin, status_response
from casework.photographs import file_requests
from casework.photographs.received_files import MAX_TEXT
from casework.web.request import OurCenter, page, piece_of
from chain_of_custody.encoding.canonical_json import instant_text

router = APIRouter()


class OutsideOrigin(GivenOrigin):
    """Where the file came from, as its sender states it; the kind of source is that of the request."""

    source: Literal["person"] = "person"


class Given(Announced):
    """A file that somebody outside wants to send."""

    kind: Literal["received"] = "received"
    origin: OutsideOrigin


@router.get("/give")
def show(request: Request, center: OurCenter) -> Response:
    """Show the page; its script asks for the request whose link was opened."""
    return page(request, "give.html", organisation=center.organisation, longest=MAX_TEXT)


@router.get("/give/request")
def look(request: Request, center: OurCenter) -> Response:
    """Answer with the end of the request, and the bytes that may be sent by it."""
    asked = file_requests.admitted(center, request.state.link_token)
    return JSONResponse({"until": instant_text(asked.ends_at), "most": asked.most})


@router.post("/give/uploads")
def announce(request: Request, center: OurCenter, given: Given) -> Response:
    """Begin or resume the upload of a file; answer with its progress."""
    return status_response(file_requests.begin(center, request.state.link_token, given.file()))


@router.post("/give/uploads/{upload_id}/pieces")
async def take(
    request: Request, center: OurCenter, upload_id: str, offset: Annotated[int, Query(ge=0, le=NUMBER)]
) -> Response:
    """Store a piece of the file durably, its bytes from `offset` on; answer with the progress."""
    data = await piece_of(request)
    token: str = request.state.link_token
    return status_response(
        await asyncio.to_thread(file_requests.take, center, token, upload_id, offset, data)
    )


@router.post("/give/uploads/{upload_id}/finish")
def finish(request: Request, center: OurCenter, upload_id: str) -> Response:
    """Seal a completely uploaded file as evidence."""
    return status_response(file_requests.finish(center, request.state.link_token, upload_id))
