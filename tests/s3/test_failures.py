"""A server that is away, slow, wrong or full: said in words, in seconds, and without harm."""

from __future__ import annotations

import logging
import signal
import subprocess
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE, wait_until
from tests.support.servers.ceph import User, free_port
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.object_server import ObjectServer
from vault.errors import (
    DiskFull,
    KeyFileExposed,
    ObjectExists,
    StoreRefused,
    StoreUnavailable,
    VaultError,
    WriteFailed,
)
from vault.stores.bucket_address import Bucket
from vault.stores.s3 import S3Store

KEY = "recordings/a/segments/000001"


@pytest.fixture
def store(proxy: FaultProxy, bucket: Bucket) -> S3Store:
    """Behind the proxy, and tried out."""
    store = S3Store(replace(bucket, host=f"127.0.0.1:{proxy.port}", answer_within=PATIENCE))
    store.abilities()
    return store


@pytest.fixture
def impatient(store: S3Store) -> S3Store:
    """The same, for a request that is not answered: no other one ends by itself."""
    impatient = S3Store(replace(store.bucket, answer_within=1.0))
    impatient._abilities = store.abilities()
    return impatient


def meets_it(
    proxy: FaultProxy, attempt: Callable[[], object], raised: type[Exception], said: str | None = None
) -> Exception:
    """Attempt until the fault is met: on a busy machine an impatient store may have given up before."""
    made = proxy.made
    while True:
        with pytest.raises(raised, match=said) as failed:
            attempt()
        if proxy.made > made:
            return failed.value


def versions(server: ObjectServer, bucket: Bucket) -> int:
    return len(list(server.client().list_objects(bucket.name, KEY, include_version=True)))


@pytest.mark.parametrize("fault", ["500-but-done", "cut-off-but-done"])
def test_a_put_that_succeeded_while_its_answer_was_lost_is_done_again_without_harm(
    store: S3Store, proxy: FaultProxy, server: ObjectServer, bucket: Bucket, fault: str
) -> None:
    proxy.fault("PUT", fault)
    with pytest.raises(StoreUnavailable):
        store.put(KEY, b"segment")
    assert versions(server, bucket) == 1, "it had succeeded"
    put = store.put(KEY, b"segment")
    assert versions(server, bucket) == 1, "and was found, not written a second time"
    assert store.head(KEY) == put
    proxy.fault("PUT", fault)
    with pytest.raises(StoreUnavailable):
        store.put("other", b"segment")
    with pytest.raises(ObjectExists):
        store.put("other", b"something else")


@pytest.mark.parametrize("fault", ["500", "not-done", "busy", "page", "silence"])
def test_a_put_that_was_not_done_is_never_counted_as_written(
    store: S3Store, impatient: S3Store, proxy: FaultProxy, server: ObjectServer, bucket: Bucket, fault: str
) -> None:
    proxy.fault("PUT", fault)
    meeting = impatient if fault == "silence" else store
    meets_it(proxy, lambda: meeting.put(KEY, b"segment"), VaultError)
    assert versions(server, bucket) == 0
    assert store.put(KEY, b"segment").size == 7


@pytest.mark.parametrize(
    ("fault", "raised", "said"),
    [
        ("500", StoreUnavailable, r"failed \(500\); a later attempt may succeed"),
        ("busy", StoreUnavailable, r"failed \(SlowDown\); a later attempt may succeed"),
        ("page", StoreUnavailable, "not as an object store does"),
        ("silence", StoreUnavailable, "does not answer in time"),
        ("cut-off-but-done", StoreUnavailable, "broke the connection off"),
        ("skewed", StoreRefused, "its clock and this machine's are more than 15 minutes apart"),
        ("507", DiskFull, "no space or quota left"),
        ("quota", DiskFull, "no space or quota left"),
    ],
)
def test_what_is_wrong_is_said_in_words(
    store: S3Store,
    impatient: S3Store,
    proxy: FaultProxy,
    bucket: Bucket,
    fault: str,
    raised: type[Exception],
    said: str,
) -> None:
    meeting = impatient if fault == "silence" else store
    proxy.fault("PUT", fault)
    failed = meets_it(proxy, lambda: meeting.put(KEY, b"segment"), raised, said)
    assert type(failed) is raised
    assert bucket.name in str(failed)
    store.put(KEY, b"segment")
    for method, attempt in (("GET", lambda: meeting.get(KEY)), ("HEAD", lambda: meeting.head(KEY))):
        if method == "GET" or fault in ("500", "silence", "cut-off-but-done"):  # a HEAD's answer has no words
            proxy.fault(method, fault)
            meets_it(proxy, attempt, raised, said)
    assert store.get(KEY) == b"segment"


def test_a_real_quota_is_a_full_disk(server: ObjectServer) -> None:
    user = server.ceph.add_user("limited")
    bucket = server.new_bucket(user)
    store = S3Store(bucket)
    store.abilities()
    server.ceph.admin("quota", "set", "--quota-scope=bucket", f"--uid={user.name}", "--max-objects=1")
    server.ceph.admin("quota", "enable", "--quota-scope=bucket", f"--uid={user.name}")
    with pytest.raises(DiskFull, match="no space or quota left"):
        store.put(KEY, b"segment")


