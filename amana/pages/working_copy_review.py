"""Review of a redacted film or a transcript by a second person: accept or reject.

POST /derivatives/{id}/check    {accepted: yes | no} → its page
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from amana.pages.signing import personally
from casework.errors import Refused
from casework.web.request import center_of, person_of
from casework.working_copies import reviews

router = APIRouter()


@router.post("/derivatives/{derivative_id}/check")
def check(request: Request, derivative_id: str, accepted: Annotated[str, Form(max_length=64)]) -> Response:
    """Record a second person's acceptance or rejection of a working copy, then return to its page.

    Raises `Refused` unless `accepted` is `yes` or `no`.
    """
    if accepted not in ("yes", "no"):
        raise Refused("accepted, or not")
    act = partial(reviews.check, center_of(request), person_of(request), derivative_id)
    return personally(request, partial(act, accepted=accepted == "yes"), f"/derivatives/{derivative_id}")
