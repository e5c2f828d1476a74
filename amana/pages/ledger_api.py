"""The ledger over HTTP, for its readers: C2SP tlog-tiles under `/ledger`.

    /ledger/checkpoint                       the newest signed tree head, with any witnesses' lines
    /ledger/tile/<level>/<index>[.p/<w>]     hashes
    /ledger/tile/entries/<index>[.p/<w>]     entries, for readers with that right

Every request under `/ledger/` carries a reader's token (`Authorization: Bearer …`):
`session_middleware.SignedIn` checks it first, and puts the reader into the request's state. No session opens
these paths, and no token opens any other.

The responses are the stored bytes; readers verify them against the checkpoint.
"""

from __future__ import annotations

import asyncio
import gzip
import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from amana.http.error_responses import refusal
from casework.database.models import LedgerReader
from casework.web.request import OurCenter
from casework.witnesses import ledger_readers
from chain_of_custody.errors import Malformed
from chain_of_custody.tlog.tiles import Tile

NEVER_CHANGES = "private, max-age=31536000, immutable"
"""Private: shared caches must not store what a token opened."""

router = APIRouter(prefix="/ledger")


@router.get("/checkpoint")
async def checkpoint(center: OurCenter) -> Response:
    """Answer with the newest checkpoint and the cosignatures collected for it."""
    note = await asyncio.to_thread(ledger_readers.checkpoint, center)
    return Response(note, media_type="text/plain; charset=utf-8")


@router.get("/tile/{place:path}")
async def tile(request: Request, center: OurCenter, place: str) -> Response:
    """Answer with a tile of hashes or a bundle of entries; entries are compressed if the reader accepts gzip.

    404 for a malformed path or a tile that does not exist yet, 403 for entries that are withheld.
    """
    reader: LedgerReader = request.state.reader
    try:
        requested = Tile.parse(f"tile/{place}")
    except Malformed:
        return refusal(request, "missing")
    if requested.level is None and not reader.entries:
        return refusal(request, "entries-withheld")
    try:
        data = await asyncio.to_thread(center.ledger.tile, requested)
    except IndexError:  # it does not exist yet, so it must not be cached as missing
        return refusal(request, "missing")
    headers = {"cache-control": NEVER_CHANGES}
    if requested.level is None:
        headers["vary"] = "accept-encoding"
        if _takes_gzip(request.headers.get("accept-encoding", "")):
            data = await asyncio.to_thread(gzip.compress, data, 6, mtime=0)
            headers["content-encoding"] = "gzip"
    return Response(data, media_type="application/octet-stream", headers=headers)


def _takes_gzip(accepted: str) -> bool:
    for coding in accepted.lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return not re.fullmatch(r"q=0(\.0{1,3})?", weight.strip())
    return False
