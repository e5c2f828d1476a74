"""What the database holds reaches the copies, in an order that loses nothing, after every interruption."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from casework.copies import scrub_schedule
from casework.database import migrations
from casework.database.models import Base, Person, PublishedCatalogue, Role, SealedDetails, Timestamp
from casework.people import people
from casework.rebuild import catalogue, catalogue_versions, database_replication, object_keys
from casework.rebuild import database_replication_status as in_copies
from casework.rebuild.catalogue_versions import newest_number
from casework.rebuild.database_replication import Diverged, Publisher
from chain_of_custody.tlog.checkpoint import open_checkpoint
from chain_of_custody.tlog.tiles import WIDTH, Tile, VerifiedTiles
from tests.support.centers.casework_world import open_center
from tests.support.centers.copied_world import FIRST, SECOND, Copied
from tests.support.centers.rebuilt_world import publish, state
from vault.errors import Altered, ObjectMissing, StoreUnavailable
from vault.stores.base import ObjectVersion
from vault.stores.filesystem import FilesystemStore

STORES = Path(__file__).parents[4] / "docs" / "spec" / "stores.md"


def test_every_table_is_put_down_as_derivable_catalogued_or_not_kept() -> None:
    kinds = (catalogue.FROM_LEDGER, catalogue.FROM_OBJECTS, catalogue.CATALOGUED, catalogue.NOT_KEPT)
    listed = [table for kind in kinds for table in kind]
    assert sorted(listed) == sorted(Base.metadata.tables)
    rows = re.findall(r"^\|(.*?)\|", STORES.read_text().split("## 4.")[1].split("## 5.")[0], re.MULTILINE)
    told = [name for row in rows for name in re.findall(r"`([a-z_]+)`", row)]
    assert set(Base.metadata.tables) <= set(told), "docs/spec/stores.md tells where each comes from"


def test_a_copy_has_the_ledger_as_tiles_that_lead_to_its_signed_checkpoint(copied: Copied) -> None:
    publish(copied.center)
    for store in copied.center.stores.values():
        [(size, note), *_] = in_copies.signed_checkpoints(store, copied.center.origin)
        checkpoint = open_checkpoint(note, copied.center.log_keys)
        assert checkpoint.size == size == copied.center.ledger.size

        def fetch(tile: Tile, store=store) -> bytes:
            return store.get(object_keys.tile_key(copied.center.origin, tile))

        tiles = VerifiedTiles(size, checkpoint.root, fetch)
        assert tiles.entries(0) == [copied.center.ledger.entry(n) for n in range(size)]
    assert [one.behind for one in in_copies.published_copies(copied.center)] == [0, 0]


def test_details_are_there_before_the_statement_that_commits_to_them(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    real = FilesystemStore.put

    def put(self: FilesystemStore, key: str, data: bytes) -> ObjectVersion:
        order.append(key.split("/")[0] if not key.startswith("ledger") else key.split("/")[2])
        return real(self, key, data)

    monkeypatch.setattr(FilesystemStore, "put", put)
    publish(copied.center, FIRST)
    assert [kind for at, kind in enumerate(order) if kind not in order[:at]] == [
        "details",
        "tile",
        "checkpoint",
        "catalogue",
    ]
    with copied.center.database() as session:
        for row in session.scalars(select(SealedDetails)):
            data = copied.center.stores[FIRST].get(object_keys.details_key(row.commitment))
            assert object_keys.parse_details(data) == row.sealed


def test_a_ledger_of_many_tiles_is_carried_in_steps_and_goes_on_where_it_was(copied: Copied) -> None:
    leaf_count = 3 * WIDTH
    world = copied.world
    while world.center.ledger.size < leaf_count:
        state(world.center, world, 64)
    publisher = Publisher(copied.center)
    steps = 1
    while publisher.publish(FIRST):
        steps += 1
    state(world.center, world, 3)
    publish(copied.center, FIRST)
    store = copied.center.stores[FIRST]
    size = copied.center.ledger.size
    assert store.head(object_keys.tile_key(copied.center.origin, Tile(None, 2))).size
    assert store.head(object_keys.tile_key(copied.center.origin, Tile(None, 3, size - leaf_count))).size
    assert len(store.get(object_keys.tile_key(copied.center.origin, Tile(1, 0, 3)))) == 96


def test_nothing_is_written_twice_to_a_copy(copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    real = FilesystemStore.put

    def put(self: FilesystemStore, key: str, data: bytes) -> ObjectVersion:
        written.append(key)
        return real(self, key, data)

    monkeypatch.setattr(FilesystemStore, "put", put)
    publish(copied.center, FIRST)
    assert any(key.startswith("details/") for key in written)
    assert len(written) == len(set(written))


def test_one_copy_that_is_away_holds_up_nothing_and_is_told(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.move(copied.world.folder / FIRST, copied.world.folder / "unmounted")
    publisher = Publisher(copied.center)
    with pytest.raises(StoreUnavailable) as away:
        publisher.publish(FIRST)
    publisher.failed(FIRST, away.value)
    publisher.publish(SECOND)
    first, second = in_copies.published_copies(copied.center)
    assert (first.trouble, first.size, first.current) == ("away", 0, False)
    assert (second.trouble, second.behind, second.current) == (None, 0, True)
    shutil.move(copied.world.folder / "unmounted", copied.world.folder / FIRST)
    publisher.publish(FIRST)
    assert in_copies.published_copies(copied.center)[0] == replace(second, copy=FIRST)


def test_a_timestamp_reaches_a_copy_once_it_is_there_however_many_came_before(
    copied: Copied, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    center, store = copied.center, copied.center.stores[FIRST]
    noon = datetime(2076, 5, 3, 12, tzinfo=UTC)

    def stamp(size: int) -> str:
        with center.database.begin() as session:
            response = f"response {size}".encode()
            times = {"at": noon, "expires_at": noon}
            session.add(Timestamp(size=size, authority="tsa", response=response, **times))
        return object_keys.checkpoint_key(center.origin, size, f"tsa{object_keys.STAMP}")

    for size in (2, 1):  # the authority may answer for an earlier tree last
        key = stamp(size)
        carry(publisher, FIRST)
        assert store.get(key) == f"response {size}".encode()
    key = stamp(3)
    with monkeypatch.context() as patched:
        patched.setattr(database_replication, "put_sound", _refuse)
        with pytest.raises(StoreUnavailable):
            publisher.publish(FIRST)
    carry(publisher, FIRST)
    assert store.get(key) == b"response 3"


def _refuse(*_: object) -> None:
    raise StoreUnavailable("away")


def test_a_copy_that_was_made_anew_gets_everything_again(copied: Copied) -> None:
    publish(copied.center)
    copied.make_anew(FIRST)
    publish(copied.center)
    origin = copied.center.origin
    first, second = (
        sorted(key for key in copied.center.stores[name].list("") if not key.startswith("recordings/"))
        for name in (FIRST, SECOND)
    )
    assert set(second) - set(first) == {object_keys.catalogue_key(1)}  # the newest is enough
    assert object_keys.checkpoint_key(origin, copied.center.ledger.size) in first


def test_a_copy_that_was_away_and_is_empty_when_it_is_back_gets_everything_again(copied: Copied) -> None:
    publisher = Publisher(copied.center)
    while publisher.publish(FIRST):
        pass
    copied.make_anew(FIRST)
    publisher.failed(FIRST, StoreUnavailable("it does not answer"))
    while publisher.publish(FIRST):
        pass
    size = copied.center.ledger.size
    assert copied.center.stores[FIRST].head(object_keys.checkpoint_key(copied.center.origin, size))
    assert copied.center.stores[FIRST].head(object_keys.catalogue_key(1))


def test_a_catalogue_is_made_when_something_in_it_has_changed_and_only_then(copied: Copied) -> None:
    publish(copied.center)
    publish(copied.center)  # as after a restart
    store = copied.center.stores[SECOND]
    assert newest_number(copied.world.keyholder, store) == 1
    people.set_language(copied.center, copied.world.court, "en")
    publish(copied.center)
    assert newest_number(copied.world.keyholder, store) == 2
    found = catalogue.open_sealed(copied.world.keyholder, 2, store.get(object_keys.catalogue_key(2)))
    languages = {row["id"]: row["language"] for row in found.tables["people"]}
    assert languages[copied.world.court.id] == "en"
    assert (found.origin, found.size) == (copied.center.origin, copied.center.ledger.size)


def test_after_an_upgrade_that_changed_only_the_schema_a_catalogue_has_the_new_one(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(copied.center)
    monkeypatch.setattr(migrations, "NEWEST", "9999")
    publish(copied.center)
    assert in_copy(copied, 2).schema == "9999"


@pytest.fixture
def publisher(copied: Copied, monkeypatch: pytest.MonkeyPatch) -> Publisher:
    """A process that makes a catalogue as soon as something has changed."""
    monkeypatch.setattr(catalogue_versions, "EVERY", 0.0)
    monkeypatch.setattr(catalogue_versions, "SHARE", 0)
    publisher = Publisher(copied.center)
    carry(publisher)
    return publisher


def carry(publisher: Publisher, *copies: str) -> None:
    for copy in copies or (FIRST, SECOND):
        while publisher.publish(copy):
            pass


def in_copy(copied: Copied, number: int, copy: str = FIRST) -> catalogue.Catalogue:
    data = copied.center.stores[copy].get(object_keys.catalogue_key(number))
    return catalogue.open_sealed(copied.world.keyholder, number, data)


def numbers(copied: Copied, copy: str = FIRST) -> list[int | None]:
    keys = copied.center.stores[copy].list(object_keys.CATALOGUE)
    return [object_keys.parse_catalogue_key(key) for key in keys]


def change(copied: Copied, at: int) -> None:
    people.set_language(copied.center, copied.world.court, ("en", "ar")[at % 2])


def test_catalogues_have_the_changes_to_the_last_complete_one(copied: Copied, publisher: Publisher) -> None:
    complete = in_copy(copied, 1)
    assert (complete.changes_to, complete.removed) == (None, {})
    person = people.add(copied.center, copied.world.administrator, "Person N", Role.COURT, "court")
    carry(publisher)
    added = in_copy(copied, 2)
    data = copied.center.stores[FIRST].get(object_keys.catalogue_key(1))
    assert added.changes_to == catalogue.CompleteObject(1, sha256(data).hexdigest())
    assert [row["id"] for row in added.tables["people"]] == [person.id]
    assert not any(added.removed.values())
    change(copied, 0)
    with copied.center.database.begin() as session:
        session.execute(Base.metadata.tables["people"].delete().where(Person.id == person.id))
    carry(publisher)
    changed = in_copy(copied, 3)
    assert changed.changes_to == added.changes_to, "not to the one before"
    [row] = changed.tables["people"]
    assert (row["id"], row["language"]) == (copied.world.court.id, "en")
    assert [name for name in changed.tables if changed.tables[name]] == ["people"]
    assert [len(rows) for rows in changed.removed.values() if rows] == [1]
    with copied.center.database.engine.connect() as connection:
        tables = catalogue.read_tables(connection)
    applied = changed.applied_to(complete)
    assert (applied.number, applied.changes_to, applied.removed) == (3, None, {})
    found, expected = catalogue.row_digests(applied.tables), catalogue.row_digests(tables)
    assert {name: sorted(rows) for name, rows in found.items()} == {
        name: sorted(rows) for name, rows in expected.items()
    }


def test_a_complete_catalogue_follows_when_the_changes_are_as_large_as_the_last_one(
    copied: Copied, publisher: Publisher
) -> None:
    sizes = {1: len(copied.center.stores[FIRST].get(object_keys.catalogue_key(1)))}
    for number in range(2, 100):
        change(copied, number)
        carry(publisher)
        sizes[number] = len(copied.center.stores[FIRST].get(object_keys.catalogue_key(number)))
        if in_copy(copied, number).changes_to is None:
            break
    changes = list(sizes.values())[1:-1]
    assert len(changes) > 2
    assert sum(changes[:-1]) < sizes[1] <= sum(changes)
    change(copied, number + 1)
    carry(publisher)
    to = in_copy(copied, number + 1).changes_to
    assert to is not None
    assert to.number == number


def test_a_copy_gets_the_complete_catalogue_before_the_changes_to_it(
    copied: Copied, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.move(copied.world.folder / FIRST, copied.world.folder / "unmounted")
    for at in range(2):
        change(copied, at)
        carry(publisher, SECOND)
    with pytest.raises(StoreUnavailable) as away:
        publisher.publish(FIRST)
    publisher.failed(FIRST, away.value)
    FilesystemStore.create(copied.world.folder / FIRST)
    put, order = FilesystemStore.put, list[str]()

    def killed(self: FilesystemStore, key: str, data: bytes) -> ObjectVersion:
        order.append(key)
        if key == object_keys.catalogue_key(3) and order.count(key) == 1:
            raise KeyboardInterrupt
        return put(self, key, data)

    monkeypatch.setattr(FilesystemStore, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        carry(publisher, FIRST)
    assert numbers(copied) == [1]
    carry(publisher, FIRST)
    assert numbers(copied) == [1, 3], "the changes between are not needed"
    assert [key for key in order if key.startswith("catalogue/")] == [
        object_keys.catalogue_key(number) for number in (1, 3, 3)
    ]


def test_a_complete_catalogue_is_kept_locked_while_a_copy_needs_it(
    copied: Copied, publisher: Publisher
) -> None:
    change(copied, 0)
    carry(publisher)

    def kept() -> list[int]:
        old = in_copies.superseded(copied.center)
        return [number for number in range(1, 6) if not old(object_keys.catalogue_key(number))]

    assert kept() == [1, 2, 3, 4, 5]
    change(copied, 1)
    publish(copied.center, SECOND)  # another process: a complete one
    assert in_copy(copied, 3, SECOND).changes_to is None
    assert kept() == [1, 2, 3, 4, 5], "the first copy needs it still"
    change(copied, 2)
    carry(publisher)
    assert in_copy(copied, 4).changes_to is None, "numbers are not consecutive any more"
    assert kept() == [4, 5]


def test_a_copy_that_has_lost_the_complete_catalogue_gets_both_again(
    copied: Copied, publisher: Publisher
) -> None:
    change(copied, 0)
    carry(publisher)
    (copied.world.folder / FIRST / "objects" / object_keys.catalogue_key(1)).unlink()
    publisher.failed(FIRST, StoreUnavailable("it does not answer"))
    carry(publisher)
    assert numbers(copied) == [1, 2]


def test_a_copy_made_anew_gets_a_catalogue_though_nothing_changed_since_the_start(
    copied: Copied, publisher: Publisher
) -> None:
    restarted = Publisher(copied.center)
    carry(restarted)
    copied.make_anew(FIRST)
    restarted.failed(FIRST, StoreUnavailable("it does not answer"))
    carry(restarted)
    assert numbers(copied) == [2]


def test_what_is_written_while_the_tables_are_read_is_in_the_next_catalogue(
    copied: Copied, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, reads = catalogue.read_tables, 0

    def written_meanwhile(connection: Connection) -> catalogue.Rows:
        nonlocal reads
        reads += 1
        rows = read(connection)
        if reads == 2:  # the first only looks for changes
            change(copied, 1)  # would wait for ever if the writers' turn were taken
        return rows

    monkeypatch.setattr(catalogue, "read_tables", written_meanwhile)
    change(copied, 0)
    publisher.publish(FIRST)
    carry(publisher)
    languages = [
        row["language"]
        for number in (2, 3)
        for row in in_copy(copied, number).tables["people"]
        if row["id"] == copied.world.court.id
    ]
    assert languages == ["en", "ar"]
    assert all(one.current for one in in_copies.published_copies(copied.center))


def test_a_catalogue_shows_a_thief_of_the_stores_no_name(copied: Copied) -> None:
    publish(copied.center)
    data = copied.center.stores[FIRST].get(object_keys.catalogue_key(1))
    assert b"Person" not in data
    assert b"people" not in data


def test_numbers_go_on_behind_those_that_the_stores_have(copied: Copied) -> None:
    publish(copied.center)
    with copied.center.database.begin() as session:  # as in an older database
        session.execute(Base.metadata.tables["published_copies"].delete())
        session.execute(Base.metadata.tables["published_catalogue"].delete())
    people.set_language(copied.center, copied.world.court, "en")
    publish(copied.center)
    publish(copied.center)
    with copied.center.database() as session:
        row = session.scalar(select(PublishedCatalogue))
    assert row is not None
    assert newest_number(copied.world.keyholder, copied.center.stores[FIRST]) == row.number > 1


def test_numbers_that_somebody_else_wrote_ahead_lead_nowhere(copied: Copied) -> None:
    """Whoever has one copy's credentials can write there, and not seal."""
    publish(copied.center)
    store, keyholder = copied.center.stores[FIRST], copied.world.keyholder
    for number, data in ((2, b"garbage"), (999_999_999_998, b""), (999_999_999_999, b"garbage")):
        store.put(object_keys.catalogue_key(number), data)
    assert newest_number(keyholder, store) == 1
    people.set_language(copied.center, copied.world.court, "en")
    publish(copied.center)
    for one in copied.center.stores.values():
        assert newest_number(keyholder, one) == 2
        assert catalogue.open_sealed(keyholder, 2, one.get(object_keys.catalogue_key(2))).number == 2
    assert all(one.current for one in in_copies.published_copies(copied.center))


