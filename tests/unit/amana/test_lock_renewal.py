"""The service keeps everything locked that lives, and says how far it is."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from amana.centers import opened_center
from amana.cli import main
from amana.commands.status import inside
from amana.health import status
from amana.install import installation
from amana.keyholder.client import KeyholderClient
from amana.keyholder.object_lock_renewal import LATE, LivesUnknown, RenewalState, renewal_states
from amana.settings import Settings
from amana.supervisor.recorder_client import RecorderRooms
from amana.workers import media_locks
from amana.workers.media_locks import LockRenewal
from casework.cases import cases
from casework.center import Center
from casework.database.models import Evidence, EvidenceState, Person
from casework.errors import DatabaseAway
from casework.evidence import gateway
from casework.interviews import interviews
from tests.support.patience import wait_until
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.object_server import ObjectServer
from vault.errors import StoreUnavailable
from vault.stores.bucket_address import Bucket
from vault.stores.object_lock import LockingStore
from vault.stores.s3 import S3Store
from vault.stores.s3_client import Connection


@pytest.fixture
def settings(settings: Settings, bucket: Bucket, server: ObjectServer) -> Settings:
    """The first copy is a bucket, the second a folder."""
    return replace(
        settings, first_copy=server.address(bucket.name), first_copy_credentials=bucket.credentials
    )


def kept_for_a_day(bucket: Bucket, *keys: str) -> None:
    store = S3Store(replace(bucket, retention=timedelta(days=1)))
    for key in keys:
        store.put(key, key.encode())


def locked_until(bucket: Bucket, key: str) -> datetime:
    connection = Connection(bucket)
    [listed] = connection.versions(key)
    until = connection.head(key, listed.version).until
    assert until is not None
    return until


def opened_part(center: Center, prosecutor: Person) -> str:
    """A part that may be recorded from now on."""
    interview = interviews.open_interview(
        center,
        prosecutor,
        cases.open_case(center, prosecutor).id,
        purpose="testimony",
        room="room-1",
        place="Room",
        present=[],
        wish="agrees",
    )
    return gateway.ticket_for_part(center, prosecutor, interview.id).evidence


def test_every_lock_is_renewed_in_the_background_and_the_operator_sees_it(
    center: Center, settings: Settings, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = [f"recordings/{'a' * 32}/segments/{n:06d}" for n in range(3)] + ["ledger/tile"]
    kept_for_a_day(bucket, *keys)
    seen = status.look(center, settings)
    assert seen["stores"]["first-copy"]["write_once"] is True
    assert "write-once, locks not walked yet" in "\n".join(inside(seen))
    assert seen["stores"]["second-copy"] == {"well": True}

    renewal = LockRenewal(center, settings.renewal, every=0.05)
    renewal.start()
    wait_until(lambda: "first-copy" in renewal_states(settings.renewal))
    wait_until(lambda: renewal_states(settings.renewal)["first-copy"].ended is not None)
    for key in keys:
        assert locked_until(bucket, key) > datetime.now(UTC) + timedelta(days=89)
    kept_for_a_day(bucket, "ledger/another")
    wait_until(lambda: locked_until(bucket, "ledger/another") > datetime.now(UTC) + timedelta(days=89))
    renewal.stop()

    part = status.look(center, settings)["stores"]["first-copy"]
    assert part["well"] is True
    assert part["renewal"]["looked_at"] >= 4
    main(["status", "--data", str(settings.data)])  # another process, told by the note alone
    assert set(renewal_states(settings.renewal)) == {"first-copy"}
    assert "second-copy" in capsys.readouterr().out


def test_what_is_disposed_of_during_a_walk_is_not_renewed_any_more(
    center: Center, prosecutor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = opened_part(center, prosecutor)
    lives = media_locks.lives(center)
    assert lives(f"recordings/{item}/manifest")
    with center.database.begin() as session:
        session.get_one(Evidence, item).state = EvidenceState.DISPOSED
    monkeypatch.setattr(media_locks, "FRESH", 0.0)
    assert not lives(f"recordings/{item}/manifest")

    def away() -> None:
        raise DatabaseAway("gone")

    monkeypatch.setattr(center.database.engine, "connect", away)
    with pytest.raises(LivesUnknown):
        lives(f"recordings/{item}/manifest")


def test_what_was_never_recorded_is_not_renewed(
    center: Center, settings: Settings, bucket: Bucket, prosecutor: Person
) -> None:
    void = opened_part(center, prosecutor)
    with center.database.begin() as session:
        session.get_one(Evidence, void).state = EvidenceState.VOID
    unknown = "e" * 32
    kept_for_a_day(bucket, f"recordings/{void}/wrap", f"recordings/{unknown}/wrap")
    store = center.stores["first-copy"]
    assert isinstance(store, LockingStore)
    renewal = LockRenewal(center, settings.renewal)
    assert renewal.walk("first-copy", store)
    assert locked_until(bucket, f"recordings/{unknown}/wrap") > datetime.now(UTC) + timedelta(days=89)
    assert locked_until(bucket, f"recordings/{void}/wrap") < datetime.now(UTC) + timedelta(days=2)


async def test_the_page_says_what_kind_of_store_a_copy_is(
    browser: httpx.AsyncClient,
    settings: Settings,
    prosecutor: Person,
    sign_in: Callable[[httpx.AsyncClient, Person], Awaitable[None]],
) -> None:
    await sign_in(browser, prosecutor)
    browser.cookies.set("language", "en")

    async def says(noted: RenewalState | None) -> str:
        settings.renewal.write_text(json.dumps({} if noted is None else {"first-copy": asdict(noted)}))
        return (await browser.get("/health", headers={"accept": "text/html"})).text

    now = time.time()
    page = await says(None)
    assert "Write-once." in page
    assert "Not write-once" not in page
    assert "Locks checked" in await says(RenewalState(now, looked_at=9, ended=now))
    assert "3 locks could not be renewed" in await says(RenewalState(now, failed=3))
    assert "Locks were not checked for three days" in await says(RenewalState(0.0))


def test_a_copy_that_is_away_is_tried_again_until_it_is_back(
    settings: Settings, keyholder: KeyholderClient, server: ObjectServer, bucket: Bucket
) -> None:
    proxy = FaultProxy(server.ceph.port, server.first)
    kept_for_a_day(bucket, "a")
    proxy.always("GET", "500")
    behind = replace(settings, first_copy=f"http://127.0.0.1:{proxy.port}/{bucket.name}")
    with opened_center(behind, RecorderRooms(behind), keyholder) as center:
        renewal = LockRenewal(center, settings.renewal, pause=0.02)
        renewal.start()
        wait_until(lambda: "StoreUnavailable" in str(renewal_states(settings.renewal).get("first-copy")))
        proxy.always("GET", None)
        wait_until(lambda: renewal_states(settings.renewal)["first-copy"].ended is not None)
        renewal.stop()
    assert renewal_states(settings.renewal)["first-copy"].why is None
    assert locked_until(bucket, "a") > datetime.now(UTC) + timedelta(days=89)
    proxy.stop()


def test_a_lock_that_cannot_be_renewed_is_shown(
    settings: Settings, keyholder: KeyholderClient, server: ObjectServer, bucket: Bucket
) -> None:
    proxy = FaultProxy(server.ceph.port, server.first)
    kept_for_a_day(bucket, "a", "b")
    behind = replace(settings, first_copy=f"http://127.0.0.1:{proxy.port}/{bucket.name}")
    with opened_center(behind, RecorderRooms(behind), keyholder) as center:
        store = center.stores["first-copy"]
        assert isinstance(store, LockingStore)
        store.abilities()
        proxy.fault("PUT", "not-done")
        assert not LockRenewal(center, settings.renewal).walk("first-copy", store)
        seen = status.look(center, behind)
    assert seen["stores"]["first-copy"]["well"] is False
    [line] = [line for line in inside(seen) if "first-copy" in line]
    assert line.startswith("CHECK")
    assert "(1 of 2 objects renewed), 1 lock could not be renewed, LockMissing" in line
    proxy.stop()


def test_a_walk_that_did_not_end_for_days_is_shown() -> None:
    now = time.time()
    assert RenewalState(since=now).well
    assert not RenewalState(since=now - LATE.total_seconds() - 60).well
    assert not RenewalState(since=now, failed=1).well


def test_a_bucket_that_is_not_write_once_is_shown_as_such(
    settings: Settings, keyholder: KeyholderClient, server: ObjectServer
) -> None:
    address = server.address(server.new_bucket(locks=False).name)
    for option, error in (("", None), ("?lock=required", "NotWriteOnce")):
        with_it = replace(settings, first_copy=address + option)
        with opened_center(with_it, RecorderRooms(with_it), keyholder) as center:
            seen = status.look(center, with_it)
        part = seen["stores"]["first-copy"]
        assert part["well"] is False
        assert part.get("error") == error
        [line] = [line for line in inside(seen) if "first-copy" in line]
        assert "not write-once" in line.lower()
        assert "object lock is not enabled" in line


def test_a_store_that_refuses_is_away_at_the_start_and_said_to_be(
    settings: Settings, keyholder: KeyholderClient, server: ObjectServer
) -> None:
    server.credentials(replace(server.first, secret_key="mistyped"))
    try:
        assert installation.prepare(settings) is None, "the service starts all the same"
        with opened_center(settings, RecorderRooms(settings), keyholder) as center:
            part = status.look(center, settings)["stores"]["first-copy"]
            assert part["error"] == "StoreRefused"
            assert "secret key" in part["why"]
            with pytest.raises(StoreUnavailable):
                center.stores["first-copy"].put("a", b"x")
    finally:
        server.credentials(server.first)


def test_keys_that_others_may_read_are_refused_at_the_start(settings: Settings) -> None:
    assert settings.first_copy_credentials is not None
    settings.first_copy_credentials.chmod(0o644)
    try:
        with pytest.raises(installation.NotInstalled, match="chmod 600"):
            installation.prepare(settings)
    finally:
        settings.first_copy_credentials.chmod(0o600)


def test_make_copy_tries_a_bucket_out_and_says_what_it_is(settings: Settings, server: ObjectServer) -> None:
    assert "write-once," in installation.make_copy(settings, "first-copy")
    without = replace(settings, first_copy=server.address(server.new_bucket(locks=False).name))
    assert "NOT WRITE-ONCE (versioning is not enabled" in installation.make_copy(without, "first-copy")
    with pytest.raises(StoreUnavailable, match="no such bucket"):
        installation.make_copy(replace(settings, first_copy=server.address("nowhere")), "first-copy")
