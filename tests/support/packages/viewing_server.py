"""Gives a made recording at the player's addresses, with the application's own templates and guards.

Everything a store could do to a recording can be done to it here: `recording.messages[i]` is what is stored.
"""

from __future__ import annotations

import base64
import socket
import threading
import time
from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from amana.http.page_files import PLACE, Statics, page_files, statics
from amana.http.security_middleware import SecurityHeaders
from amana.http.templates import make_templates
from casework.database.models import EvidenceState
from casework.evidence.gateway import PURPOSES
from casework.grants.grants import OpenableExtent
from casework.interviews.interviews import Part
from chain_of_custody.encoding import canonical_json
from player.pages.exhibit import Exhibit
from tests.support.media.made_media import SECOND
from tests.support.packages.made_recording import CASE, EVIDENCE, INTERVIEW, MadeRecording
from tests.support.patience import wait_until

VIEWING = "51" * 16
VIEWER = SimpleNamespace(
    id="bb" * 16,
    name="Person V",
    role="court",
    active=True,
    language="en",
    organisation="court",
    recovery_used_at=None,
)


@dataclass
class Trouble:
    """What the server refuses, and in which words."""

    code: str
    status: int = 403

    def answer(self) -> Response:
        words = {
            "what": "It was refused.",
            "meaning": "Nothing was changed.",
            "todo": "Ask the administrator.",
        }
        return JSONResponse({"error": {"code": self.code, **words}}, self.status)