@pytest.mark.parametrize("more", [1, 2, 5])
def test_damage_that_is_met_is_put_right_and_another_history_is_never_overwritten(
    copied: Copied, tmp_path: Path, more: int
) -> None:
    (tmp_path / "older").mkdir()
    publish(copied.center)
    key = object_keys.tile_key(copied.center.origin, Tile(None, 0, copied.center.ledger.size))
    path = copied.world.folder / FIRST / "objects" / key
    right = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(b"damaged" + right[7:])
    publish(copied.center, FIRST)
    assert path.read_bytes() == right
    older = open_center(tmp_path, copied.world.keyholder, copied.world.database.like(tmp_path / "older").url)
    state(copied.center, copied.world, 2)
    publish(copied.center)
    state(older, copied.world, more)
    with pytest.raises(Diverged):
        publish(replace(older, stores=copied.center.stores), FIRST)
    older.database.engine.dispose()
    copies = in_copies.signed_checkpoints(copied.center.stores[FIRST], copied.center.origin)
    assert next(iter(copies))[0] == copied.center.ledger.size


def test_a_server_that_keeps_other_bytes_than_it_was_sent_is_corrected_at_once(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, garbled = FilesystemStore.put, set[str]()

    def garbles(store: FilesystemStore, key: str, data: bytes) -> ObjectVersion:
        seen = put(store, key, data)
        if store is not copied.center.stores[FIRST] or key in garbled:
            return seen
        garbled.add(key)
        path = copied.world.folder / FIRST / "objects" / key
        path.chmod(0o600)
        path.write_bytes(bytes(len(data)))
        raise Altered(f"{key} is not what was sent")

    monkeypatch.setattr(FilesystemStore, "put", garbles)
    publish(copied.center)
    origin = copied.center.origin
    kinds = (object_keys.checkpoint_key(origin, copied.center.ledger.size), object_keys.catalogue_key(1))
    assert garbled.issuperset(kinds), "ledger, signatures and catalogue were all garbled once"
    first, second = (copied.center.stores[name] for name in (FIRST, SECOND))
    for key in garbled:
        assert first.get(key) == second.get(key), key
    assert [(one.trouble, one.behind, one.current) for one in in_copies.published_copies(copied.center)] == [
        (None, 0, True)
    ] * 2


def test_a_killed_publisher_leaves_nothing_that_the_next_one_does_not_finish(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, puts, limit = FilesystemStore.put, 0, 0

    class Killed(Exception):
        pass

    def put(self: FilesystemStore, key: str, data: bytes) -> ObjectVersion:
        nonlocal puts
        if puts >= limit:
            raise Killed
        puts += 1
        return real(self, key, data)

    monkeypatch.setattr(FilesystemStore, "put", put)
    while limit < 60:
        puts, limit = 0, limit + 1
        try:
            publish(copied.center, FIRST)
            break
        except Killed:
            pass
        for size, note in in_copies.signed_checkpoints(copied.center.stores[FIRST], copied.center.origin):
            checkpoint = open_checkpoint(note, copied.center.log_keys)
            bundle = Tile(None, 0, size)
            assert copied.center.stores[FIRST].get(object_keys.tile_key(copied.center.origin, bundle))
            assert checkpoint.size == size
    else:
        pytest.fail("it never came to its end")
    with pytest.raises(ObjectMissing):
        copied.center.stores[SECOND].head(object_keys.catalogue_key(1))


def test_what_something_newer_has_replaced_in_both_copies_is_no_longer_kept_locked(copied: Copied) -> None:
    center, origin = copied.center, copied.center.origin
    publish(center)
    old = center.ledger.size
    before = sorted(key for key in center.stores[FIRST].list("") if not key.startswith("recordings/"))
    assert not any(map(in_copies.superseded(center), before))
    people.set_language(center, copied.world.court, "en")
    state(center, copied.world, 2)
    publisher = Publisher(center)
    publisher.publish(FIRST)
    assert not any(map(in_copies.superseded(center), before))  # the other one may need them still
    publisher.publish(SECOND)
    replaced = [key for key in before if in_copies.superseded(center)(key)]
    assert replaced == [
        object_keys.catalogue_key(1),
        object_keys.checkpoint_key(origin, old),
        object_keys.tile_key(origin, Tile(0, 0, old)),
        object_keys.tile_key(origin, Tile(None, 0, old)),
    ]
    now = [key for key in center.stores[FIRST].list("") if key not in before]
    assert not any(map(in_copies.superseded(center), now))
    assert not any(map(in_copies.superseded(center), ("ledger/2/tile/0/000.p/1", "recordings/x", "odd")))


def test_with_each_pass_over_a_copy_its_ledger_is_read_again_and_put_right(
    copied: Copied,
) -> None:
    center, world = copied.center, copied.world
    while center.ledger.size < WIDTH + 3:
        state(center, world, 50)
    publish(center)
    scrub_schedule.begin(center, SECOND)
    publish(center)  # nothing is wrong yet
    with center.database() as session:
        details = next(session.scalars(select(SealedDetails.commitment)))
    keys = [
        object_keys.details_key(details),
        *(object_keys.tile_key(center.origin, tile) for tile in (Tile(None, 0), Tile(0, 0))),
    ]
    for key in keys[:2]:
        path = copied.world.folder / SECOND / "objects" / key
        path.chmod(0o600)
        path.write_bytes(b"damaged" + path.read_bytes()[7:])
    (copied.world.folder / SECOND / "objects" / keys[2]).unlink()
    publish(center)
    assert center.stores[SECOND].get(keys[0])[:7] == b"damaged"  # not before the next pass
    scrub_schedule.begin(center, SECOND)
    publish(center)
    for key in keys:
        assert center.stores[SECOND].get(key) == center.stores[FIRST].get(key)
