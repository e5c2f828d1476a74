"""A center whose database is on a server: what is told of it, and what happens while it is away."""

from __future__ import annotations

import base64
import json
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import httpx
import pytest

from amana.cli import main
from amana.http.page_files import page_files
from amana.install import installation
from amana.settings import Settings
from amana.supervisor.recorder_client import Child
from casework.center import Center
from casework.database import failover
from casework.database.models import Person
from casework.people import people
from casework.recording.channel import Refused
from casework.witnesses import ledger_readers
from tests.support.servers.databases import Server, ServerDatabase, server

SECRET = "not-to-be-seen"
SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


pytestmark = pytest.mark.starts


@pytest.fixture(scope="module")
def own_database_server() -> Iterator[Server]:
    with server() as made:
        yield made


@pytest.fixture
def harmed(own_database_server: Server) -> Iterator[Server]:
    """A server of these tests' own, that each may kill."""
    yield own_database_server
    if own_database_server.process is None or own_database_server.process.poll() is not None:
        own_database_server.start()


@pytest.fixture
def administrator(center: Center) -> Person:
    return people.first_administrator(center, "First")


@pytest.fixture
def made(harmed: Server) -> ServerDatabase:
    return harmed.made(harmed.migrated)


@pytest.fixture
def settings(
    tmp_path: Path, protected_keys: Path, made: ServerDatabase, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    url = made.url.replace("amana@", f"amana:{SECRET}@")
    monkeypatch.setenv("AMANA_DATABASE", url)  # for commands
    settings = Settings(data=tmp_path / "amana", server=url)
    shutil.copytree(protected_keys, settings.keys)
    assert installation.prepare(settings) is None
    return settings


async def test_while_the_database_is_away_everybody_is_told_so_and_afterwards_all_goes_on(
    browser: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    sign_in: SignIn,
    harmed: Server,
    made: ServerDatabase,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await sign_in(browser, administrator)
    token = ledger_readers.add(center, "bar", entries=False)
    reader = {"authorization": f"Bearer {token}"}
    page = {"accept": "text/html"}
    browser.cookies.set("language", "en")
    assert (await browser.get("/", headers=page)).status_code == 200
    harmed.kill()

    answered = await browser.get("/", headers=page)
    assert answered.status_code == 503
    assert "The working database does not answer at the moment." in answered.text
    assert "Recording continues; its statements wait." in answered.text
    for path, headers in (("/cases", {}), ("/health", {}), ("/ledger/checkpoint", reader)):
        told = await browser.get(path, headers=headers)
        assert (told.status_code, told.json()["error"]["code"]) == (503, "database-away"), path
    assert (await browser.get(page_files().address("page/page.css"))).status_code == 200

    assert main(["status", "--data", str(settings.data)]) == 1
    assert main(["readers", "list", "--data", str(settings.data)]) == 1
    said = "".join(capsys.readouterr())
    assert f"CHECK database     DatabaseAway: PostgreSQL, {made.name} at {harmed.folder}" in said
    assert "amana: the working database: " in said
    assert SECRET not in said + answered.text

    harmed.start()
    assert (await browser.get("/", headers=page)).status_code == 200
    assert (await browser.get("/health")).json()["database"]["well"] is True


async def test_health_and_status_say_which_database_is_used(
    browser: httpx.AsyncClient,
    administrator: Person,
    sign_in: SignIn,
    harmed: Server,
    made: ServerDatabase,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await sign_in(browser, administrator)
    place = f"PostgreSQL, {made.name} at {harmed.folder}"
    assert (await browser.get("/health")).json()["database"]["place"] == place
    assert place in (await browser.get("/health", headers={"accept": "text/html"})).text
    main(["status", "--data", str(settings.data)])
    assert f"OK    database     {place}, version " in capsys.readouterr().out

    harmed.confirm("away")  # commits would wait for it: from here on nothing is written
    try:
        known = failover.stored_primary(settings.primary)
        assert known is not None
        settings.primary.write_text(json.dumps(asdict(replace(known, since=time.time()))))
        browser.cookies.set("language", "en")
        told = (await browser.get("/health", headers={"accept": "text/html"})).text
        assert "A standby server took over" in told
        assert "No standby server is connected: nothing can be entered until one is." in told
    finally:
        harmed.confirm("")


def test_a_recorder_is_told_to_keep_its_statements_while_the_database_is_away(
    center: Center, harmed: Server
) -> None:
    child = Child("0" * 32, center)
    harmed.kill()
    with pytest.raises(Refused) as head:
        child._head("0a" * 16)
    with pytest.raises(Refused) as appended:
        child._append(base64.b64encode(_leaf(center)).decode())
    assert (head.value.code, appended.value.code) == ("away", "away")


def _leaf(center: Center) -> bytes:
    from casework.ledger import custody_log

    draft = custody_log.Draft(
        "recording.progress", "0a" * 16, None, "testimony", {"records": 1, "root": "0" * 64}
    )
    return custody_log.sign_for_center(center, custody_log.statement_of(center, draft, None, None))


def test_a_database_that_must_not_be_used_stops_the_start_in_words(
    settings: Settings, harmed: Server, made: ServerDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    with harmed.asked() as connection:
        connection.execute(f"ALTER DATABASE {made.name} SET synchronous_commit = off")  # type: ignore[arg-type]
    assert main(["serve", "--data", str(settings.data), "--port", "0"]) == 2
    said = capsys.readouterr().err
    assert "synchronous_commit is off" in said
    assert SECRET not in said


def test_the_other_kind_of_database_is_not_opened_by_a_slip(
    center: Center, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installation.note_database(settings)  # as the supervisor does once the web process has opened it
    monkeypatch.delenv("AMANA_DATABASE")
    assert main(["status", "--data", str(settings.data)]) == 2
    assert "set AMANA_DATABASE" in capsys.readouterr().err
    assert not settings.database.exists()

    settings.database.touch()
    with pytest.raises(installation.NotInstalled, match="AMANA_DATABASE names another"):
        installation.check_database(settings)
