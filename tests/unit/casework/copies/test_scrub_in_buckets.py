"""Reading again what lies in buckets: an empty one is filled, garbled objects are put right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casework.copies.scrub import scrub
from tests.support.centers.copied_world import FIRST, OBJECTS, SECOND, Copied
from tests.support.servers.fault_proxy import FaultProxy
from vault.errors import Altered, StoreUnavailable
from vault.spool.segments import segment_key
from vault.stores.bucket_address import Bucket
from vault.stores.s3 import S3Store


def in_bucket(copied: Copied, store: S3Store) -> Copied:
    """The same, with the second copy in a bucket."""
    return replace(copied, center=replace(copied.center, stores={**copied.center.stores, SECOND: store}))


def test_an_empty_bucket_in_the_place_of_a_lost_copy_is_filled(copied: Copied, bucket: Bucket) -> None:
    copied = in_bucket(copied, S3Store(bucket))
    scrubbed = scrub(copied.center, SECOND, copied.item)
    assert [one.wrong for one in scrubbed.reading.findings] == ["missing"] * OBJECTS
    assert (len(scrubbed.repaired), scrubbed.left) == (OBJECTS, [])
    again = scrub(copied.center, SECOND, copied.item, workers=2)
    assert (list(again.reading.findings), again.reading.whole) == ([], True)


def test_what_a_server_garbled_is_found_and_put_right_from_the_other_copy(
    copied: Copied, bucket: Bucket, proxy: FaultProxy
) -> None:
    key = segment_key(copied.item, 1)
    right = copied.center.stores[FIRST].get(key)
    through = S3Store(replace(bucket, host=f"127.0.0.1:{proxy.port}"))
    through.abilities()
    proxy.fault("PUT", "bytes-lost")
    with pytest.raises(Altered):
        through.put(key, right)
    copied = in_bucket(copied, S3Store(bucket))
    scrubbed = scrub(copied.center, SECOND, copied.item)
    assert {one.key: one.wrong for one in scrubbed.reading.findings}[key] == "altered"
    assert (len(scrubbed.repaired), scrubbed.left) == (OBJECTS, [])
    anew = in_bucket(copied, S3Store(bucket))
    assert list(scrub(anew.center, SECOND, copied.item).reading.findings) == []
    assert anew.center.stores[SECOND].get(key) == right


def test_a_bucket_that_is_away_is_not_read_and_nothing_is_said_of_it(
    copied: Copied, bucket: Bucket, proxy: FaultProxy
) -> None:
    scrub(in_bucket(copied, S3Store(bucket)).center, SECOND, copied.item)
    through = S3Store(replace(bucket, host=f"127.0.0.1:{proxy.port}"))
    through.abilities()
    proxy.always("GET", "500")
    with pytest.raises(StoreUnavailable):
        scrub(in_bucket(copied, through).center, SECOND, copied.item)
