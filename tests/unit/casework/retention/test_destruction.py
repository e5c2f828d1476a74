"""Disposal by two: who may, what stands in its way, and what is left of an item afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from casework.cases import cases, history
from casework.center import Center
from casework.clock import now
from casework.database.models import (
    Disposal,
    DisposedVersion,
    Evidence,
    EvidenceState,
    Node,
    Role,
    StatementIndex,
)
from casework.errors import Disposed, Forbidden, Missing, Refused, WrongState
from casework.evidence import gateway
from casework.ledger import chains, projections, sealed_details
from casework.ledger.sealed_details import case_info
from casework.people import people
from casework.recording.ticket import RecordingTicket
from casework.retention import (
    destruction,
    disposal_requests,
    hold_enforcement,
    legal_holds,
    locations,
    schedules,
)
from casework.retention.locations import Places
from casework.sealing.staging import safety_area
from chain_of_custody.encoding import canonical_json
from player.pages import exhibit as playback
from tests.support.centers.casework_world import DEPLOYMENT, World, open_center, require_ledger
from tests.support.centers.disposing_world import Disposing
from vault.errors import ItemEnded, KeysMissing, StillKept, Unproven
from vault.keyholders.local_keyholder import WAITING, LocalKeyholder
from vault.sealing.key_wrapping import WRAP_SIZE, recipient_id, wrap, wrap_info
from vault.stores.filesystem import FilesystemStore
from vault.stores.version_deletion import KeptVersion
from vault.wrapped_keys.store import KeyStore


@pytest.fixture
def kind() -> str:
    """What either database does, `test_disposed` shows on both."""
    return "sqlite"


def opens(keyholder: LocalKeyholder, item: str) -> bytes:
    """The item's data key, as the keyholder has it for a moment."""
    return keyholder._secret(item, wrap_info(bytes.fromhex(DEPLOYMENT), bytes.fromhex(item)))


def test_two_different_people_have_to_say_so(disposing: Disposing) -> None:
    disposal = disposing.requested()
    with pytest.raises(Forbidden):
        disposal_requests.approve(disposing.center, disposing.first, disposal.id, reference="5")
    for person in (disposing.world.court, disposing.world.administrator):
        with pytest.raises(Forbidden):
            disposal_requests.approve(disposing.center, person, disposal.id, reference="5")
        with pytest.raises(Forbidden):
            disposal_requests.request(disposing.center, person, disposing.item, reason="other", reference="4")
    assert disposing.told().state == "requested"
    gateway.view(disposing.center, disposing.first, disposing.item, "review")
    disposal_requests.approve(disposing.center, disposing.second, disposal.id, reference="5")
    authorised = [
        (entry.actor.id, entry.body["disposal"])
        for entry in history.of_item(disposing.center, disposing.first, disposing.item)
        if entry.type == "disposal.authorised"
    ]
    assert authorised == [(disposing.first.id, disposal.id), (disposing.second.id, disposal.id)]
    with pytest.raises(WrongState, match="decided"):
        disposal_requests.approve(disposing.center, disposing.second, disposal.id, reference="5")
    with pytest.raises(WrongState, match="under way"):
        disposing.requested()


def test_a_rule_and_a_hold_stand_in_its_way_at_both_steps(disposing: Disposing) -> None:
    case = disposing.world.case.id
    assert disposing.center.retention is not None
    disposing.center.retention.write_text("any 3 days\n")
    with pytest.raises(WrongState, match="is kept until"):
        disposing.requested()
    disposing.center.retention.write_text("any three days\n")
    with pytest.raises(schedules.RulesUnreadable):
        disposing.requested()
    disposing.center.retention.write_text("any 0 days\n")
    ask = {"reason": "appeal", "reference": "7"}
    hold = legal_holds.place(disposing.center, disposing.first, case, **ask)
    with pytest.raises(WrongState, match="legal hold"):
        disposing.requested()
    legal_holds.lift(disposing.center, disposing.first, hold.id, reason="ended", reference="8")
    disposal = disposing.requested()
    disposing.center.retention.write_text("any 3 days\n")
    with pytest.raises(WrongState, match="is kept until"):
        disposal_requests.approve(disposing.center, disposing.second, disposal.id, reference="5")
    legal_holds.place(disposing.center, disposing.first, case, **ask)
    assert disposing.told().state == "refused"


