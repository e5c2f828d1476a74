"""Metrics for Prometheus: numbers, and never a name, a case, or an interview.

`GET /metrics` requires the token (`AMANA_METRICS_TOKEN_FILE`); without that setting the address does not
exist. `GET /healthz`, for load balancers and watchdogs, answers only `ok` or `not ok`, without
authentication.

Each part is read independently. One that fails (a database that is away) leaves out its own numbers and
reports so in `amana_looked`, so that a missing number does not count as healthy. `METRICS` defines each
number.

Labels are the names of copies, machines, processes, time-stamping authorities, and parts of this page.

Specification: Prometheus' text format, version 0.0.4.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import stat
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from amana.health import metric_sources
from amana.health.metric_sources import METRICS, MetricInputs, Readings
from amana.settings import Settings
from amana.supervisor.supervisor_client import SupervisorClient
from casework.center import Center
from casework.errors import CaseworkError
from casework.recording.channel import ChannelError
from chain_of_custody.errors import CustodyError
from vault.errors import VaultError

FRESH = 5.0
"""Seconds for which a result is reused, however often it is requested."""
ANSWERS_WITHIN = 4.0
"""Seconds in which database and keyholder have to answer for the service to be `ok`."""
log = logging.getLogger(__name__)
router = APIRouter()


class Measured:
    """The numbers of one service, for concurrent requests."""

    def __init__(self, center: Center, settings: Settings) -> None:
        self._center, self._settings = center, settings
        self._turn = threading.Lock()
        self._text, self._at = b"", float("-inf")

    def text(self, processes: Mapping[str, Any] | None) -> bytes:
        """Return the page; reads at most every `FRESH` seconds. `processes`: as the supervisor reports."""
        with self._turn:
            if time.monotonic() - self._at > FRESH:
                registry = CollectorRegistry(auto_describe=False)
                registry.register(_Once(look(MetricInputs(self._center, self._settings, processes))))
                self._text, self._at = generate_latest(registry), time.monotonic()
            return self._text


class _Once(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def look(inputs: MetricInputs) -> Iterator[Metric]:
    """Yield every number as it is now."""
    readings: Readings = {"amana_looked": {}}
    for name, section in metric_sources.SECTIONS.items():
        works = True
        try:
            for metric, labels, value in section(inputs):
                readings.setdefault(metric, {})[labels] = value
        except (CaseworkError, CustodyError, VaultError, SQLAlchemyError, OSError, ValueError) as error:
            log.info("no numbers of %s: %s", name, type(error).__name__)
            works = False
        readings["amana_looked"][(name,)] = float(works)
    for metric, values in readings.items():
        about = METRICS[metric]
        family: GaugeMetricFamily | CounterMetricFamily
        kind = CounterMetricFamily if metric.endswith("_total") else GaugeMetricFamily
        family = kind(metric, about.help, labels=about.labels)
        for labels, value in values.items():
            family.add_metric(labels, value)
        yield family


def token(settings: Settings) -> str | None:
    """Return the token of `/metrics`, or None. Raises `ValueError` for a file that others may read."""
    path = settings.metrics_token
    if path is None:
        return None
    return _private(path)


def _private(path: Path) -> str:
    with path.open() as file:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ValueError(f"{path} can be read by others: chmod 600 {path}")
        text = file.read(1024).strip()
    if len(text) < 16:
        raise ValueError(f"{path} has no token of 16 characters or more")
    return text


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Answer with the metrics in Prometheus' text format, for requests that carry the token.

    404 where no token is configured, 401 for a missing or wrong one, 500 if its file is unusable.
    """
    settings: Settings = request.app.state.settings
    try:
        expected = await asyncio.to_thread(token, settings)
    except (OSError, ValueError) as error:
        log.error("AMANA_METRICS_TOKEN_FILE: %s", error)
        return PlainTextResponse("the token cannot be read\n", 500)
    if expected is None:
        return PlainTextResponse("not here\n", 404)
    scheme, _, presented = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(presented.strip().encode(), expected.encode()):
        return PlainTextResponse(
            "the token is missing, or another one\n", 401, {"www-authenticate": 'Bearer realm="metrics"'}
        )
    processes = None
    supervisor: SupervisorClient | None = request.app.state.supervisor
    if supervisor is not None:
        try:
            processes = await asyncio.to_thread(supervisor.ask, "processes")
        except ChannelError as away:
            log.info("no numbers of processes: %s", type(away).__name__)
    measured: Measured = request.app.state.measured
    text = await asyncio.to_thread(measured.text, processes)
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)


class Looked:
    """Whether the service can answer people.

    Only one thread checks at a time, for all requests: a hanging database must not occupy the threads that
    serve pages.
    """

    def __init__(self, center: Center) -> None:
        self._center = center
        self._looking: asyncio.Task[bool] | None = None
        self._healthy, self._at = False, float("-inf")

    async def healthy(self) -> bool:
        """Return whether keyholder, ledger and database answer within `ANSWERS_WITHIN` seconds.

        A result is reused for `FRESH / 2` seconds.
        """
        if time.monotonic() - self._at > FRESH / 2:
            looking = self._looking
            if looking is None:
                looking = self._looking = asyncio.create_task(asyncio.to_thread(self._look))
            done, _ = await asyncio.wait((looking,), timeout=ANSWERS_WITHIN)
            if not done:
                return False
            if self._looking is looking:
                self._looking = None  # first: a failed check must not be reused for ever
                self._healthy, self._at = looking.result(), time.monotonic()
        return self._healthy

    def _look(self) -> bool:
        try:
            self._center.keyholder.status()
            self._center.ledger.checkpoint()
            with self._center.database.engine.connect() as connection:
                connection.execute(select(1))
        except (CaseworkError, CustodyError, VaultError, SQLAlchemyError, OSError) as error:
            log.info("not ok: %s", type(error).__name__)
            return False
        return True


@router.get("/healthz")
async def healthz(request: Request) -> Response:
    """Answer 200 `ok` while requests can be served: database, ledger and keyholder answer."""
    looked: Looked = request.app.state.looked
    healthy = await looked.healthy()
    return PlainTextResponse("ok\n" if healthy else "not ok\n", 200 if healthy else 503)
