"""What is disposed of is gone from every place, its proofs hold, and nothing brings it back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from casework.cases import history
from casework.copies import scrub as scrubbing
from casework.database.models import (
    Case,
    Disposal,
    DisposedVersion,
    Evidence,
    EvidenceState,
    Hold,
)
from casework.errors import Disposed, Missing
from casework.evidence import gateway
from casework.ledger import chains
from casework.retention import destruction, legal_holds
from chain_of_custody.tlog.inclusion_proof import TlogProof
from tests.support.centers.disposing_world import Disposing
from tests.support.centers.rebuilt_world import Machine, publish


def test_what_is_disposed_of_is_gone_from_every_place_and_its_proofs_hold(disposing: Disposing) -> None:
    world, item = disposing.world, disposing.item
    # A damaged object that a repair has set aside, and what was left in the spool.
    disposing.copied.flip("second-copy", "manifest", 3)
    scrubbing.scrub(disposing.center, "second-copy", item)
    (world.center.spool / item).mkdir()
    for name in ("wrap", "part.json", "000001.segment"):
        (world.center.spool / item / name).write_bytes(b"still on the recording machine")
    before = chains.chain(disposing.center, item)

    disposing.approved()
    with pytest.raises(Disposed, match="authorised"):
        gateway.view(disposing.center, disposing.first, item, "review")
    disposing.look()
    told = disposing.told()
    assert (told.state, told.wraps_left, told.objects_left, told.pending_until) == ("finished", 0, 0, None)
    assert told.wraps == 2 + 1  # two copies, the spool's
    assert told.objects == 2 * 4 + 1 + 2  # both copies, what was set aside, the spool's
    left = [path for path in world.folder.rglob("*") if item in str(path) and "keys/endings" not in str(path)]
    assert left == []

    last = history.of_item(disposing.center, disposing.first, item)[-1]
    assert last.type == "evidence.disposed"
    with world.center.database() as session:
        versions = session.query(DisposedVersion).all()
    assert last.body == {
        "disposal": told.disposal.id,
        "list": destruction.list_digest(versions),
        "objects": told.objects,
        "pending": 0,
        "wraps": told.wraps,
    }
    with pytest.raises(Disposed, match="disposed of on 20"):
        gateway.view(disposing.center, disposing.first, item, "review")
    with pytest.raises(Disposed):
        gateway.export(disposing.center, disposing.first, [gateway.ItemExtent(item)], "hearing")
    with pytest.raises(Missing):
        scrubbing.scrub(disposing.center, "first-copy", item)
    after = chains.chain(disposing.center, item)
    assert {at: after[at] for at in before} == before
    for position, proof in chains.prove(disposing.center, after).items():
        TlogProof.parse(proof).verify(after[position], disposing.center.log_keys)
    assert destruction.due(disposing.center) == []


def forget_newest_catalogue(disposing: Disposing) -> None:
    """As if the machine had been lost before the last catalogue reached a copy."""
    for copy in disposing.center.stores:
        folder: Path = disposing.world.folder / copy / "objects" / "catalogue"
        newest = max(folder.iterdir())
        newest.chmod(0o600)
        newest.unlink()


def test_a_rebuild_brings_nothing_back_that_was_disposed_of(disposing: Disposing, machine: Machine) -> None:
    world = disposing.world
    publish(disposing.center)
    disposing.approved()
    disposing.look()
    hold = legal_holds.place(disposing.center, disposing.first, world.case.id, reason="appeal", reference="7")
    publish(disposing.center)
    forget_newest_catalogue(disposing)  # so the ledger alone says it
    rebuilt = machine.rebuild()
    assert rebuilt.report.lost == []
    center = machine.center()
    with center.database() as session:
        assert session.get_one(Evidence, disposing.item).state is EvidenceState.DISPOSED
        assert session.scalars(select(Disposal.disposed_at)).one() is not None
        assert session.scalars(select(Hold.id)).all() == [hold.id]
        assert session.get_one(Case, world.case.id).kind is None
    with pytest.raises(Disposed, match="disposed of on"):
        gateway.view(center, world.prosecutor, disposing.item, "review")


def test_a_rebuild_goes_on_with_a_disposal_that_was_under_way(disposing: Disposing, machine: Machine) -> None:
    publish(disposing.center)
    disposing.approved()
    publish(disposing.center)
    machine.rebuild()
    center = machine.center()
    with pytest.raises(Disposed, match="authorised"):
        gateway.view(center, disposing.first, disposing.item, "review")
    assert len(destruction.due(center)) == 1


def test_a_rebuild_from_the_newest_catalogue_knows_what_is_gone(
    disposing: Disposing, machine: Machine
) -> None:
    disposing.approved()
    disposing.look()
    publish(disposing.center)
    rebuilt = machine.rebuild()
    center = machine.center()
    assert rebuilt.report.lost == []
    assert destruction.due(center) == []
    with pytest.raises(Disposed, match="disposed of on"):
        gateway.view(center, disposing.first, disposing.item, "review")
    with center.database() as session, disposing.center.database() as before:
        ask = select(DisposedVersion.place, DisposedVersion.key, DisposedVersion.gone_at)
        assert sorted(session.execute(ask).all()) == sorted(before.execute(ask).all())