def test_a_request_is_refused_or_withdrawn_and_can_be_made_anew(disposing: Disposing) -> None:
    for person in (disposing.second, disposing.first):
        disposal = disposing.requested()
        refused = disposal_requests.refuse(
            disposing.center, person, disposal.id, reason="still-needed", reference="6"
        )
        assert (refused.approved, refused.decided_by) == (False, person.id)
        with pytest.raises(WrongState):
            disposal_requests.approve(disposing.center, disposing.second, disposal.id, reference="5")
    disposing.look()
    gateway.view(disposing.center, disposing.first, disposing.item, "review")
    disposing.approved()


@pytest.mark.parametrize("wrong", [{"reason": "because"}, {"reference": " "}, {"text": "x" * 2001}])
def test_a_reason_and_a_reference_are_needed(disposing: Disposing, wrong: dict[str, str]) -> None:
    ask = {"reason": "other", "reference": "4"} | wrong
    with pytest.raises(Refused):
        disposal_requests.request(disposing.center, disposing.first, disposing.item, **ask)
    with pytest.raises(Missing):
        disposal_requests.refuse(
            disposing.center, disposing.first, "00" * 16, reason="mistaken", reference="4"
        )


def test_no_keyholder_and_no_backup_opens_it_any_more(disposing: Disposing) -> None:
    """Keys and working rows as they were before, over the stores as they are."""
    world, item = disposing.world, disposing.item
    assert len(opens(world.keyholder, item)) == 32
    shutil.copytree(world.folder / "keys", world.folder / "backup")
    disposing.approved()
    disposing.look()
    with pytest.raises(ItemEnded):
        opens(world.keyholder, item)
    copies = {name: FilesystemStore(world.folder / name) for name in ("first-keys", "second-keys")}
    restored = LocalKeyholder.open(
        world.folder / "backup", key_store=KeyStore(copies, world.folder / "backup" / WAITING)
    )
    with pytest.raises(KeysMissing):
        opens(restored, item)
    center = open_center(world.folder, restored, world.database.url)
    with pytest.raises(Disposed):
        gateway.view(center, disposing.first, item, "review")


def test_a_wrap_that_is_handed_in_again_is_not_taken(disposing: Disposing) -> None:
    world, item = disposing.world, disposing.item
    public = world.keyholder.public_keys().vault
    disposing.approved()
    disposing.look()
    again = wrap(bytes(32), public, wrap_info(bytes.fromhex(DEPLOYMENT), bytes.fromhex(item)))
    with pytest.raises(ItemEnded):
        world.keyholder.keep_wraps(item, {recipient_id(public): again})


def test_the_keyholder_destroys_nothing_because_it_was_asked(disposing: Disposing) -> None:
    world, item, center = disposing.world, disposing.item, disposing.center
    disposal = disposing.requested()
    first = disposal.requested_position

    def shown(*positions: int) -> list[tuple[bytes, bytes]]:
        proofs = chains.prove(center, positions)
        return [(center.ledger.entry(at), proofs[at]) for at in positions]

    for proof in ([], shown(0), shown(first), shown(first, first)):
        with pytest.raises(Unproven):
            world.keyholder.destroy_wraps(item, proof)
    disposal_requests.approve(center, disposing.second, disposal.id, reference="5")
    second = disposing.told().disposal.decided_position
    assert second is not None
    with pytest.raises(Unproven):
        world.keyholder.destroy_wraps(world.case.id, shown(first, second))
    [one, (leaf, _)], inclusion = shown(first, second), shown(0)[0][1]
    for wrong in ((leaf, inclusion), (leaf.replace(b"disposal", b"disposed"), inclusion), (b"", b"")):
        with pytest.raises(Unproven):
            world.keyholder.destroy_wraps(item, [one, wrong])
    assert len(opens(world.keyholder, item)) == 32
    world.keyholder.hold_wraps(item, "40" * 16)
    with pytest.raises(StillKept):
        world.keyholder.destroy_wraps(item, shown(first, second))
    assert len(opens(world.keyholder, item)) == 32


