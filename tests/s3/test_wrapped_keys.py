"""Wrapped keys in two buckets of their own users: locked, apart from media, and enough with either gone."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from minio.error import S3Error

from amana import control_channel
from amana.install import installation
from amana.keyholder.client import KeyholderClient
from amana.keyholder.control import KeyholderControl
from amana.keyholder.isolation_check import crossings
from amana.keyholder.object_lock_renewal import renewal_states
from amana.keyholder.roles import Peer
from amana.keyholder.wrapped_key_replication import WrappedKeyReplication
from amana.settings import Settings, key_store_environ, read_settings, to_environ
from tests.support.patience import wait_until
from tests.support.servers.object_server import ObjectServer
from vault.errors import StoreRefused
from vault.sealing.key_wrapping import WRAP_SIZE, recipient_id
from vault.stores.bucket_address import Bucket
from vault.stores.s3 import S3Store
from vault.stores.s3_client import Connection
from vault.wrapped_keys.scrub import WrapFinding, check_wraps
from vault.wrapped_keys.store import KeyStore, wrap_key

ITEM, RECIPIENT, WRAP = "ab" * 16, "cd" * 8, b"w" * WRAP_SIZE
KEY = wrap_key(ITEM, RECIPIENT)
FIRST, SECOND = "first-keys", "second-keys"


@pytest.fixture
def buckets(server: ObjectServer) -> dict[str, Bucket]:
    return {name: server.new_bucket(user) for name, user in zip((FIRST, SECOND), server.keys, strict=True)}


@pytest.fixture
def store(buckets: dict[str, Bucket], tmp_path: Path) -> KeyStore:
    return KeyStore({name: S3Store(bucket) for name, bucket in buckets.items()}, tmp_path / "wraps")


def until(bucket: Bucket) -> datetime:
    connection = Connection(bucket)
    ends = [connection.head(KEY, one.version).until for one in connection.versions(KEY)]
    assert ends[0] is not None
    return ends[0]


def test_a_wrap_in_both_buckets_is_locked_and_its_own_keyholder_cannot_delete_it(
    server: ObjectServer, buckets: dict[str, Bucket], store: KeyStore
) -> None:
    store.keep(ITEM, RECIPIENT, WRAP)
    assert store.carry() == 0
    for user, bucket in zip(server.keys, buckets.values(), strict=True):
        assert until(bucket) > datetime.now(UTC) + timedelta(days=89)
        thief = server.client(user)
        [listed] = Connection(bucket).versions(KEY)
        with pytest.raises(S3Error, match="object lock"):
            thief.remove_object(bucket.name, KEY, version_id=listed.version)
        thief.put_object(bucket.name, KEY, io.BytesIO(b"another"), 7)
        thief.remove_object(bucket.name, KEY)
    assert store.open(ITEM, RECIPIENT, lambda wrap: wrap) == WRAP
    assert check_wraps(store, FIRST, ITEM, {}, repair=True).findings == []


def test_with_the_credentials_of_media_no_wrap_can_be_read_and_the_other_way_round(
    server: ObjectServer, buckets: dict[str, Bucket], store: KeyStore
) -> None:
    store.keep(ITEM, RECIPIENT, WRAP)
    store.carry()
    media = {"first-copy": server.new_bucket(server.first), "second-copy": server.new_bucket(server.second)}
    for medium in media.values():
        S3Store(medium).put("recordings/a/index", b"index")
        for keys in buckets.values():
            as_web = S3Store(replace(keys, credentials=medium.credentials))
            as_keyholder = S3Store(replace(medium, credentials=keys.credentials))
            for attempt in (
                lambda as_web=as_web: as_web.get(KEY),
                lambda as_web=as_web: list(as_web.list("")),
                lambda as_web=as_web: as_web.put(wrap_key("ef" * 16, RECIPIENT), WRAP),
                lambda as_keyholder=as_keyholder: as_keyholder.get("recordings/a/index"),
                lambda as_keyholder=as_keyholder: list(as_keyholder.list("")),
            ):
                with pytest.raises(StoreRefused):
                    attempt()
    for name in buckets:
        assert crossings(name, buckets, media) == []


def test_a_user_who_reaches_both_is_found_out(server: ObjectServer, buckets: dict[str, Bucket]) -> None:
    media = {"first-copy": server.new_bucket(server.keys[0]), "second-copy": server.new_bucket(server.second)}
    assert crossings(FIRST, buckets, media) == [
        "the user of the first-copy can read the first-keys",
        "the user of the first-keys can read the first-copy",
    ]
    assert crossings(SECOND, buckets, media) == []


def test_a_bucket_that_is_lost_is_filled_again_from_the_other(
    server: ObjectServer, buckets: dict[str, Bucket], store: KeyStore, tmp_path: Path
) -> None:
    store.keep(ITEM, RECIPIENT, WRAP)
    store.carry()
    empty = {**store.stores, FIRST: S3Store(server.new_bucket(server.keys[0]))}
    store = KeyStore(empty, tmp_path / "wraps")
    assert store.open(ITEM, RECIPIENT, lambda wrap: wrap) == WRAP
    assert store.take_noticed() == [(FIRST, ITEM)]
    found = check_wraps(store, FIRST, ITEM, {}, repair=True).findings
    assert found == [WrapFinding(RECIPIENT, "missing", True)]
    assert store.stores[FIRST].head(KEY).sha256 == store.stores[SECOND].head(KEY).sha256


def test_locks_are_renewed_by_the_keyholder_and_it_says_what_its_buckets_can(
    server: ObjectServer, buckets: dict[str, Bucket], tmp_path: Path
) -> None:
    brief = S3Store(replace(buckets[FIRST], retention=timedelta(days=1)))
    brief.put(KEY, WRAP)
    ended = wrap_key("dd" * 16, RECIPIENT)
    brief.put(ended, WRAP)
    without_locks = server.new_bucket(server.keys[1], locks=False)
    copies = {FIRST: S3Store(buckets[FIRST]), SECOND: S3Store(without_locks)}
    store = KeyStore(copies, tmp_path / "wraps")
    (tmp_path / "endings").mkdir()
    (tmp_path / "endings" / f"{'dd' * 16}.ended").touch()
    keeping = WrappedKeyReplication(store, tmp_path / "renewal.json", lambda name: [f"crossed {name}"], 0.1)
    with keeping:
        wait_until(lambda: all(keeping.status()["copies"].values()))
        wait_until(lambda: FIRST in renewal_states(tmp_path / "renewal.json"))
        wait_until(lambda: renewal_states(tmp_path / "renewal.json")[FIRST].ended)
        first, second = (keeping.status()["copies"][name] for name in (FIRST, SECOND))
    assert until(buckets[FIRST]) > datetime.now(UTC) + timedelta(days=89)
    connection = Connection(buckets[FIRST])
    [listed] = connection.versions(ended)
    lock = connection.head(ended, listed.version).until
    assert lock is not None
    assert lock < datetime.now(UTC) + timedelta(days=2), "what has ended is let go"
    assert (first["write_once"], first["missing"], first["crossings"]) == (True, (), (f"crossed {FIRST}",))
    assert first["renewal"]["renewed"] == 1
    assert (second["write_once"], second["renewal"]) == (False, None)
    assert "object lock is not enabled" in second["missing"]


@pytest.fixture
def settings(tmp_path: Path, server: ObjectServer) -> Settings:
    """A prepared data folder whose copies are in buckets, each of its own user."""
    settings = read_settings({"AMANA_DATA": str(tmp_path / "amana"), **server.environ()})
    installation.prepare(settings)
    return settings


class Keyholders:
    """The keyholder's own process, started several times."""

    def __init__(self, settings: Settings) -> None:
        self._environ = {**os.environ, **to_environ(settings), **key_store_environ(settings)}
        self._control: KeyholderControl | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        near, far = control_channel.pair()
        with far:
            command = [sys.executable, "-m", "amana.keyholder", str(os.getpid()), str(far.fileno())]
            self._process = subprocess.Popen(
                command, env=self._environ, stderr=subprocess.DEVNULL, pass_fds=[far.fileno()]
            )
        self._control = KeyholderControl(near)
        KeyholderClient(self.connect).status()  # the request waits until it has started

    def connect(self) -> socket.socket:
        assert self._control is not None
        return self._control.connect(Peer("web", os.getpid()))

    def kill(self) -> None:
        assert self._process is not None
        assert self._control is not None
        self._process.kill()
        self._process.wait()
        self._control.close()