def test_credentials_that_are_wrong_are_said_to_be(server: ObjectServer, bucket: Bucket) -> None:
    for user, said in (
        (User("stranger", "NOBODY", "nothing-secret"), "does not know the access key"),
        (
            replace(server.first, name="mistyped", secret_key="mistyped-secret"),
            "secret key .* is not the one",
        ),
        (server.second, "not allowed"),
    ):
        store = S3Store(replace(bucket, credentials=server.credentials(user)))
        with pytest.raises(StoreRefused, match=said) as refused:
            store.put(KEY, b"segment")
        with pytest.raises(StoreRefused):
            store.get(KEY)
        told = "".join(traceback.format_exception(refused.value))
        assert user.secret_key not in told + repr(store) + repr(vars(store))


def test_keys_are_taken_from_a_file_that_nobody_else_reads_and_may_be_exchanged(
    server: ObjectServer, bucket: Bucket
) -> None:
    path = server.credentials(User("moving", "NOBODY", "nothing-secret"))
    store = S3Store(replace(bucket, credentials=path))
    with pytest.raises(StoreRefused):
        store.put(KEY, b"segment")
    path.write_text(f"access-key {server.first.access_key}\nsecret-key {server.first.secret_key}\n")
    assert store.put(KEY, b"segment").size == 7
    path.chmod(0o640)
    with pytest.raises(KeyFileExposed, match="chmod 600"):
        store.get(KEY)
    path.chmod(0o600)
    for text in (
        "access-key A\n",
        "access-key A\nsecret-key B\nmore C\n",
        "secret-key B C\naccess-key A\n",
        "",
    ):
        path.write_text(text)
        with pytest.raises(StoreRefused, match="two lines"):
            store.get(KEY)
    path.unlink()
    with pytest.raises(StoreRefused, match="cannot be read"):
        store.get(KEY)


def test_nothing_secret_is_logged(
    server: ObjectServer, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        S3Store(bucket).put(KEY, b"segment")
    assert server.first.secret_key not in caplog.text
    assert server.first.access_key not in caplog.text


def test_nobody_at_the_address_is_said_at_once(server: ObjectServer, bucket: Bucket) -> None:
    for host, said in (
        (f"127.0.0.1:{free_port()}", "connection refused"),
        ("no-such-host.invalid:9000", "no such host name"),
    ):
        with pytest.raises(StoreUnavailable, match=said):
            S3Store(replace(bucket, host=host)).put(KEY, b"segment")


def test_a_server_that_freezes_costs_seconds_and_works_again_when_it_wakes(
    own_server: Callable[[], ObjectServer],
) -> None:
    server = own_server()
    bucket = server.new_bucket()
    store, impatient = S3Store(bucket), S3Store(replace(bucket, answer_within=1.0))
    first = store.put("first", b"first")
    for frozen in ("osd", "rgw"):
        server.ceph.signal(frozen, signal.SIGSTOP)
        attempts: list[Callable[[], object]] = [
            lambda: impatient.put(KEY, b"segment"),
            lambda: impatient.get("first"),
            lambda: impatient.head("first"),
        ]
        for attempt in attempts:
            with pytest.raises(StoreUnavailable, match="does not answer in time"):
                attempt()
        server.ceph.signal(frozen, signal.SIGCONT)
        wait_until(lambda: answers_again(lambda: store.put(KEY, b"segment")))
        assert store.get("first", first.version) == b"first"
    assert store.put(KEY, b"segment") == store.head(KEY)


def test_a_server_that_is_killed_and_started_again_has_everything_it_acknowledged(
    own_server: Callable[[], ObjectServer],
) -> None:
    server = own_server()
    store = S3Store(server.new_bucket())
    put = store.put(KEY, b"segment")
    server.ceph.kill("rgw")
    with pytest.raises(StoreUnavailable):
        store.get(KEY)
    server.ceph.start_gateway()
    wait_until(lambda: answers_again(lambda: store.get(KEY)))
    assert store.put(KEY, b"segment") == put


def test_a_certificate_is_checked_against_the_authority_that_is_named(
    own_server: Callable[..., ObjectServer], tmp_path: Path
) -> None:
    pem = tmp_path / "server.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "2", "-subj", "/CN=objects.test", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", pem, "-out", tmp_path / "authority.pem"),
        ],
        check=True,
        capture_output=True,
    )
    pem.write_text(pem.read_text() + (tmp_path / "authority.pem").read_text())
    server = own_server(pem)
    name, keys = server.new_bucket().name, server.credentials(server.first)
    address = f"https://127.0.0.1:{server.ceph.tls_port}/{name}"
    trusted = S3Store(Bucket.parse(f"{address}?ca={tmp_path / 'authority.pem'}", keys))
    put = trusted.put(KEY, b"segment")
    assert trusted.abilities().write_once
    assert S3Store(Bucket.parse(server.address(name), keys)).head(KEY) == put
    with pytest.raises(StoreUnavailable, match="no certificate that is trusted here"):
        S3Store(Bucket.parse(address, keys)).put(KEY, b"segment")
    elsewhere = Bucket.parse(f"{address}?ca={tmp_path / 'authority.pem'}", keys)
    with pytest.raises(StoreUnavailable, match="no certificate that is trusted here"):
        S3Store(replace(elsewhere, host=f"localhost:{server.ceph.tls_port}")).get(KEY)
    with pytest.raises(StoreRefused, match=r"authority of .* cannot be read"):
        S3Store(Bucket.parse(f"{address}?ca={tmp_path / 'missing.pem'}", keys)).get(KEY)


def answers_again(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (StoreUnavailable, WriteFailed):
        return False
    return True