def test_two_halves_of_two_disposals_are_none(disposing: Disposing) -> None:
    """One asked, was refused, and the other asked: two people, and never about the same."""
    center, item = disposing.center, disposing.item
    first = disposing.requested()
    disposal_requests.refuse(center, disposing.second, first.id, reason="mistaken", reference="6")
    second = disposal_requests.request(center, disposing.second, item, reason="other", reference="7")
    positions = [first.requested_position, second.requested_position]
    proofs = chains.prove(center, positions)
    with pytest.raises(Unproven):
        disposing.world.keyholder.destroy_wraps(
            item, [(center.ledger.entry(at), proofs[at]) for at in positions]
        )


def test_a_hold_takes_back_what_was_agreed_and_the_item_opens_again(disposing: Disposing) -> None:
    world, item, center = disposing.world, disposing.item, disposing.center
    disposal = disposing.approved()
    proof = destruction._proof(center, disposal)
    world.key_store.endings.end(item, proof)  # the keyholder was told; nothing is gone yet
    with pytest.raises(ItemEnded):
        opens(world.keyholder, item)
    hold = legal_holds.place(center, disposing.first, world.case.id, reason="appeal", reference="7")
    assert disposing.told().state == "refused"
    last = history.of_item(center, disposing.first, item)[-1]
    assert (last.type, last.body["reason"], last.actor.role) == ("disposal.refused", "legal-hold", "system")
    disposing.look()
    gateway.view(center, disposing.first, item, "review")
    assert len(opens(world.keyholder, item)) == 32
    legal_holds.lift(center, disposing.first, hold.id, reason="ended", reference="8")
    with pytest.raises(Unproven, match="taken back"):
        world.keyholder.destroy_wraps(item, proof)
    disposing.approved()
    disposing.look()
    assert disposing.told().state == "finished"


def test_the_details_of_a_case_go_last_and_are_erased(disposing: Disposing) -> None:
    world, center, case = disposing.world, disposing.center, disposing.world.case
    with pytest.raises(WrongState, match="not disposed of yet"):
        disposing.requested(case.id)
    disposing.approved()
    disposing.look()
    [opened] = chains.chain(center, interview_of(disposing)).values()
    assert details_of(disposing)
    disposing.approved(case.id)
    disposing.look()
    assert disposing.told().state == "finished"
    assert details_of(disposing) == {}
    with pytest.raises(ItemEnded):
        world.keyholder.open_sealed(case.id, case_info(DEPLOYMENT, case.id), [b""])
    assert list(chains.chain(center, interview_of(disposing)).values()) == [opened]
    # Names and references are erased with the rest; what was done stands in the ledger.
    [later, earlier] = disposal_requests.listed(center, disposing.first, case.id)
    assert (later.reference, earlier.reference, earlier.requested_by) == (None, None, None)


def interview_of(disposing: Disposing) -> str:
    with disposing.center.database() as session:
        return session.get_one(Evidence, disposing.item).interview_id


def details_of(disposing: Disposing) -> dict[str, object]:
    with disposing.center.database() as session:
        commitments = session.query(StatementIndex.details).filter_by(chain=interview_of(disposing)).all()
    return dict(sealed_details.read(disposing.center, disposing.world.case, [one[0] for one in commitments]))


def test_an_open_interview_keeps_the_details_of_its_case(disposing: Disposing) -> None:
    disposing.approved()
    disposing.look()
    disposing.world.interview()
    with pytest.raises(WrongState, match="not over"):
        disposing.requested(disposing.world.case.id)


def test_a_statement_whose_process_died_is_caught_up_with(disposing: Disposing) -> None:
    disposal, center = disposing.approved(), disposing.center
    with center.database.begin() as session:  # as if it had died before each row
        session.delete(session.get_one(Disposal, disposal.id))
        session.get_one(Evidence, disposing.item).state = EvidenceState.COMPLETE
    last = projections.catch_up(center)
    assert disposing.told().disposal.approved
    with pytest.raises(Disposed):
        gateway.view(center, disposing.first, disposing.item, "review")
    assert projections.catch_up(center, last) == last


