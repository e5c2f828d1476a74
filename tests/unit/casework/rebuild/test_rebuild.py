"""A database made again from the stores and the keys: whole, or not at all, and never a smaller ledger."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from amana.commands.machine.rebuild import summary
from amana.recovery.rebuild import SmallerLedger
from casework.cases import cases, consent
from casework.center import Center
from casework.clock import now
from casework.database.models import (
    Base,
    Case,
    Evidence,
    Interview,
    Password,
    Person,
    PublishedCatalogue,
    Role,
    SignedIn,
    Viewing,
)
from casework.evidence import court_exclusions, gateway
from casework.forms import form_files
from casework.grants import grants
from casework.interviews import interviews
from casework.ledger import chains, custody_log
from casework.people import passwords, people
from casework.rebuild import catalogue, catalogue_versions, object_keys, restore_rows
from casework.rebuild import database_replication_status as in_copies
from casework.rebuild.database_replication import Publisher
from casework.rebuild.rebuild import CannotRebuild
from casework.witnesses import trust_file
from casework.witnesses.cosignatures import Cosignatures
from chain_of_custody.items.record import check_record
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.tlog.checkpoint import open_checkpoint
from chain_of_custody.tlog.tiles import WIDTH, Tile
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import FIRST, SECOND, Copied
from tests.support.centers.rebuilt_world import Machine, publish, state
from tests.support.patience import PATIENCE
from tests.support.people.asked import Network, RealWitness, gathering, real_witness
from tests.support.people.granting import granted
from tests.support.servers.databases import MadeDatabase, SqliteFile
from vault.sealing.sealing import open_with_message_key

CACHED = (
    "people",
    "cases",
    "case_access",
    "grants",
    "consents",
    "exclusions",
    "interviews",
    "evidence",
    "credentials",
    "ledger_readers",
)


def rows(center: Center, *tables: str) -> dict[str, list[tuple[object, ...]]]:
    """Without whose spool it is in: that is gone with its machine."""
    found = {}
    with center.database.engine.connect() as connection:
        for name in tables:
            table = Base.metadata.tables[name]
            kept = [column for column in table.columns if column.name != "node"]
            query = select(*kept).order_by(*table.primary_key)
            found[name] = [tuple(row) for row in connection.execute(query)]
    return found


def plays(center: Center, world: World, item: str) -> None:
    """Everything in it opens, and is what the index names."""
    viewing = gateway.view(center, world.prosecutor, item, "review")
    records = viewing.recording.records
    for record, key in zip(records, viewing.message_keys(range(len(records))), strict=True):
        check_record(record, open_with_message_key(key, viewing.message(record.index)))


def path_of(copied: Copied, copy: str, key: str) -> Path:
    return copied.world.folder / copy / "objects" / key


def alter(path: Path, at: int = 40) -> None:
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_from_the_stores_and_the_keys_everything_is_as_it_was_and_the_ledger_goes_on(
    published: Copied, machine: Machine, another: MadeDatabase
) -> None:
    world, before = published.world, published.center
    if isinstance(another, SqliteFile):
        another.drop()  # the machine has not even tables
    rebuilt = machine.rebuild()
    center = machine.center()
    assert rebuilt.report.lost == []
    assert (rebuilt.report.statements, rebuilt.report.items, rebuilt.report.cases) == (
        before.ledger.size,
        1,
        1,
    )
    assert center.ledger.checkpoint() == before.ledger.checkpoint()
    ledger = ("ledger_checkpoint", "ledger_entries", "ledger_nodes", "statements", "sealed_details")
    assert rows(center, *CACHED, *ledger) == rows(before, *CACHED, *ledger)
    [interview] = interviews.of_case(center, world.prosecutor, world.case.id)
    assert interviews.opening_details(center, world.prosecutor, interview.id)["place"] == "Ramallah"
    plays(center, world, published.item)
    assert center.ledger.size == before.ledger.size + 1
    assert chains.chain(center, published.item)
    publish(center)
    assert [one.behind for one in in_copies.published_copies(center)] == [0, 0]


@pytest.mark.parametrize("carried", [True, False], ids=["in-the-catalogue", "after-the-catalogue"])
def test_cases_given_grants_and_consent_come_back_as_they_were(
    published: Copied, machine: Machine, carried: bool
) -> None:
    world, before = published.world, published.center
    observer = people.add(before, world.administrator, "Person O", Role.OBSERVER)
    publish(before)
    cases.give(before, world.prosecutor, world.case.id, observer.id)
    answer = {"decided_by": "self", "form": "oral"}
    consent.record(
        before,
        world.prosecutor,
        world.case.id,
        [consent.Answer("share-court", "given")],
        language="ar",
        explained_by="Person E",
        **answer,
    )
    first = granted(before, world.prosecutor, world.case.id, world.court, basis="consent")
    grants.withdraw(before, world.prosecutor, first.id, reason="ended")
    granted(before, world.prosecutor, world.case.id, world.court, items=[gateway.ItemExtent(published.item)])
    copy = granted(before, world.prosecutor, world.case.id, world.court, accepted=False, kind="copy")
    grants.authorise_copy(before, world.prosecutor, copy.id, reference="9")
    consent.withdraw(before, world.prosecutor, world.case.id, "share-court", **answer)
    cases.withdraw(before, world.prosecutor, world.case.id, observer.id)
    excluded = partial(
        court_exclusions.exclude, before, world.prosecutor, published.item, reason="question", reference="3"
    )
    whole = excluded(None)
    court_exclusions.restore(before, world.prosecutor, whole.id, reason="appeal", reference="4")
    excluded((0, 1_000_000))
    catalogue = {path: path.read_bytes() for path in catalogues(published)}
    publish(before)
    if not carried:  # as if the machine had been lost before it wrote another
        for path in set(catalogues(published)) - set(catalogue):
            path.chmod(0o600)
            path.unlink()
    machine.rebuild()
    center = machine.center()
    tables = ("case_access", "grants", "consents", "exclusions")
    assert rows(center, *tables) == rows(before, *tables)
    assert len(rows(center, "exclusions")["exclusions"]) == 2
    assert gateway.view(center, world.court, published.item, "hearing").withheld


def catalogues(copied: Copied) -> list[Path]:
    return [path for copy in (FIRST, SECOND) for path in path_of(copied, copy, "catalogue").rglob("*")]


def test_what_must_not_outlive_a_machine_is_gone(published: Copied, machine: Machine) -> None:
    world = published.world
    token = people.new_link(published.center, None, world.court.id)
    people.redeem(published.center, token)
    gateway.view(published.center, world.prosecutor, published.item, "review")
    publish(published.center)
    machine.rebuild()
    with machine.center().database() as session:
        for table in (SignedIn, Viewing):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_either_copy_is_enough_and_the_other_one_is_told(published: Copied, machine: Machine) -> None:
    shutil.rmtree(published.world.folder / FIRST)
    rebuilt = machine.rebuild()
    assert list(rebuilt.report.away) == [FIRST]
    assert rebuilt.report.lost == []
    plays(machine.center(), published.world, published.item)


def test_what_one_copy_has_damaged_comes_from_the_other_piece_by_piece(
    published: Copied, machine: Machine
) -> None:
    world = published.world
    while world.center.ledger.size < WIDTH + 9:
        state(world.center, world, 50)
    publish(published.center)
    origin, size = published.center.origin, published.center.ledger.size
    with published.center.database() as session:
        interview = session.scalar(select(Interview))
    head = custody_log.head(published.center, interview.id)
    leaf = published.center.ledger.entry(_position(published.center, interview.id, head.number))
    commitment = SignedStatement.parse(leaf).statement.details
    first = [
        object_keys.tile_key(origin, Tile(None, 0)),
        object_keys.tile_key(origin, Tile(0, 1, size - WIDTH)),
        object_keys.details_key(str(commitment)),
        object_keys.checkpoint_key(origin, size),
        object_keys.catalogue_key(1),
    ]
    for key in first:
        alter(path_of(published, FIRST, key))
    second = [
        object_keys.tile_key(origin, Tile(0, 0)),
        object_keys.tile_key(origin, Tile(None, 1, size - WIDTH)),
    ]
    for key in second:
        path_of(published, SECOND, key).unlink()
    rebuilt = machine.rebuild()
    center = machine.center()
    assert rebuilt.report.lost == []
    assert rebuilt.report.wrong[FIRST] >= len(first) - 1
    assert [center.ledger.entry(n) for n in range(size)] == [
        published.center.ledger.entry(n) for n in range(size)
    ]
    # What was damaged is put right as soon as the center runs.
    publish(center)
    for copy, keys in ((FIRST, first[:4]), (SECOND, second)):
        other = SECOND if copy == FIRST else FIRST
        for key in keys:
            assert path_of(published, copy, key).read_bytes() == path_of(published, other, key).read_bytes()


def test_tiles_that_no_copy_has_are_computed_from_the_entries(published: Copied, machine: Machine) -> None:
    world = published.world
    while world.center.ledger.size < WIDTH + 9:
        state(world.center, world, 50)
    publish(published.center)
    for copy in (FIRST, SECOND):
        for level in (0, 1):
            shutil.rmtree(path_of(published, copy, f"ledger/1/tile/{level}"))
    rebuilt = machine.rebuild()
    assert rebuilt.report.statements == published.center.ledger.size


def test_an_entry_altered_in_both_copies_stops_it_and_nothing_smaller_is_signed(
    published: Copied, machine: Machine
) -> None:
    size = published.center.ledger.size
    state(published.center, published.world, 3)
    publish(published.center)
    bundle = object_keys.tile_key(published.center.origin, Tile(None, 0, size + 3))
    for copy in (FIRST, SECOND):
        alter(path_of(published, copy, bundle), at=-40)
    with pytest.raises(SmallerLedger, match=rf"Statements {size} to {size + 2} are missing"):
        machine.rebuild()
    assert not machine.settings.signed_checkpoints.exists()
    with pytest.raises(SmallerLedger):
        machine.rebuild()  # and the database is still empty


def test_one_bit_of_a_ledger_that_is_nowhere_right_is_never_taken(
    published: Copied, machine: Machine
) -> None:
    for copy in (FIRST, SECOND):
        for path in path_of(published, copy, "ledger/1/tile/entries").rglob("*"):
            if path.is_file():
                alter(path)
    with pytest.raises(CannotRebuild, match="no copy has a checkpoint"):
        machine.rebuild()


def test_a_database_that_holds_anything_is_refused(published: Copied, machine: Machine) -> None:
    machine.rebuild()
    with pytest.raises(CannotRebuild, match="not empty"):
        machine.rebuild()


def test_keys_of_another_center_open_nothing(published: Copied, machine: Machine) -> None:
    (machine.settings.keys / "deployment").write_text("e1" * 16)
    with pytest.raises(CannotRebuild, match="another center"):
        machine.rebuild()


def test_killed_half_way_it_leaves_an_empty_database_and_is_begun_again(
    published: Copied, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    for step in ("apply", "_measure", "_people"):
        with monkeypatch.context() as patch:

            def die(*_: object, **__: object) -> None:
                raise Killed

            patch.setattr(restore_rows, step, die)
            with pytest.raises(Killed):
                machine.rebuild()
    assert machine.rebuild().report.lost == []
    plays(machine.center(), published.world, published.item)


# --- who has seen more ------------------------------------------------------------------------------------


@pytest.fixture
def witness(published: Copied, tmp_path: Path) -> RealWitness:
    return real_witness(tmp_path, "court", published.center.log_keys)


def cosigned(published: Copied, witness: RealWitness) -> Center:
    center, gatherer = gathering(published.center, [witness])
    gatherer.cosigned(center.ledger.size, PATIENCE)
    return center


def test_witnesses_are_found_in_the_catalogue_and_what_they_signed_is_put_back(
    published: Copied, machine: Machine, witness: RealWitness
) -> None:
    center = cosigned(published, witness)
    publish(center)
    rebuilt = machine.rebuild(ask=Network([witness]))
    assert rebuilt.trust == "catalogue"
    assert [(one.witness, one.size) for one in rebuilt.witnesses] == [("court", center.ledger.size)]
    again = machine.center()
    _, gatherer = gathering(replace(again, spool=machine.settings.spool), [witness])
    parties = trust_file.read(machine.settings.trust)
    newest = next(Cosignatures(again.database, again.log_keys).newest(parties))
    assert newest.quorum_met
    state(again, published.world, 1)
    assert (
        open_checkpoint(gatherer.cosigned(again.ledger.size, PATIENCE), again.log_keys).size
        == again.ledger.size
    )


def test_a_trust_file_that_is_not_the_one_of_the_last_policy_is_told(
    published: Copied, machine: Machine, witness: RealWitness
) -> None:
    center = cosigned(published, witness)
    trust_file.state_policy(center)
    publish(center)
    machine.settings.rules.mkdir()
    trust_file.write(machine.settings.trust, trust_file.read(None))
    rebuilt = machine.rebuild()
    assert (rebuilt.trust, rebuilt.report.policy, rebuilt.witnesses) == ("file", False, [])
    assert any("trust file" in line for line in summary(rebuilt))


def test_a_witness_that_has_seen_more_stops_it_and_says_what_is_missing(
    published: Copied, machine: Machine, witness: RealWitness
) -> None:
    size = published.center.ledger.size
    center, _ = gathering(published.center, [witness])
    publish(center)
    state(center, published.world, 4)
    cosigned(published, witness)
    with pytest.raises(SmallerLedger) as stopped:
        machine.rebuild(ask=Network([witness]))
    assert f"witness court: it has signed {size + 4} statements" in str(stopped.value)
    assert f"Statements {size} to {size + 3} are missing" in str(stopped.value)
    assert not machine.settings.signed_checkpoints.exists()
    publish(center, SECOND)  # the missing ones are found
    assert machine.rebuild(ask=Network([witness])).report.statements == size + 4


def test_a_witness_that_cannot_be_asked_is_left_out_only_by_a_person(
    published: Copied, machine: Machine, witness: RealWitness
) -> None:
    center = cosigned(published, witness)
    publish(center)
    witness.away = True
    with pytest.raises(SmallerLedger, match="could not be asked"):
        machine.rebuild(ask=Network([witness]))
    with pytest.raises(CannotRebuild, match="no witness is called"):
        machine.rebuild(ask=Network([witness]), without=["bar"])
    assert machine.rebuild(ask=Network([witness]), without=["court"]).witnesses == []


def test_a_keyholder_that_remembers_more_stops_it_too(published: Copied, machine: Machine) -> None:
    size, root = published.center.ledger.size + 3, "ab" * 32
    memory = f"amana/signed/v1 {published.center.origin}\n{size} {root}\n{size + 1} {root} on {size} {root}\n"
    machine.settings.signed_checkpoints.write_text(memory)
    with pytest.raises(SmallerLedger, match=f"its keyholder has signed {size} statements"):
        machine.rebuild()
    assert machine.settings.signed_checkpoints.read_text() == memory


# --- the last seconds -------------------------------------------------------------------------------------


async def test_what_was_stated_after_the_catalogue_is_taken_from_the_ledger(
    published: Copied, machine: Machine
) -> None:
    world = published.world
    late = people.add(published.center, world.administrator, "Person L", people.Role.COURT, "court")
    people.retire(published.center, world.administrator, world.court.id)
    lost_case = cases.open_case(published.center, world.prosecutor)
    in_lost = interviews.open_interview(
        published.center,
        world.prosecutor,
        lost_case.id,
        purpose="testimony",
        room="room-1",
        place="Ramallah",
        present=[],
        wish="recorded",
    )
    in_known = world.interview()
    only_ledger(published)
    rebuilt = machine.rebuild()
    center = machine.center()
    with center.database() as session:
        person = session.get_one(Person, late.id)
        assert (person.role, person.active, person.sealed_name) == (late.role, True, None)
        assert session.get_one(Person, world.court.id).active is False
        assert session.get_one(Interview, in_known.id).room == "unknown"
        assert session.get(Interview, in_lost.id) is None
        assert session.get(Case, lost_case.id) is None
    lost = "\n".join(rebuilt.report.lost)
    for one in (late.id, lost_case.id, in_lost.id, in_known.id):
        assert one in lost
    assert "Person L" not in lost
    assert any(line.startswith("LOST") for line in summary(rebuilt))


@pytest.mark.parametrize("opens", [True, False])
def test_catalogue_numbers_that_somebody_made_up_leave_room_for_the_next(
    published: Copied, machine: Machine, opens: bool
) -> None:
    for store in published.center.stores.values():
        for number in (
            () if opens else [object_keys.parse_catalogue_key(one) for one in store.list("catalogue/")]
        ):
            store.replace_damaged(object_keys.catalogue_key(number or 0), b"garbage")
        store.put(object_keys.catalogue_key(999_999_999_999), b"garbage")
    rebuilt = machine.rebuild()
    assert rebuilt.report.catalogue == (1 if opens else None)
    with machine.center().database() as session:
        assert session.scalar(select(PublishedCatalogue.number)) == 1


@pytest.fixture
def changed(published: Copied, monkeypatch: pytest.MonkeyPatch) -> Copied:
    """One process has made catalogues 2, complete, and 3 and 4, with the changes to it: a row that was added,
    one that was changed, and one that is gone."""
    monkeypatch.setattr(catalogue_versions, "EVERY", 0.0)
    monkeypatch.setattr(catalogue_versions, "SHARE", 0)
    center, world = published.center, published.world
    publisher = Publisher(center)
    with center.database.begin() as session:
        session.add(
            Password(
                person_id=world.court.id, number="123456", hash="of it", sealed_secret=b"secret", set_at=now()
            )
        )
    _carry(publisher)
    people.set_language(center, world.court, "en")
    _carry(publisher)
    people.add(center, world.administrator, "Person O", Role.OBSERVER)
    with center.database.begin() as session:
        passwords.remove(session, world.court.id)
    _carry(publisher)
    complete = [opened(published, number).changes_to is None for number in (1, 2, 3, 4)]
    assert complete == [True, True, False, False]
    return published


def _carry(publisher: Publisher) -> None:
    for copy in (FIRST, SECOND):
        while publisher.publish(copy):
            pass


def opened(copied: Copied, number: int) -> catalogue.Catalogue:
    data = copied.center.stores[FIRST].get(object_keys.catalogue_key(number))
    return catalogue.open_sealed(copied.world.keyholder, number, data)


def lose(copied: Copied, number: int, *copies: str) -> None:
    for copy in copies:
        path_of(copied, copy, object_keys.catalogue_key(number)).unlink()


def test_the_changes_are_applied_to_the_complete_catalogue_that_they_name(
    changed: Copied, machine: Machine
) -> None:
    rebuilt = machine.rebuild()
    assert (rebuilt.report.catalogue, rebuilt.report.lost, rebuilt.report.wrong) == (4, [], {})
    tables = sorted(catalogue.CATALOGUED)
    assert rows(machine.center(), *tables) == rows(changed.center, *tables)


@pytest.mark.parametrize("harm", ["lost", "damaged", "older"])
@pytest.mark.parametrize("number", [2, 4])
def test_a_catalogue_that_one_copy_does_not_have_right_is_taken_from_the_other(
    changed: Copied, machine: Machine, number: int, harm: str
) -> None:
    path = path_of(changed, FIRST, object_keys.catalogue_key(number))
    if harm == "damaged":
        alter(path)
    else:
        path.unlink()
    if harm == "older":
        shutil.copy(path_of(changed, FIRST, object_keys.catalogue_key(1)), path)
    rebuilt = machine.rebuild()
    assert (rebuilt.report.catalogue, rebuilt.report.lost, rebuilt.report.wrong) == (4, [], {FIRST: 1})
    assert rows(machine.center(), *CACHED) == rows(changed.center, *CACHED)


def test_changes_that_are_lost_in_both_copies_are_lost_alone(changed: Copied, machine: Machine) -> None:
    lose(changed, 4, FIRST, SECOND)
    assert machine.rebuild().report.catalogue == 3
    with machine.center().database() as session:
        assert session.get_one(Person, changed.world.court.id).language == "en"


@pytest.mark.parametrize("foreign", [False, True], ids=["lost", "foreign"])
def test_changes_are_applied_to_no_other_complete_catalogue(
    changed: Copied, machine: Machine, foreign: bool
) -> None:
    """An older catalogue counts, the report says so, and the next number is higher than all of them."""
    lose(changed, 2, FIRST, SECOND)
    if foreign:  # this keyholder sealed it under the same number: in the life of an older database
        other = catalogue.seal(changed.world.keyholder, replace(opened(changed, 1), number=2))
        for store in changed.center.stores.values():
            store.put(object_keys.catalogue_key(2), other)
    rebuilt = machine.rebuild()
    assert rebuilt.report.catalogue == (2 if foreign else 1)
    assert [line for line in rebuilt.report.lost if "catalogues 3 to 4" in line]
    center = machine.center()
    with center.database() as session:
        assert session.get_one(Person, changed.world.court.id).language != "en"
        assert session.scalar(select(PublishedCatalogue.number)) == 4
    publish(center)
    assert opened(changed, 5).changes_to is None
    assert [one.current for one in in_copies.published_copies(center)] == [True, True]


async def test_a_part_sealed_after_the_catalogue_plays(published: Copied, machine: Machine) -> None:
    """Its row is made from its statements, its manifest and its index."""
    world = published.world
    with published.center.database() as session:
        row = session.get_one(Evidence, published.item)
    _forget_in_catalogue(published)
    rebuilt = machine.rebuild()
    center = machine.center()
    with center.database() as session:
        part = session.get_one(Evidence, published.item)
    same = ("state", "number", "recorder", "records", "duration", "manifest_digest", "segment_sizes")
    assert [getattr(part, name) for name in same] == [getattr(row, name) for name in same]
    assert any(published.item in line for line in rebuilt.report.lost)
    plays(center, world, published.item)


def only_ledger(published: Copied) -> None:
    """Publish, as if the machine had died before the catalogue was written again."""
    newest = {
        copy: sorted(published.center.stores[copy].list(object_keys.CATALOGUE)) for copy in (FIRST, SECOND)
    }
    publish(published.center)
    for copy, kept in newest.items():
        for key in published.center.stores[copy].list(object_keys.CATALOGUE):
            if key not in kept:
                path_of(published, copy, key).unlink()


def _forget_in_catalogue(published: Copied) -> None:
    for copy in (FIRST, SECOND):
        for key in list(published.center.stores[copy].list(object_keys.CATALOGUE)):
            path_of(published, copy, key).unlink()
    with published.center.database.begin() as session:
        session.execute(text("DELETE FROM published_copies"))
        kept = session.execute(select(Base.metadata.tables["evidence"])).mappings().all()
        session.execute(Base.metadata.tables["evidence"].delete())
    publish(published.center)
    with published.center.database.begin() as session:
        session.execute(Base.metadata.tables["evidence"].insert(), [dict(row) for row in kept])


def _position(center: Center, chain: str, number: int) -> int:
    with center.database() as session:
        found = session.scalar(
            text("SELECT position FROM statements WHERE chain = :chain AND number = :number").bindparams(
                chain=chain, number=number
            )
        )
    return int(found)


# --- where statements are lost for good -------------------------------------------------------------------


def test_a_ledger_that_is_not_whole_can_only_be_succeeded_by_another(
    published: Copied, machine: Machine, witness: RealWitness
) -> None:
    world, size = published.world, published.center.ledger.size
    center, _ = gathering(published.center, [witness])
    publish(center)
    state(center, world, 4)
    cosigned(published, witness)
    rebuilt = machine.rebuild(ask=Network([witness]), succeed=True)
    again = machine.center()
    assert rebuilt.origin == again.origin == f"{center.origin}/2"
    assert again.ledger.size == size + 1
    said = SignedStatement.parse(again.ledger.entry(size)).statement
    root = again.ledger.root(size).hex()
    assert (said.type, said.evidence) == ("ledger.succeeded", again.deployment)
    assert said.body == {"origin": center.origin, "root": root, "seen": size + 4, "size": size}
    assert root == center.ledger.root(size).hex()
    custody_log.registry(again)
    plays(again, world, published.item)
    # It is another ledger, for the stores and for whoever signs along.
    publish(again)
    assert [one.behind for one in in_copies.published_copies(again)] == [0, 0]
    newest = next(in_copies.signed_checkpoints(again.stores[FIRST], again.origin))
    assert newest[0] == again.ledger.size
    assert next(in_copies.signed_checkpoints(again.stores[FIRST], center.origin))[0] == size


def test_a_whole_ledger_goes_on_and_is_not_succeeded(published: Copied, machine: Machine) -> None:
    rebuilt = machine.rebuild(succeed=True)
    assert rebuilt.origin == published.center.origin


def test_a_succeeding_ledger_is_rebuilt_as_what_it_is(
    published: Copied, machine: Machine, witness: RealWitness, tmp_path: Path
) -> None:
    witness.away = True
    center, _ = gathering(published.center, [witness])
    publish(center)
    machine.rebuild(ask=Network([witness]), succeed=True)
    again = machine.center()
    state(again, published.world, 2)
    publish(again)
    other = Machine(replace(machine.settings, data=tmp_path / "other", server=""), published.world)
    shutil.copytree(machine.settings.keys, other.settings.keys)
    for folder in ("spool", "run"):
        (other.settings.data / folder).mkdir()
    (other.settings.keys / "ledger").unlink()
    rebuilt = other.rebuild(ask=Network([witness]), without=["court"])
    assert rebuilt.origin == again.origin
    last = other.center()
    assert last.ledger.checkpoint() == again.ledger.checkpoint()
    state(last, published.world, 1)


def test_the_forms_of_a_center_come_back_with_its_other_rules(published: Copied, machine: Machine) -> None:
    forms = published.world.folder / "own-forms"
    forms.mkdir()
    own = form_files.built_in_text("adult-examination").replace("version = 1", "version = 2", 1)
    (forms / "adult-examination.toml").write_text(own, "utf-8")
    publish(replace(published.center, forms=forms))
    machine.rebuild()
    assert [(one.id, one.version) for one in form_files.read(machine.settings.forms)] == [
        ("adult-examination", 2),
        ("child-examination", 1),
    ]
