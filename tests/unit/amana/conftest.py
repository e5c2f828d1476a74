"""A center of real parts in a temporary folder: key files, keyholder socket, database, ledger, stores."""

from __future__ import annotations

import shutil
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from amana import installation
from amana.app import create_app
from amana.keyholder import Desk, KeyholderServer, guarded_signer
from amana.keyholder_client import KeyholderClient
from amana.processes import RecorderRooms
from amana.proven_endings import ProvenEndings
from amana.settings import Settings
from amana.web import opened_center
from casework import people
from casework.center import Center
from casework.models import Person, Role
from tests.support.people.passphrase import PASSPHRASE
from tests.support.servers.databases import SqliteFile
from vault.key_store import KeyStore
from vault.keyholders.key_file import Cost
from vault.keyholders.passphrase import WAITING, PassphraseKeyholder

HERE = "http://127.0.0.1:8420"


@pytest.fixture(scope="session")
def protected_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files under `PASSPHRASE`, with a guess made cheap so that tests are quick."""
    folder = tmp_path_factory.mktemp("keys")
    PassphraseKeyholder.create(folder, PASSPHRASE, Cost(memory_kib=64, passes=1, lanes=1))
    return folder


@pytest.fixture
def settings(tmp_path: Path, protected_keys: Path) -> Settings:
    """A prepared data folder. Its keys are protected, and nobody has a passkey."""
    settings = Settings(data=tmp_path / "amana", unsigned_acts="allowed")
    shutil.copytree(protected_keys, settings.keys)
    assert installation.prepare(settings) is None
    SqliteFile.migrated(settings.database)
    return settings


@pytest.fixture
def keyholder(settings: Settings) -> Iterator[KeyholderClient]:
    """A client of a keyholder that listens at its socket; the vault is locked."""
    installed = installation.read(settings)
    key_store = KeyStore(installation.key_stores(settings), settings.keys / WAITING)
    keys = PassphraseKeyholder.open(settings.keys, key_store=key_store)
    key_store.endings.proofs = ProvenEndings(keys.public_keys, installed.origin)
    signer = guarded_signer(keys, installed.origin, settings.keys / "signed-checkpoints")
    server = KeyholderServer(settings.keyholder_socket, Desk(keys, signer, installed.origin))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    client = KeyholderClient(settings.keyholder_socket)
    yield client
    client.close()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def center(settings: Settings, keyholder: KeyholderClient) -> Iterator[Center]:
    """A center without a running service around it: no recorder can be started."""
    with opened_center(settings, RecorderRooms(settings)) as center:
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
def administrator(center: Center) -> Person:
    return people.first_administrator(center, "First")


@pytest.fixture
def prosecutor(center: Center, administrator: Person) -> Person:
    return people.add(center, administrator, "Second", Role.PROSECUTOR)


@pytest.fixture
def sign_in(center: Center) -> Callable[[httpx.AsyncClient, Person], Awaitable[None]]:
    """Signs a person in, in a browser, as the page's script does with a fresh link."""

    async def sign_in(browser: httpx.AsyncClient, person: Person) -> None:
        answer = await browser.post("/sign-in", json={"token": people.new_link(center, None, person.id)})
        assert answer.status_code == 200

    return sign_in