def test_a_copy_that_is_away_keeps_it_from_being_called_gone(disposing: Disposing) -> None:
    world = disposing.world
    (world.folder / "second-copy").rename(world.folder / "unmounted")
    disposing.approved()
    disposing.look()
    told = disposing.told()
    assert (told.state, told.wraps_left) == ("pending", 0)
    assert {place.place: place.trouble for place in told.places if place.trouble} == {"second-copy": "away"}
    (world.folder / "unmounted").rename(world.folder / "second-copy")
    disposing.look()
    assert disposing.told().state == "finished"


def test_what_a_backup_puts_back_into_the_spool_goes_again(disposing: Disposing) -> None:
    disposing.approved()
    disposing.look()
    folder = disposing.center.spool / disposing.item
    folder.mkdir()
    (folder / "wrap").write_bytes(b"from a backup")
    destruction.clear_spool(disposing.center)
    assert not folder.exists()


def test_a_wrap_that_waited_in_a_backup_of_the_keys_goes_at_the_next_start(disposing: Disposing) -> None:
    """Restored after the disposal: the keyholder remembers no end, and carries what waits."""
    world, item = disposing.world, disposing.item
    [kept] = (world.folder / "first-keys" / "objects" / "wraps" / item).iterdir()
    wrapped = kept.read_bytes()
    disposing.approved()
    disposing.look()
    for path in (world.folder / "keys" / "endings").iterdir():
        path.unlink()
    (world.folder / "keys" / WAITING / f"{item}.{kept.name}").write_bytes(wrapped)
    assert world.key_store.carry() == 0
    assert len(opens(world.keyholder, item)) == 32
    destruction.remind(disposing.center)
    with pytest.raises(ItemEnded):
        opens(world.keyholder, item)
    assert not any(world.keyholder.wraps_left(item).versions.values())


def test_a_keyholder_out_of_a_backup_learns_again_what_was_taken_back(disposing: Disposing) -> None:
    """The backup of its folder is of the days between: to it the item has ended, and no lock is renewed."""
    world, item = disposing.world, disposing.item
    disposal = disposing.approved()
    disposal_requests.refuse(
        disposing.center, disposing.second, disposal.id, reason="mistaken", reference="7"
    )
    disposing.look()
    assert destruction.due(disposing.center) == []
    endings = world.folder / "keys" / "endings"
    (endings / f"{item}.refused.{disposal.id}").unlink()
    (endings / f"{item}.ended").write_text(disposal.id)
    [key] = list(world.key_store.stores["first-keys"].list(f"wraps/{item}/"))
    assert not world.key_store.lives(key)
    destruction.remind(disposing.center)
    assert world.key_store.lives(key)
    assert len(opens(world.keyholder, item)) == 32


def test_a_hold_over_a_case_keeps_nobody_from_being_reminded_of_its_other_items(disposing: Disposing) -> None:
    """It is over the item that is gone too, whose end the keyholder then refuses to hear of."""
    world, center = disposing.world, disposing.center
    disposing.approved()
    disposing.look()
    legal_holds.place(center, disposing.first, world.case.id, reason="appeal", reference="7")
    assert hold_enforcement.carry_out(center, world.case.id)
    for path in (world.folder / "keys" / "endings").glob("*.ended"):
        path.unlink()
    assert world.key_store.endings.held(disposing.item)
    destruction.remind(center)
    assert disposing.told().state == "finished"


