"""A center of real parts in a temporary folder: key files, keyholder, database, ledger, stores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from amana.app import create_app
from amana.centers import opened_center
from amana.settings import Settings
from amana.supervisor.recorder_client import RecorderRooms
from casework.center import Center
from casework.database.models import Person
from casework.people import people
from tests.support.centers.every_route import Place
from tests.support.centers.prepared import Prepared, PreparedCenters, RunningKeyholder, running_keyholder
from tests.support.people.passphrase import PASSPHRASE
from tests.support.time_zone import machine_in
from vault.key_protection.passphrase import Cost
from vault.keyholders.local_keyholder import LocalKeyholder

__all__ = ["machine_in"]

HERE = "http://127.0.0.1:8420"


@pytest.fixture(scope="session")
def protected_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files under `PASSPHRASE`, with a guess made cheap so that tests are quick."""
    folder = tmp_path_factory.mktemp("keys")
    LocalKeyholder.create(folder, PASSPHRASE, Cost(memory_kib=64, passes=1, lanes=1))
    return folder


@pytest.fixture(scope="session")
def prepared_centers(tmp_path_factory: pytest.TempPathFactory, protected_keys: Path) -> PreparedCenters:
    return PreparedCenters(tmp_path_factory.mktemp("prepared"), protected_keys)


@pytest.fixture
def prepared(request: pytest.FixtureRequest, prepared_centers: PreparedCenters) -> Prepared:
    """What of the fixtures that this test uses is there already."""
    return prepared_centers.after(request.fixturenames)


@pytest.fixture
def settings(tmp_path: Path, prepared: Prepared) -> Settings:
    """A prepared data folder. Its keys are protected, and nobody has a passkey."""
    return prepared.copy(tmp_path / "amana")


@pytest.fixture
def keyholder(settings: Settings) -> Iterator[RunningKeyholder]:
    """The web process's client of a keyholder that serves; the vault is locked."""
    with running_keyholder(settings) as client:
        yield client


@pytest.fixture
def center(settings: Settings, keyholder: RunningKeyholder) -> Iterator[Center]:
    """A center without a running service around it: no recorder can be started."""
    with opened_center(settings, RecorderRooms(settings), keyholder) as center:
        yield center


@pytest.fixture
def app(center: Center, settings: Settings) -> FastAPI:
    return create_app(center, settings)


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the sign-in page: sends its origin, keeps cookies, nobody is signed in."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HERE, headers={"origin": HERE}) as client:
        yield client


@pytest.fixture
def administrator(center: Center, prepared: Prepared) -> Person:
    return people.get(center, prepared.made["administrator"])


@pytest.fixture
def prosecutor(center: Center, prepared: Prepared) -> Person:
    return people.get(center, prepared.made["prosecutor"])


@pytest.fixture
def place(center: Center, prepared: Prepared) -> Place:
    """A case of the prosecutor's with something in it for every route (`every_route`); making it starts the
    programs that look through a picture."""
    place: Place = prepared.made["place"]
    return place


@pytest.fixture
def sign_in(center: Center) -> Callable[[httpx.AsyncClient, Person], Awaitable[None]]:
    """Signs a person in, in a browser, as the page's script does with a fresh link."""

    async def sign_in(browser: httpx.AsyncClient, person: Person) -> None:
        answer = await browser.post("/sign-in", json={"token": people.new_link(center, None, person.id)})
        assert answer.status_code == 200

    return sign_in
