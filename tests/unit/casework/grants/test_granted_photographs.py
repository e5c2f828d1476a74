"""Photographs and documents under grants: named one by one, opened on the record, never intimate."""

from __future__ import annotations

import pytest

from casework.cases import history
from casework.database.models import Person
from casework.errors import (
    CopyNotAuthorised,
    Forbidden,
    GrantNotAccepted,
    GrantWithdrawn,
    IntimateStays,
    Missing,
    NotGranted,
    Refused,
)
from casework.evidence import gateway, small_pictures
from casework.evidence.gateway import ItemExtent
from casework.grants import grants
from casework.ledger import chains
from casework.photographs import photographs, uploads
from chain_of_custody.items.file_manifest import LARGE, ORIGINAL
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World
from tests.support.media.made_pictures import picture
from tests.support.people.granting import granted
from tests.unit.casework.photographs.test_uploads import SESSION, added, content_of, nurse

pytestmark = pytest.mark.starts

__all__ = ["nurse"]  # a fixture


def document(world: World, nurse: Person, data: bytes) -> str:
    announced = uploads.AnnouncedFile("document", "form.pdf", len(data))
    begun = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    uploads.take(world.center, nurse, SESSION, begun.id, 0, data)
    return uploads.finish(world.center, nurse, SESSION, begun.id).id


def last(world: World, about: str) -> SignedStatement:
    leaves = chains.chain(world.center, about)
    return SignedStatement.parse(leaves[max(leaves)])


def give(world: World, *ids: str, **options: object) -> str:
    items = [ItemExtent(one) for one in ids]
    return granted(
        world.center,
        world.prosecutor,
        world.case.id,
        world.court,
        items=items,
        **options,  # type: ignore[arg-type]
    ).id


def test_a_judge_opens_the_photographs_that_a_grant_names_and_no_other(world: World, nurse: Person) -> None:
    one, other = (added(world.center, nurse, world.case.id, picture(seed=seed)).id for seed in (1, 2))
    with pytest.raises(NotGranted):
        gateway.view(world.center, world.court, one, "hearing")
    grant = give(world, one)
    viewing = gateway.view(world.center, world.court, one, "hearing")
    assert content_of(viewing, LARGE).startswith(b"\xff\xd8")
    assert last(world, one).statement.body == {"grant": grant}
    with pytest.raises(NotGranted):
        gateway.view(world.center, world.court, other, "hearing")
    with pytest.raises(NotGranted, match="for hearing, not for review"):
        gateway.view(world.center, world.court, one, "review")
    assert [shown.id for shown in photographs.reached(world.center, world.court, world.case.id)] == [one]
    with pytest.raises(Forbidden):  # the list of all, and small pictures of them, are not granted
        photographs.listed(world.center, world.court, world.case.id)
    with pytest.raises(Forbidden):
        small_pictures.look(world.center, world.court, world.case.id)


def test_a_grant_of_every_recording_reaches_no_photograph_and_not_its_history(
    world: World, nurse: Person
) -> None:
    photograph = added(world.center, nurse, world.case.id, picture(seed=3)).id
    granted(world.center, world.prosecutor, world.case.id, world.court)
    with pytest.raises(NotGranted):
        gateway.view(world.center, world.court, photograph, "hearing")
    with pytest.raises(NotGranted):
        history.of_item(world.center, world.court, photograph)
    assert photographs.reached(world.center, world.court, world.case.id) == []
    give(world, photograph)
    assert history.of_item(world.center, world.court, photograph)