def test_a_hold_that_comes_while_wraps_are_destroyed_keeps_those_that_are_left(
    disposing: Disposing, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, item = disposing.world, disposing.item
    destroy = FilesystemStore.destroy

    def and_a_hold(store: FilesystemStore, key: str, version: str) -> None:
        destroy(store, key, version)
        world.key_store.endings.hold(item, "ab" * 16)

    monkeypatch.setattr(FilesystemStore, "destroy", and_a_hold)
    disposing.approved()
    disposing.look()
    told = disposing.told()
    assert (told.state, told.wraps, told.wraps_left) == ("pending", 2, 1)
    assert told.objects == told.objects_left > 0


def test_what_the_keyholder_alone_knows_to_be_held_stays_whole_everywhere(disposing: Disposing) -> None:
    """A database of before the hold was put back: to it the disposal is approved, and nothing is held."""
    left = disposing.center.spool / disposing.item
    left.mkdir()
    (left / "manifest").write_bytes(b"on the machine that recorded it")
    disposing.approved()
    disposing.world.key_store.endings.hold(disposing.item, "ab" * 16)
    disposing.look()
    told = disposing.told()
    assert (told.state, told.wraps_left, told.objects_left) == ("pending", told.wraps, told.objects)
    assert told.wraps == 2
    assert left.exists()


def test_other_items_are_not_concerned(disposing: Disposing, world: World) -> None:
    other = cases.open_case(world.center, world.prosecutor)
    disposing.approved()
    disposing.look()
    assert world.keyholder.wraps(other.id)
    assert world.keyholder.wraps(world.case.id)
    stranger = people.add(world.center, world.administrator, "Person T", Role.PROSECUTOR)
    with pytest.raises(Forbidden):
        disposal_requests.listed(replace(disposing.center), stranger, world.case.id)


async def test_a_safety_recording_that_was_never_brought_in_goes_with_its_part(disposing: Disposing) -> None:
    waiting = safety_area(disposing.center.spool).root
    ticket = RecordingTicket.from_json(
        {**disposing.world.ticket(disposing.world.interview()).to_json(), "beside": disposing.item}
    )
    for evidence_id, beside in (("5a" * 16, disposing.item), ("5b" * 16, "00" * 16)):
        folder = waiting / evidence_id
        folder.mkdir(parents=True)
        told = {**ticket.to_json(), "beside": beside}
        (folder / "part.json").write_bytes(canonical_json.serialise(told))
        (folder / "wrap").write_bytes(b"the wrapped key of the room's own recording")
    disposing.approved()
    disposing.look()
    assert [path.name for path in waiting.iterdir()] == ["5b" * 16]
    assert disposing.told().wraps == 2 + 1


def test_its_page_introduces_it_as_disposed_of_and_since_when(disposing: Disposing) -> None:
    disposing.approved()
    exhibit = playback.exhibit(disposing.center, disposing.first, disposing.item)
    assert (exhibit.state, exhibit.disposed) == (EvidenceState.DISPOSED, None)
    disposing.look()
    exhibit = playback.exhibit(disposing.center, disposing.first, disposing.item)
    assert exhibit.disposed == disposing.told().disposal.disposed_at is not None


def second_machine(disposing: Disposing) -> Center:
    """Another one of the center, on the same database and stores, with a spool and a keyholder of its own."""
    folder = disposing.world.folder
    shutil.copytree(folder / "keys", folder / "second" / "keys")
    key_store = KeyStore(disposing.world.key_store.stores, folder / "second" / "keys" / WAITING)
    keyholder = LocalKeyholder.open(folder / "second" / "keys", key_store=key_store)
    require_ledger(keyholder)
    with disposing.center.database.begin() as session:
        for name in ("1", "2"):
            session.add(Node(name=name, address="", recorder="", beat=1, seen_at=now()))
    return replace(disposing.center, node="2", spool=folder / "second" / "spool", keyholder=keyholder)


def test_every_machine_of_the_center_has_to_have_looked(disposing: Disposing) -> None:
    other = second_machine(disposing)
    left = other.spool / disposing.item
    left.mkdir(parents=True)
    (left / "wrap").write_bytes(b"still on the machine that recorded it")
    disposal = disposing.approved()
    disposing.look()
    told = disposing.told()
    assert (told.state, told.wraps_left, told.objects_left) == ("pending", 0, 0)
    assert destruction.due(other) == [disposal.id]
    assert destruction.carry_out(other, disposal.id) is None
    assert not left.exists()
    told = disposing.told()
    assert (told.state, told.wraps) == ("finished", 2 + 1)
    for keyholder in (disposing.center.keyholder, other.keyholder):
        with pytest.raises(ItemEnded):
            keyholder.keep_wraps(disposing.item, {"ab" * 8: bytes(WRAP_SIZE)})


def test_every_keyholder_learns_of_a_hold_and_of_a_refusal(disposing: Disposing) -> None:
    other, case = second_machine(disposing), disposing.world.case.id
    disposal = disposing.approved()
    for keyholder in (disposing.world.keyholder, other.keyholder):
        assert isinstance(keyholder, LocalKeyholder)
        keyholder._store.endings.end(disposing.item, destruction._proof(other, disposal))
    legal_holds.place(disposing.center, disposing.first, case, reason="appeal", reference="7")
    for center in (disposing.center, other):
        assert hold_enforcement.due(center) == [case]
        assert hold_enforcement.carry_out(center, case)
        assert hold_enforcement.due(center) == []
    disposing.look()
    assert destruction.due(other) == [disposal.id]
    assert destruction.carry_out(other, disposal.id) is None
    assert destruction.due(disposing.center) == []
    for keyholder in (disposing.world.keyholder, other.keyholder):
        assert isinstance(keyholder, LocalKeyholder)
        assert len(opens(keyholder, disposing.item)) == 32


def test_a_hold_that_comes_after_the_last_wrap_calls_nothing_kept(disposing: Disposing) -> None:
    """All wraps were in folders and went at once; one place is still to be looked through."""
    (disposing.world.folder / "second-copy").rename(disposing.world.folder / "unmounted")
    disposal = disposing.approved()
    disposing.look()
    legal_holds.place(
        disposing.center, disposing.first, disposing.world.case.id, reason="appeal", reference="7"
    )
    disposing.look()
    assert disposing.told().state == "pending"
    with pytest.raises(WrongState, match="over"):
        disposal_requests.refuse(
            disposing.center, disposing.second, disposal.id, reason="mistaken", reference="8"
        )
    with pytest.raises(Disposed):
        gateway.view(disposing.center, disposing.first, disposing.item, "review")


def stated_ends(disposing: Disposing) -> list[str]:
    chain = history.of_item(disposing.center, disposing.first, disposing.item)
    return [str(entry.body["list"]) for entry in chain if entry.type == "evidence.disposed"]


def versions_of(disposing: Disposing, disposal: Disposal) -> Sequence[DisposedVersion]:
    with disposing.center.database() as session:
        return locations.versions_of(session, disposal.id)


def test_two_machines_that_see_the_last_wrap_gone_at_once_state_it_once(
    disposing: Disposing, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, digest = second_machine(disposing), destruction.list_digest
    disposal = disposing.approved()
    disposing.look()

    def meanwhile(versions: Sequence[DisposedVersion]) -> str:
        monkeypatch.setattr(destruction, "list_digest", digest)
        destruction.carry_out(disposing.center, disposal.id)
        return digest(versions)

    monkeypatch.setattr(destruction, "list_digest", meanwhile)
    destruction.carry_out(other, disposal.id)
    assert destruction.list_digest is digest, "the other one was in the middle of it"
    assert stated_ends(disposing) == [digest(versions_of(disposing, disposal))]


def test_a_machine_that_slept_while_it_looked_does_not_put_back_what_is_gone(
    disposing: Disposing, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = second_machine(disposing)
    disposal = disposing.approved()
    assert destruction.carry_out(disposing.center, disposal.id) is not None
    listing = Places.list

    def slept(places: Places) -> Mapping[str, Sequence[KeptVersion]]:
        monkeypatch.setattr(Places, "list", listing)
        found = dict(listing(places))
        first = next(row for row in versions_of(disposing, disposal) if row.wrap)
        found[first.place] = [KeptVersion(first.key, first.version)]  # it was there yet, then
        destruction.carry_out(other, disposal.id)
        return found

    with disposing.center.database.begin() as session:
        for row in locations.versions_of(session, disposal.id):
            row.gone_at = None
    monkeypatch.setattr(Places, "list", slept)
    destruction.carry_out(disposing.center, disposal.id)
    assert stated_ends(disposing) == [destruction.list_digest(versions_of(disposing, disposal))]
