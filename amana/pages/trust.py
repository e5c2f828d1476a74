"""What a court registers to recognise packages of this center: shown with its fingerprints, and saved.

GET /trust           the page
GET /trust/{name}    one of the files: policy.txt, verify.html, authority.der, trust-sheet.pdf
"""

from __future__ import annotations

from hashlib import sha256

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from casework.access.permissions import Act, require
from casework.errors import Missing
from casework.web.request import Caller, OurCenter, download, page
from player.package.published_policy import AUTHORITY, POLICY, SHEET, VERIFIER, published, sheet_of

TYPES = {
    POLICY: "text/plain; charset=utf-8",
    VERIFIER: "application/octet-stream",  # never a page of this address
    AUTHORITY: "application/pkix-cert",
    SHEET: "application/pdf",
}

router = APIRouter()


@router.get("/trust")
def show(request: Request, center: OurCenter, person: Caller) -> Response:
    """Show the files with their fingerprints, and the policy itself. Raises `Forbidden`."""
    require(person, Act.SEE_HEALTH)
    policy, files = published(center)
    return page(
        request,
        "trust.html",
        policy=policy,
        text=files[POLICY].decode(),
        fingerprints={name: sha256(content).hexdigest() for name, content in files.items()},
        sheet=SHEET,
    )


@router.get("/trust/{name}")
def file(center: OurCenter, person: Caller, name: str) -> Response:
    """Answer with one of the files, to be saved. Raises `Forbidden`, `Missing`."""
    require(person, Act.SEE_HEALTH)
    if name not in TYPES:
        raise Missing(f"no file {name[:32]}")
    policy, files = published(center)
    return download(name, sheet_of(policy, files) if name == SHEET else files[name], TYPES[name])