@pytest.fixture
def keyholders(settings: Settings) -> Iterator[Keyholders]:
    keyholders = Keyholders(settings)
    keyholders.start()
    yield keyholders
    keyholders.kill()


def test_a_keyholder_that_is_killed_while_a_bucket_is_away_carries_everything_when_it_is_back(
    server: ObjectServer, keyholders: Keyholders
) -> None:
    items = [f"{number:032x}" for number in range(12)]
    server.ceph.admin("user", "suspend", "--uid=secondkeys")
    try:
        client = KeyholderClient(keyholders.connect)
        recipient = recipient_id(client.public_keys().vault)
        for number, item in enumerate(items):
            client.keep_wraps(item, {recipient: WRAP})
            if number % 4 == 3:
                keyholders.kill()
                keyholders.start()
        wait_until(lambda: all(client.items_in(FIRST, item) for item in items))
        assert client.key_store()["waiting"] == len(items)
    finally:
        server.ceph.admin("user", "enable", "--uid=secondkeys")
    keyholders.kill()
    keyholders.start()
    wait_until(lambda: client.key_store()["waiting"] == 0)
    seen = client.key_store()["copies"]
    assert [seen[name]["crossings"] for name in (FIRST, SECOND)] == [[], []]
    for item in items:
        for copy in (FIRST, SECOND):
            read = client.check_wraps(copy, item, {}, False)
            assert (read.findings, list(read.read), read.size) == ((), [recipient], WRAP_SIZE)
    client.close()