def test_who_may_look_and_not_copy_gets_the_picture_and_not_the_original(world: World, nurse: Person) -> None:
    photograph = added(world.center, nurse, world.case.id, picture(seed=4)).id
    paper = document(world, nurse, b"%PDF-1.7\n" + bytes(900_000))
    give(world, photograph, paper)
    viewing = gateway.view(world.center, world.court, photograph, "hearing")
    assert not photographs.saves(world.center, world.court, photograph)
    with pytest.raises(NotGranted):
        content_of(viewing, ORIGINAL)
    with pytest.raises(NotGranted):
        viewing.message(1)
    # Of what cannot be shown there is nothing else to look at.
    assert photographs.saves(world.center, world.court, paper)
    opened = gateway.view(world.center, world.court, paper, "hearing")
    assert content_of(opened, ORIGINAL).startswith(b"%PDF")


def test_under_a_grant_for_a_copy_the_original_is_given_out_once_the_copy_is_authorised(
    world: World, nurse: Person
) -> None:
    data = picture(seed=10)
    photograph = added(world.center, nurse, world.case.id, data).id
    grant = give(world, photograph, kind="copy")
    viewing = gateway.view(world.center, world.court, photograph, "hearing")
    assert content_of(viewing, LARGE).startswith(b"\xff\xd8")
    assert not photographs.saves(world.center, world.court, photograph)
    with pytest.raises(NotGranted):
        content_of(viewing, ORIGINAL)
    grants.authorise_copy(world.center, world.prosecutor, grant, reference="order 8/2076")
    assert photographs.saves(world.center, world.court, photograph)
    opened = gateway.viewing(world.center, world.court, viewing.id)
    assert content_of(opened, ORIGINAL) == data


def test_nothing_opens_before_the_agreement_and_an_open_one_closes_with_its_grant(
    world: World, nurse: Person
) -> None:
    photograph = added(world.center, nurse, world.case.id, picture(seed=5)).id
    grant = give(world, photograph, accepted=False)
    with pytest.raises(GrantNotAccepted):
        gateway.view(world.center, world.court, photograph, "hearing")
    grants.accept(world.center, world.court, grant)
    viewing = gateway.view(world.center, world.court, photograph, "hearing")
    grants.withdraw(world.center, world.prosecutor, grant, reason="ended")
    with pytest.raises(GrantWithdrawn):
        gateway.viewing(world.center, world.court, viewing.id)


def test_intimate_pictures_are_granted_to_nobody_nor_are_parts_of_pictures(
    world: World, nurse: Person
) -> None:
    intimate = added(world.center, nurse, world.case.id, picture(seed=6), intimate=True, agreed=True).id
    photograph = added(world.center, nurse, world.case.id, picture(seed=7)).id
    size = world.center.ledger.size
    with pytest.raises(IntimateStays):
        give(world, photograph, intimate)
    with pytest.raises(Refused, match="granted whole"):
        granted(
            world.center,
            world.prosecutor,
            world.case.id,
            world.court,
            items=[ItemExtent(photograph, (0, 1))],
        )
    with pytest.raises(Missing):
        give(world, "0" * 32)
    assert world.center.ledger.size == size


def test_a_copy_of_photographs_leaves_under_a_grant_that_names_them_once_it_is_authorised(
    world: World, nurse: Person
) -> None:
    one, other = (added(world.center, nurse, world.case.id, picture(seed=seed)).id for seed in (8, 9))
    grant = give(world, one, kind="copy")
    with pytest.raises(CopyNotAuthorised):
        gateway.exportable(world.center, world.court, [ItemExtent(one)], "hearing")
    with pytest.raises(CopyNotAuthorised):
        photographs.exportable(world.center, world.court, world.case.id)
    grants.authorise_copy(world.center, world.prosecutor, grant, reference="order 8/2076")
    [leaving] = gateway.exportable(world.center, world.court, [ItemExtent(one)], "hearing")
    assert leaving.grant is not None and leaving.grant.id == grant
    assert [shown.id for shown in photographs.exportable(world.center, world.court, world.case.id)] == [one]
    with pytest.raises(NotGranted):
        gateway.exportable(world.center, world.court, [ItemExtent(one), ItemExtent(other)], "hearing")
    assert photographs.saves(world.center, world.court, one), "what may be copied may be saved"
