"""The files that a court registers to recognise packages of this center, and how it checks a package.

GET /trust           the files, with fingerprints
GET /trust/{name}    one of the files: policy.txt, verify.html, authority.der, trust-sheet.pdf
GET /check           how a package is checked

No package is checked on a page of the center: the verifier is a file, which runs on the court's own machine.
"""

from __future__ import annotations

from collections.abc import Mapping
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
        fingerprints=_fingerprints(files),
        sheet=SHEET,
    )


@router.get("/check")
def check(request: Request, center: OurCenter, person: Caller) -> Response:
    """Show how a package is checked, with the fingerprints of the files for it. Raises `Forbidden`."""
    require(person, Act.CHECK_PACKAGE)
    policy, files = published(center)
    return page(request, "check.html", policy=policy, fingerprints=_fingerprints(files), sheet=SHEET)


@router.get("/trust/{name}")
def file(center: OurCenter, person: Caller, name: str) -> Response:
    """Answer with one of the files, to be saved. Raises `Forbidden`, `Missing`."""
    require(person, Act.CHECK_PACKAGE)
    if name not in TYPES:
        raise Missing(f"no file {name[:32]}")
    policy, files = published(center)
    return download(name, sheet_of(policy, files) if name == SHEET else files[name], TYPES[name])


def _fingerprints(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: sha256(content).hexdigest() for name, content in files.items()}
