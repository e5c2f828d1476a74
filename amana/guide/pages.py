"""*Help*: the guide's page for the person's role, and its other pages."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from amana.guide.rendering import NAMES, PAGE_OF, guide_page
from amana.languages import language_of
from casework.errors import Missing
from casework.web.request import Caller, page

router = APIRouter()


@router.get("/help")
def help_for_role(request: Request, person: Caller) -> Response:
    """Show the guide's page for the person's role, in the reader's language."""
    return _shown(request, PAGE_OF[person.role])


@router.get("/help/{topic}")
def help_page(request: Request, person: Caller, topic: str) -> Response:
    """Show one page of the guide. Raises `Missing`."""
    if topic not in NAMES:
        raise Missing(f"no page {topic[:40]} in the guide")
    return _shown(request, topic)


def _shown(request: Request, name: str) -> Response:
    language = language_of(request)
    return page(
        request,
        "help.html",
        name=name,
        guide=guide_page(language, name),
        others={one: guide_page(language, one).title for one in NAMES},
    )
