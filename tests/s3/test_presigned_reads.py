"""Addresses that a browser reads ciphertext at: one version, for some minutes, and nothing else."""

from __future__ import annotations

import time
from datetime import timedelta

import httpx
import pytest

from tests.support.patience import PATIENCE
from tests.support.servers.object_server import ObjectServer
from vault.errors import ObjectMissing
from vault.stores import presigned
from vault.stores.bucket_address import Bucket
from vault.stores.presigned import PresignedReads
from vault.stores.s3 import S3Store

KEY = "recordings/a/segments/000001"
RIGHT = bytes(range(256)) * 40


@pytest.fixture
def reads(bucket: Bucket) -> PresignedReads:
    store = S3Store(bucket)
    store.put(KEY, RIGHT)
    return PresignedReads("first-copy", S3Store(bucket))


def test_a_part_of_an_object_is_read_without_credentials(reads: PresignedReads) -> None:
    url = reads.url(KEY)
    assert url.startswith(f"{reads.origin}/")
    answer = httpx.get(url, headers={"range": "bytes=100-199"}, timeout=PATIENCE)
    assert (answer.status_code, answer.content) == (206, RIGHT[100:200])
    for method in ("PUT", "DELETE"):
        assert httpx.request(method, url, timeout=PATIENCE).status_code == 403


def test_what_others_write_under_the_key_later_is_not_read(
    reads: PresignedReads, server: ObjectServer, bucket: Bucket
) -> None:
    server.client().remove_object(bucket.name, KEY)
    assert httpx.get(reads.url(KEY), timeout=PATIENCE).content == RIGHT


def test_nothing_in_an_address_can_be_changed_and_it_ends(
    reads: PresignedReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert httpx.get(reads.url(KEY).replace("000001", "000002"), timeout=PATIENCE).status_code == 403
    monkeypatch.setattr(presigned, "LASTS", timedelta(seconds=1))
    url = reads.url(KEY)
    time.sleep(2.1)
    assert httpx.get(url, timeout=PATIENCE).status_code == 403


def test_another_address_for_browsers_is_the_one_that_is_signed(
    bucket: Bucket, server: ObjectServer, reads: PresignedReads
) -> None:
    outside = PresignedReads("first-copy", S3Store(bucket), f"http://localhost:{server.ceph.port}")
    assert outside.origin == f"http://localhost:{server.ceph.port}"
    assert httpx.get(outside.url(KEY), timeout=PATIENCE).content == RIGHT


def test_there_is_no_address_of_what_is_not_there(reads: PresignedReads) -> None:
    with pytest.raises(ObjectMissing):
        reads.url("recordings/a/segments/000009")
