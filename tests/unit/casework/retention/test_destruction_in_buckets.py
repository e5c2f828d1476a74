"""Disposal in buckets with Object Lock: each version goes once its lock has run out, and not before."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amana.workers.media_locks import lives
from casework.errors import Disposed
from casework.evidence import gateway
from casework.retention import legal_holds
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.verify import verify
from tests.support.centers.copied_world import FIRST, SECOND
from tests.support.centers.disposing_world import Disposing
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.object_server import ObjectServer
from vault.errors import ItemEnded, KeysMissing
from vault.sealing import slip39
from vault.sealing.key_wrapping import WrappingKey, generate_seed, recipient_id, wrap, wrap_info
from vault.stores.bucket_address import Bucket
from vault.stores.object_lock import renew_all
from vault.stores.s3 import S3Store
from vault.stores.s3_client import Connection
from vault.wrapped_keys.store import KeyStore

LONG_LOCK = timedelta(hours=1)
"""For what must come before the lock has run out, however slow the machine is."""


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def locked() -> timedelta:
    """How long the buckets lock what is put into them: soon over, so that a test can wait for it."""
    return timedelta(seconds=5)


@pytest.fixture
def in_buckets(
    disposing: Disposing, server: ObjectServer, locked: timedelta
) -> tuple[Disposing, Bucket, Bucket]:
    """The second copy of the media and the first of the wrapped keys are in buckets, just locked."""
    media, wraps = server.new_bucket(), server.new_bucket()
    world, item = disposing.world, disposing.item
    media_store = S3Store(replace(media, retention=locked))
    wrap_store = S3Store(replace(wraps, retention=locked))
    media_store.abilities()
    wrap_store.abilities()
    folder, keys = disposing.center.stores[SECOND], world.key_store.stores["first-keys"]
    for key in keys.list("wraps/"):
        wrap_store.put(key, keys.get(key))
    for key in folder.list(f"recordings/{item}/"):
        media_store.put(key, folder.get(key))
    world.key_store.stores = {**world.key_store.stores, "first-keys": wrap_store}
    center = replace(disposing.center, stores={**disposing.center.stores, SECOND: media_store})
    return replace(disposing, center=center), media, wraps


def versions(bucket: Bucket, item: str) -> list[str]:
    return [one.key for one in Connection(bucket).versions("") if item in one.key]


def until_unlocked(disposing: Disposing) -> None:
    """Wait until the lock is over; on a busy machine it was before anybody looked."""
    if (until := disposing.told().pending_until) is not None:
        time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()) + 1.1)


@pytest.mark.parametrize("locked", [LONG_LOCK])
def test_what_is_locked_waits_for_its_lock_which_nobody_renews_any_more(
    in_buckets: tuple[Disposing, Bucket, Bucket],
) -> None:
    disposing, media, wraps = in_buckets
    item = disposing.item
    disposing.approved()
    disposing.look()
    told = disposing.told()
    assert (told.state, told.wraps, told.wraps_left) == ("pending", 2, 1)
    assert told.pending_until is not None
    assert told.pending_until > datetime.now(UTC)
    assert len(versions(wraps, item)) == 1
    left = len(versions(media, item))
    assert (left, told.objects_left) == (4, 8), "while a wrap is left, all of it can come back"
    # Nothing opens it meanwhile, though a wrap is there; and no walk renews its locks.
    with pytest.raises(ItemEnded):
        disposing.world.keyholder._secret(
            item, wrap_info(bytes.fromhex(disposing.center.deployment), bytes.fromhex(item))
        )
    before = disposing.told().pending_until
    walk = renew_all(S3Store(replace(media, retention=timedelta(days=90))), lives(disposing.center))
    assert walk.renewed == 0
    disposing.look()
    assert disposing.told().pending_until == before


def test_every_version_goes_also_those_of_strangers_and_repairs(
    in_buckets: tuple[Disposing, Bucket, Bucket], server: ObjectServer
) -> None:
    disposing, media, wraps = in_buckets
    item = disposing.item
    [key] = versions(wraps, item)
    thief = server.client()
    thief.put_object(wraps.name, key, io.BytesIO(b"a copy of a wrap"), 16)
    thief.put_object(media.name, f"recordings/{item}/manifest", io.BytesIO(b"other"), 5)
    thief.remove_object(media.name, f"recordings/{item}/index")  # a delete marker, which hides nothing
    disposing.approved()
    disposing.look()
    until_unlocked(disposing)
    disposing.look()
    told = disposing.told()
    assert (told.state, told.wraps, told.objects) == ("finished", 3, 4 + 4 + 1)
    assert versions(media, item) == versions(wraps, item) == []
    with pytest.raises(Disposed, match="disposed of on"):
        gateway.view(disposing.center, disposing.first, item, "review")


def test_a_legal_hold_on_an_object_keeps_it_whoever_set_it(
    in_buckets: tuple[Disposing, Bucket, Bucket],
) -> None:
    disposing, media, wraps = in_buckets
    [listed] = [one for one in Connection(wraps).versions("") if disposing.item in one.key]
    Connection(wraps).hold(listed.key, listed.version, True)
    disposing.approved()
    disposing.look()
    until_unlocked(disposing)
    disposing.look()
    told = disposing.told()
    assert (told.state, told.wraps_left, told.objects_left) == ("pending", 1, 8)
    assert len(versions(media, disposing.item)) == 4
    Connection(wraps).hold(listed.key, listed.version, False)
    disposing.look()
    assert disposing.told().state == "finished"


@pytest.mark.parametrize("locked", [LONG_LOCK])
def test_a_hold_placed_in_time_brings_back_what_is_still_locked(
    in_buckets: tuple[Disposing, Bucket, Bucket],
) -> None:
    """The folder's copies of wraps went at once; the one in the bucket was locked, and opens it. Nothing of
    the media is gone, though nothing locks them in their folder; nor what the recording machine alone has."""
    disposing, media, _ = in_buckets
    spool = disposing.center.spool / disposing.item
    spool.mkdir()
    (spool / "manifest").write_bytes(b"not in every copy yet")
    there = [*disposing.center.stores[FIRST].list(f"recordings/{disposing.item}/")]
    disposing.approved()
    disposing.look()
    assert [*disposing.center.stores[FIRST].list(f"recordings/{disposing.item}/")] == there
    assert versions(media, disposing.item) == there
    assert (spool / "manifest").exists()
    legal_holds.place(
        disposing.center, disposing.first, disposing.world.case.id, reason="appeal", reference="7"
    )
    disposing.look()
    viewing = gateway.view(disposing.center, disposing.first, disposing.item, "review")
    assert viewing.message_keys([0])


def test_a_bucket_that_does_not_let_us_destroy_is_told_and_nothing_is_called_gone(
    in_buckets: tuple[Disposing, Bucket, Bucket], proxy: FaultProxy
) -> None:
    disposing, media, _ = in_buckets
    through = S3Store(replace(media, host=f"127.0.0.1:{proxy.port}"))
    center = replace(disposing.center, stores={**disposing.center.stores, SECOND: through})
    disposing = replace(disposing, center=center)
    disposing.approved()
    proxy.always("DELETE", "500")  # from the first look on, which may come after the lock
    disposing.look()
    until_unlocked(disposing)
    disposing.look()
    told = disposing.told()
    assert (told.state, told.wraps_left, told.objects_left) == ("disposed", 0, 4)
    proxy.always("DELETE", None)
    disposing.look()
    assert disposing.told().state == "finished"


def test_what_two_shares_would_have_opened_they_open_no_more_and_an_earlier_package_still_verifies(
    in_buckets: tuple[Disposing, Bucket, Bucket], tmp_path: Path
) -> None:
    """The escrow's wrap lies beside the vault's, and goes with it. What a court has, it has."""
    disposing, _, wraps = in_buckets
    world, item = disposing.world, disposing.item
    seed = generate_seed()
    first, second, _ = slip39.split(seed)
    info = wrap_info(bytes.fromhex(disposing.center.deployment), bytes.fromhex(item))
    public = WrappingKey(seed).public
    data_key = world.keyholder._secret(item, info)
    world.keyholder.keep_wraps(item, {recipient_id(public): wrap(data_key, public, info)})
    assert world.key_store.carry() == 0

    def opened_by_two_authorities() -> bytes:
        """On another machine, with the stores and the shares alone."""
        escrow = WrappingKey(slip39.combine(first, second))
        store = KeyStore(world.key_store.stores, tmp_path / "another" / "wraps")
        return store.open(item, recipient_id(escrow.public), lambda kept: escrow.unwrap(kept, info))

    assert opened_by_two_authorities() == data_key
    package = gateway.export_package(
        disposing.center,
        disposing.first,
        [gateway.ItemExtent(item)],
        "hearing",
        tmp_path / "court",
        viewing_copies=False,
    )
    disposing.approved()
    disposing.look()
    assert disposing.told().wraps == 4
    until_unlocked(disposing)
    disposing.look()
    assert disposing.told().state == "finished"
    assert versions(wraps, item) == []
    with pytest.raises(KeysMissing):
        opened_by_two_authorities()
    for path in (world.folder / "keys" / "endings").iterdir():
        path.unlink()  # as a backup of the keys from before has none
    with pytest.raises(KeysMissing):
        world.keyholder._secret(item, info)
    assert verify(FolderSource(package), gateway.policy(disposing.center)).outcome == "intact"
