"""A derivative is scrubbed, destroyed and rebuilt like a recording part, and goes before what it shows."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest
from sqlalchemy import delete

from casework.cases import cases
from casework.center import Center
from casework.copies import scrub
from casework.database.models import Derivative, DerivativeState, Evidence, EvidenceState, Photograph, Role
from casework.derivatives import compose
from casework.errors import Disposed, NotAccepted, StillKept
from casework.evidence import gateway
from casework.evidence.gateway import ItemExtent
from casework.evidence.sealed_recordings import recording_of
from casework.files import derivative_staging
from casework.files.ticket import FileTicket
from casework.people import people
from casework.redaction import edit_lists
from casework.redaction.edits import Redaction
from casework.retention import disposal_requests
from casework.working_copies import orders, reviews, sealing
from casework.working_copies.film_plan import Edits
from chain_of_custody.items.file_manifest import ORIGINAL, FileDescription
from chain_of_custody.items.recipe import Program, Read, Recipe, Source
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import FIRST, SECOND, Copied
from tests.support.centers.disposing_world import Disposing
from tests.support.centers.rebuilt_world import Machine, publish
from tests.unit.casework.photographs.test_uploads import carry, content_of
from vault.copies.copies import Copies
from vault.stores.filesystem import FilesystemStore

EDITS = Edits("one", ("wide",), (), 0)
CONTENT = b"a film, as far as anything here knows. " * 300_000
"""In three pieces."""


def made(center: Center, world: World, source: str, redaction: Redaction | None = None) -> str:
    """A derivative of this recording, in the spool and stated. What the program would write is given."""
    interview = _interview(center, source)
    if redaction is None:
        row = orders.order(center, world.prosecutor, interview, EDITS, "hearing", {source: None})
    else:
        begun = edit_lists.begin(center, world.prosecutor, interview, redaction)
        row = edit_lists.order(center, world.prosecutor, begun.id, begun.version, "hearing")
    public = center.keyholder.public_keys()
    ticket = FileTicket(center.deployment, row.case_id, row.id, public.vault, public.escrow, "derivative")
    file = world.folder / "film.mp4"
    file.write_bytes(CONTENT)
    derivative_staging.seal(
        center.spool, ticket, "derivation", file, functools.partial(_describe, center, source, row)
    )
    file.unlink()
    sealing.complete(center, row, compose.require)
    return row.id


def _interview(center: Center, part: str) -> str:
    with center.database() as session:
        return session.get_one(Evidence, part).recorded_in.id


def _describe(center: Center, source: str, row: Derivative, read: Read) -> tuple[FileDescription, Recipe]:
    manifest = recording_of(center, source).manifest.digest
    program = Program("ffmpeg", "7", "00" * 32)
    recipe = Recipe(row.kind, [Source(source, manifest)], row.edits or {}, program, [], [], read)
    return FileDescription("film.mp4", read.size, read.sha256, "mp4", {}), recipe


def content(center: Center, world: World, item: str) -> bytes:
    return content_of(gateway.view(center, world.prosecutor, item, "hearing"), ORIGINAL)


async def test_it_is_carried_read_again_and_put_right_from_the_other_copy(world: World) -> None:
    stores = {name: FilesystemStore.create(world.folder / name) for name in (FIRST, SECOND)}
    center = replace(world.center, stores=stores, copies=Copies(stores, world.center.spool))
    item = made(center, world, await world.recorded(world.interview()))
    carry(center)
    kept = Copied(world, center, item)
    names = [name for name in kept.everything(FIRST) if name.startswith("segments/")]
    kept.flip(FIRST, names[0], 5000)
    scrubbed = scrub.scrub(center, FIRST, item)
    assert len(scrubbed.repaired) == 1
    assert not scrubbed.left
    assert content(center, world, item) == CONTENT


async def test_it_goes_before_what_it_was_made_from(disposing: Disposing) -> None:
    world, center = disposing.world, disposing.center
    part = await world.recorded(world.interview())
    item = made(center, world, part)
    carry(center)
    assert world.key_store.carry() == 0
    with pytest.raises(StillKept, match=item):
        disposing.requested(part)
    disposing.approved(item)
    with pytest.raises(Disposed):
        gateway.view(center, world.prosecutor, item, "hearing")
    disposing.look()
    [told] = disposal_requests.listed(center, disposing.first, world.case.id)
    assert told.disposal.disposed_at is not None
    for store in center.stores.values():
        assert not list(store.list(f"recordings/{item}/"))
    disposing.requested(part)


def test_after_a_rebuild_it_is_there_and_opens(published: Copied, machine: Machine) -> None:
    world, center = published.world, published.center
    item = made(center, world, published.item)
    carry(center)
    assert world.key_store.carry() == 0
    publish(center)
    waiting = orders.order(center, world.prosecutor, _interview(center, published.item), EDITS, "hearing")
    publish(center)
    machine.rebuild()
    rebuilt = machine.center()
    with rebuilt.database() as session:
        row, told = session.get_one(Derivative, item), session.get_one(Evidence, item)
        ordered = session.get_one(Derivative, waiting.id)
    assert (told.state, told.kind) == (EvidenceState.COMPLETE, "derivative")
    assert row.state is DerivativeState.MADE
    assert row.edits == EDITS.to_json()
    assert [one["evidence"] for one in row.sources] == [published.item]
    assert ordered.state is DerivativeState.FAILED  # its machine is gone; it can be ordered again
    assert content(rebuilt, world, item) == CONTENT


def test_one_that_is_newer_than_the_catalogue_follows_from_its_statement(
    published: Copied, machine: Machine
) -> None:
    world, center = published.world, published.center
    item = made(center, world, published.item)
    carry(center)
    assert world.key_store.carry() == 0
    with center.database.begin() as session:  # as if the catalogue had been written before
        session.execute(delete(Derivative).where(Derivative.id == item))
        session.execute(delete(Photograph).where(Photograph.evidence_id == item))
        session.execute(delete(Evidence).where(Evidence.id == item))
    publish(center)
    machine.rebuild()
    rebuilt = machine.center()
    with rebuilt.database() as session:
        row = session.get_one(Derivative, item)
    assert (row.state, row.kind, row.edits) == (DerivativeState.MADE, "composed-film", None)
    assert row.sources[0]["manifest"] == recording_of(rebuilt, published.item).manifest.digest
    assert content(rebuilt, world, item) == CONTENT


@pytest.mark.parametrize("last", [True, False])
def test_what_a_second_person_said_last_is_known_after_a_rebuild(
    published: Copied, machine: Machine, last: bool
) -> None:
    world, center = published.world, published.center
    second = people.add(center, world.administrator, "Person B", Role.PROSECUTOR)
    cases.give(center, world.prosecutor, world.case.id, second.id)
    item = made(center, world, published.item, Redaction.of_film(EDITS))
    gateway.view(center, second, item, "review")
    reviews.check(center, second, item, accepted=not last)
    carry(center)
    assert world.key_store.carry() == 0
    publish(center)
    reviews.check(center, second, item, accepted=last)
    with center.database.begin() as session:  # as if the catalogue had been written before that
        session.get_one(Derivative, item).accepted = not last
    publish(center)
    machine.rebuild()
    rebuilt = machine.center()
    with rebuilt.database() as session:
        row = session.get_one(Derivative, item)
    assert (row.accepted, row.checked_by) == (last, second.id)
    if last:
        gateway.exportable(rebuilt, world.prosecutor, [ItemExtent(item)], "hearing")
    else:
        with pytest.raises(NotAccepted):
            gateway.exportable(rebuilt, world.prosecutor, [ItemExtent(item)], "hearing")
