"""Numbers for Prometheus, and `ok` for load balancers: to whom, what, and what is never in them."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from amana.app import create_app
from amana.health import metrics
from amana.health.metric_sources import METRICS
from amana.settings import Settings
from casework.center import Center
from casework.database.models import Person, Role
from casework.errors import DatabaseAway
from casework.people import people
from tests.support.centers.prepared import RunningKeyholder

TOKEN = "a-token-of-sixteen-or-more"


@pytest.fixture
def watched(center: Center, settings: Settings) -> FastAPI:
    """The application with a token set up."""
    path = settings.data / "metrics-token"
    path.touch(0o600)
    path.write_text(f"{TOKEN}\n")
    return create_app(center, Settings(data=settings.data, metrics_token=path))


def readable_by_others(path: Path) -> None:
    path.chmod(0o640)


async def ask(app: FastAPI, path: str, token: str | None = TOKEN) -> httpx.Response:
    """As a program does: under a name that no browser uses, and with no session."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.1:8420") as client:
        return await client.get(path, headers=headers)


def numbers(answer: httpx.Response) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_numbers_are_for_whoever_has_the_token(watched: FastAPI, app: FastAPI) -> None:
    for token in (None, "", "another-token-of-sixteen"):
        assert (await ask(watched, "/metrics", token)).status_code == 401
    assert (await ask(app, "/metrics")).status_code == 404, "without a token file there is no such address"
    readable_by_others(watched.state.settings.metrics_token)
    assert (await ask(watched, "/metrics")).status_code == 500


async def test_numbers_say_how_it_stands_and_name_nobody(
    watched: FastAPI, center: Center, administrator: Person
) -> None:
    people.add(center, administrator, "Somebody Unmistakable", Role.PROSECUTOR)
    answer = await ask(watched, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    seen = numbers(answer)
    assert seen["amana_ledger_statements", ()] == center.ledger.size
    assert seen["amana_keyholder_up", ()] == 1
    assert seen["amana_vault_unlocked", ()] == 0
    assert seen["amana_spool_waiting_objects", ("first-copy",)] == 0
    assert seen["amana_scrub_found_total", ("second-copy",)] == 0
    assert {name for name, _ in seen} <= METRICS.keys()
    looked = {labels[0]: value for (name, labels), value in seen.items() if name == "amana_looked"}
    assert looked.pop("processes") == 0, "no supervisor runs here, and that is said"
    assert set(looked.values()) == {1}
    for secret in ("Unmistakable", center.deployment, administrator.id):
        assert secret not in answer.text


async def test_while_the_database_is_away_the_rest_is_told_and_what_is_missing_too(
    watched: FastAPI, center: Center, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseAway("the working database: no answer")

    monkeypatch.setattr(center.database.engine, "connect", away)
    assert (await ask(watched, "/healthz", None)).status_code == 503
    seen = numbers(await ask(watched, "/metrics"))
    assert seen["amana_looked", ("ledger",)] == seen["amana_looked", ("recorders",)] == 0
    assert seen["amana_looked", ("keys",)] == seen["amana_looked", ("machine",)] == 1
    assert ("amana_ledger_statements", ()) not in seen


async def test_who_balances_load_learns_ok_and_nothing_else(
    app: FastAPI, keyholder: RunningKeyholder, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await ask(app, "/healthz", None)
    assert (answer.status_code, answer.text) == (200, "ok\n")
    monkeypatch.setattr(metrics, "FRESH", 0.0)
    keyholder.end()
    answer = await ask(app, "/healthz", None)
    assert (answer.status_code, answer.text) == (503, "not ok\n")
    assert (await ask(app, "/health", None)).status_code == 421, "other pages keep to their names"


async def test_a_look_that_fails_unforeseen_is_not_told_for_ever(
    center: Center, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = metrics.Looked(center)

    def failing() -> bool:
        raise KeyError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(looked, "_look", failing)
        with pytest.raises(KeyError):
            await looked.healthy()
    assert await looked.healthy()