class ViewingServer:
    """A server on a loopback port; `recording` is what is viewed, `trouble` what happens instead."""

    def __init__(self) -> None:
        self.recording: MadeRecording | None = None
        self.live_since = 0.0
        """When the recorder began, by `time.monotonic`, for whoever watches live."""
        self.trouble: dict[str, Trouble] = {}
        """By what is asked for: "viewings", "proof", "keys", or "message 12"."""
        self.withheld: set[int] = set()
        """Records that the center gives this viewer nothing of, since a court has excluded them."""
        self.asked: list[str] = []
        self._server: uvicorn.Server | None = None
        self.address = ""

    def view(self, recording: MadeRecording) -> None:
        self.recording = recording
        self.live_since = time.monotonic()
        self.trouble = {}
        self.withheld = set()
        self.asked = []

    def __enter__(self) -> Self:
        listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(self._app(), log_level="warning", lifespan="off")
        self._server = server = uvicorn.Server(config)
        threading.Thread(target=self._server.run, args=([listening],), daemon=True).start()
        wait_until(lambda: server.started)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.should_exit = True

    # --- addresses --------------------------------------------------------------------------------

    def _app(self) -> Starlette:
        live = "/interviews/{interview}/live"
        routes = [
            Route("/blank", lambda _: HTMLResponse("<!doctype html><title>blank</title><body></body>")),
            Route("/evidence/{evidence}", self._page),
            Route("/evidence/{evidence}/package", self._order_page),
            Route("/packages", self._order, methods=["POST"]),
            Route("/evidence/{evidence}/viewings", self._viewings, methods=["POST"]),
            Route("/viewings/{viewing}/proof", self._proof),
            Route("/viewings/{viewing}/keys", self._keys, methods=["POST"]),
            Route("/viewings/{viewing}/messages/{index:int}", self._message),
            Route(live + "/records", self._live_records),
            Route(live + "/keys", self._keys, methods=["POST"]),
            Route(live + "/messages/{evidence}/{index:int}", self._message),
        ]
        routes.append(Mount(PLACE, _page_files))  # type: ignore[arg-type]
        app = Starlette(routes=routes, middleware=[Middleware(SecurityHeaders, secure=False)])
        app.state.secure, app.state.trial_keys = False, True
        app.state.templates = make_templates()
        return app

    @property
    def _viewed(self) -> MadeRecording:
        assert self.recording is not None
        return self.recording

    async def _page(self, request: Request) -> Response:
        request.state.person, request.state.waiting = VIEWER, ()
        templates = request.app.state.templates
        response: Response = templates.TemplateResponse(request, "evidence.html", page_values(self._viewed))
        return response

    async def _order_page(self, request: Request) -> Response:
        request.state.person, request.state.waiting = VIEWER, ()
        values = page_values(self._viewed)
        exhibit = values["exhibit"]
        case = SimpleNamespace(id=CASE, code=exhibit.code)
        interview = SimpleNamespace(id=INTERVIEW, case=case)
        order = {"case": case, "interview": interview, "parts": exhibit.parts}
        beside = {
            "copies": [],
            "exhibits": [],
            "closed": [],
            "excluded": False,
            "named": {},
            "receives": False,
            "shared": None,
        }
        templates = request.app.state.templates
        response: Response = templates.TemplateResponse(request, "package.html", values | order | beside)
        return response

    async def _order(self, request: Request) -> Response:
        self.asked.append((await request.body()).decode())
        return Trouble("refused", 400).answer()

    async def _viewings(self, request: Request) -> Response:
        if trouble := self._troubled("viewings"):
            return trouble
        purpose = (await request.json())["purpose"]
        self._viewed.view(purpose)
        return JSONResponse({"viewing": VIEWING})

    async def _proof(self, request: Request) -> Response:
        stated = {
            "place": "Interview room 1",
            "present": [{"who": "Person B", "role": "interviewer"}, {"who": "Person C", "role": ""}],
            "wish": "She wishes the door to stay open.",
        }
        names = {str(place): "Person V" for place in range(5, len(self._viewed.ledger.leaves))}
        names["1"] = "Person A"
        return self._troubled("proof") or JSONResponse(
            self._viewed.bundle() | {"names": names, "stated": stated, "withheld": sorted(self.withheld)}
        )

    async def _keys(self, request: Request) -> Response:
        if trouble := self._troubled("keys"):
            return trouble
        indices = (await request.json())["indices"]
        if not self.withheld.isdisjoint(indices):
            self.asked.append("what is withheld")
            return Trouble("passage-excluded").answer()
        keys = [base64.b64encode(self._viewed.keys[index]).decode() for index in indices]
        return JSONResponse({"keys": keys})

    async def _message(self, request: Request) -> Response:
        index = request.path_params["index"]
        if trouble := self._troubled(f"message {index}"):
            return trouble
        return Response(self._viewed.messages[index], media_type="application/octet-stream")

    async def _live_records(self, request: Request) -> Response:
        """What a recorder that began at `live_since` would have by now: fragments once they are whole."""
        after = int(request.query_params["after"])
        elapsed = (time.monotonic() - self.live_since) * SECOND
        there = [record for record in self._viewed.records if record.start + record.duration <= elapsed]
        return JSONResponse({"evidence": EVIDENCE, "records": [asdict(record) for record in there[after:]]})

    def _troubled(self, what: str) -> Response | None:
        self.asked.append(what)
        found = self.trouble.get(what)
        return found.answer() if found else None


async def _page_files(scope: Scope, receive: Receive, send: Send) -> None:
    """What pages load: at their addresses, and at those without a digest that scripts of tests name."""
    try:
        await Statics(page_files())(scope, receive, send)
    except HTTPException:
        await StaticFiles(directory=statics())(scope, receive, send)


def page_values(recording: MadeRecording) -> dict[str, Any]:
    """What the route gives the page's template."""
    begins = canonical_json.moment(recording.epoch)
    manifest = recording.manifest
    part = Part(EVIDENCE, manifest.part, EvidenceState(manifest.state), begins, None, None, None)
    exhibit = Exhibit(
        EVIDENCE, part.number, part.state, begins, None, INTERVIEW, "testimony", CASE, "2026-0007", [part]
    )
    reached = OpenableExtent(PURPOSES)
    return {
        "exhibit": exhibit,
        "purposes": PURPOSES,
        "reached": reached,
        "stated": None,
        "transcripts": [],
    }
