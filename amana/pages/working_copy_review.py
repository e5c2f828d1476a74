"""Review of a redacted film or a transcript by a second person: accept or reject.

POST /derivatives/{id}/check    {accepted: yes | no} → its page
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from amana.pages.signing import Sign
from casework.errors import Refused
from casework.web.request import Code
from casework.working_copies import reviews

router = APIRouter()


@router.post("/derivatives/{derivative_id}/check")
def check(sign: Sign, derivative_id: str, accepted: Code) -> Response:
    """Record a second person's acceptance or rejection of a working copy, then return to its page.

    Raises `Refused` unless `accepted` is `yes` or `no`.
    """
    if accepted not in ("yes", "no"):
        raise Refused("accepted, or not")
    return sign(f"/derivatives/{derivative_id}", reviews.check, derivative_id, accepted=accepted == "yes")
