"""The web application: one factory that takes a center.

Its only state is the center's, so several instances may coexist. A request handler finds what it needs in
`request.app.state.center`, `.templates` and `.settings`; once a person is signed in, also in
`request.state.person` and `request.state.session` (`.method`: how the session began).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

import amana.guide.pages
import player.pages.comparison_sheets
import player.pages.disclosure
import player.pages.evidence
import player.pages.history
import player.pages.packages
import player.pages.redaction
import player.pages.transcripts
import player.pages.viewings
import player.pages.working_copies
import recorder.pages.console
import recorder.pages.observers
import recorder.pages.safety_recording
import recorder.pages.senders
from amana.health import metrics, status, vault_lock
from amana.http import error_responses, session_middleware
from amana.http.forwarding import Forwarding
from amana.http.link_throttle import ANONYMOUS_PER_MINUTE, FAILURES_PER_MINUTE, Throttle
from amana.http.page_files import PLACE, Statics, page_files
from amana.http.proxies import BehindProxies
from amana.http.security_middleware import BoundedBody, KnownOrigin, SecurityHeaders, own_origins
from amana.http.templates import make_templates
from amana.pages import (
    account,
    cases,
    consent,
    court_exclusions,
    grants,
    ledger_api,
    opened_in_error,
    passkeys,
    passwords,
    retention,
    signing,
    staff,
    statistics,
    today,
    trust,
    working_copy_review,
)
from amana.pages.photographs import examinations, exams, giving, intimate, photographs, received, uploads
from amana.pages.rooms import room_devices, rooms, schedule
from amana.pages.specimens import links as specimen_links
from amana.pages.specimens import specimens
from amana.settings import Settings
from amana.supervisor.supervisor_client import SupervisorClient
from casework.center import Center
from casework.derivatives.queue import DerivativeQueue
from casework.redaction.face_proposals import FaceProposals
from casework.sandbox import ffmpeg
from player.package.order_queue import Orders
from player.papers.cards import draw
from vault.errors import VaultError

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class Application(FastAPI):
    """FastAPI inside the guards, so that error responses pass the guards, too."""

    def build_middleware_stack(self) -> ASGIApp:
        """Wrap FastAPI's stack in the guards of `amana.http.security_middleware` and `proxies`."""
        settings: Settings = self.state.settings
        inner = BoundedBody(super().build_middleware_stack())
        origins = set(own_origins(settings.address, settings.host, settings.port))
        if origins and settings.node_address:
            origins.add(settings.node_address)  # the other machines forward requests to it
        center: Center = self.state.center
        store = "" if center.direct is None else center.direct.origin
        guarded = SecurityHeaders(KnownOrigin(inner, list(origins)), self.state.secure, store)
        return BehindProxies(guarded, settings.trusted_proxies, settings.proxy_header)


def create_app(
    center: Center,
    settings: Settings,
    lifespan: Lifespan | None = None,
    supervisor: SupervisorClient | None = None,
) -> FastAPI:
    """Return the application over `center`. `settings.port` is the port that people use.

    `supervisor` reports the numbers of processes (`amana.health.metrics`); None: there are none.

    It serves no interactive API pages and no schema: they would load scripts from other sites, and disclose
    more than necessary without a sign-in.
    """
    app = Application(
        title="Amana",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # a redirect would use an address made from the request's `Host`
        lifespan=lifespan,
        middleware=[Middleware(Forwarding), Middleware(session_middleware.SignedIn)],
    )
    app.state.center = center
    app.state.settings = settings
    app.state.supervisor = supervisor
    app.state.secure = settings.address.startswith("https://")
    app.state.templates = make_templates()
    app.state.personally = signing.personally
    app.state.link_failures = Throttle(FAILURES_PER_MINUTE)
    app.state.anonymous = Throttle(ANONYMOUS_PER_MINUTE)
    app.state.orders = Orders(center, settings.scratch / "orders")
    app.state.derivatives = DerivativeQueue(
        center, settings.scratch, draw, functools.partial(ffmpeg.found, settings.programs)
    )
    app.state.faces = FaceProposals(center)
    app.state.measured = metrics.Measured(center, settings)
    app.state.looked = metrics.Looked(center)
    app.state.trial_keys = _trial_keys(center)
    app.mount(PLACE, Statics(page_files()), name="static")
    app.router.routes.extend(_routes())
    error_responses.install(app)
    return app


@functools.cache
def _routes() -> Sequence[BaseRoute]:
    """Return the routes of all packages, once for every application of a process.

    They are the routes that the routers made on import. `include_router` would analyse each of them again,
    and match a request against a router before its routes.
    """
    routers = (
        session_middleware.router,
        passkeys.router,
        passwords.router,
        account.router,
        room_devices.router,
        today.router,
        cases.router,
        staff.router,
        vault_lock.router,
        retention.router,
        court_exclusions.router,
        working_copy_review.router,
        signing.router,
        grants.router,
        consent.router,
        opened_in_error.router,
        rooms.router,
        schedule.router,
        statistics.router,
        exams.router,
        examinations.router,
        intimate.router,
        photographs.router,
        received.router,
        giving.router,
        specimens.router,
        specimen_links.router,
        uploads.router,
        status.router,
        trust.router,
        amana.guide.pages.router,
        metrics.router,
        ledger_api.router,
        player.pages.comparison_sheets.router,
        player.pages.working_copies.router,  # before an interview's commands, whose route matches any word
        player.pages.redaction.router,
        player.pages.transcripts.router,
        recorder.pages.safety_recording.router,
        recorder.pages.senders.router,
        recorder.pages.observers.router,
        recorder.pages.console.router,
        player.pages.evidence.router,
        player.pages.viewings.router,
        player.pages.history.router,
        player.pages.packages.router,
        player.pages.disclosure.router,
    )
    return tuple(route for router in routers for route in router.routes)


def _trial_keys(center: Center) -> bool:
    try:
        return center.keyholder.status().trial
    except VaultError:
        return False
