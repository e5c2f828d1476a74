"""Grants: what a court may open, for which purpose, from when until when; and that nothing else opens."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from casework.access import grants_in_force as reach
from casework.cases import cases, consent, history
from casework.clock import now
from casework.database.models import Grant, Person, Role
from casework.errors import (
    ConsentGone,
    ConsentMissing,
    CopyNotAuthorised,
    Forbidden,
    GrantEnded,
    GrantNotAccepted,
    GrantNotBegun,
    GrantWithdrawn,
    HasLeft,
    Missing,
    NotGranted,
    Refused,
    VaultLocked,
    WrongState,
)
from casework.evidence import gateway
from casework.evidence.gateway import ItemExtent
from casework.grants import grants
from casework.interviews import interviews
from casework.ledger import chains, projections
from casework.people import people
from chain_of_custody.statements.statement import SignedStatement, Statement
from tests.support.centers.casework_world import World, feed
from tests.support.people.granting import granted

SECOND = 1_000_000


@pytest.fixture
async def item(world: World) -> str:
    interview = await asyncio.to_thread(world.interview)
    return await world.recorded(interview, seconds=6)


def give(world: World, person: Person | None = None, **options: Any) -> Grant:
    return granted(world.center, world.prosecutor, world.case.id, person or world.court, **options)


def said(world: World, about: str) -> list[Statement]:
    return [SignedStatement.parse(leaf).statement for leaf in chains.chain(world.center, about).values()]


def turn_to(monkeypatch: pytest.MonkeyPatch, later: timedelta) -> None:
    """As if so much time had gone by, for whoever looks at grants."""
    moment = now() + later
    for module in (reach, grants):
        monkeypatch.setattr(module, "now", lambda: moment)


def test_a_grant_is_stated_with_what_it_says_and_its_words_are_sealed(world: World, item: str) -> None:
    until = now() + timedelta(days=3)
    give(world, accepted=False, items=[ItemExtent(item)], until=until, reason="The first hearing")
    [stated] = said(world, world.case.id)
    assert (stated.type, stated.purpose, stated.case) == ("grant.given", "hearing", world.case.id)
    assert stated.body["person"] == world.court.id
    assert stated.body["items"] == [{"evidence": item, "excerpt": None}]
    assert (stated.body["kind"], stated.body["basis"]) == ("view", "court-order")
    [listed] = grants.of_case(world.center, world.prosecutor, world.case.id)
    assert (listed.reason, listed.reference) == ("The first hearing", "order 7/2076")
    assert (listed.agreement, listed.giver) == ("For this hearing only.", "Person P")
    assert listed.grant.ends_at == until


def test_nothing_opens_before_the_agreement_was_undertaken(world: World, item: str) -> None:
    grant = give(world, accepted=False)
    size = world.center.ledger.size
    with pytest.raises(GrantNotAccepted) as refused:
        gateway.view(world.center, world.court, item, "hearing")
    assert refused.value.grant == grant.id
    assert world.center.ledger.size == size
    with pytest.raises(Missing):
        grants.accept(world.center, world.prosecutor, grant.id)
    world.keyholder.lock()
    with pytest.raises(VaultLocked):  # nobody undertakes what they could not read
        grants.accept(world.center, world.court, grant.id)
    world.keyholder.unlock((world.folder / "keys" / "trial-passphrase.txt").read_text().strip())
    assert grants.accept(world.center, world.court, grant.id).accepted_at is not None
    grants.accept(world.center, world.court, grant.id)
    assert [one.type for one in said(world, world.case.id)] == ["grant.given", "grant.accepted"]
    gateway.view(world.center, world.court, item, "hearing")


def test_the_viewing_names_the_grant_and_is_for_its_purpose_alone(world: World, item: str) -> None:
    grant = give(world)
    gateway.view(world.center, world.court, item, "hearing")
    assert said(world, item)[-1].body == {"grant": grant.id}
    with pytest.raises(NotGranted, match="for hearing, not for review"):
        gateway.view(world.center, world.court, item, "review")
    gateway.view(world.center, world.prosecutor, item, "review")
    assert said(world, item)[-1].body == {}, "who works with the case needs no grant"


async def test_a_grant_of_one_recording_opens_no_other_and_no_other_interview(
    world: World, item: str
) -> None:
    second = await asyncio.to_thread(world.interview)
    other = await world.recorded(second)
    await asyncio.to_thread(give, world, items=[ItemExtent(item)])
    gateway.view(world.center, world.court, item, "hearing")
    with pytest.raises(NotGranted):
        gateway.view(world.center, world.court, other, "hearing")
    with pytest.raises(NotGranted):
        interviews.opening_details(world.center, world.court, second.id)
    with pytest.raises(NotGranted):
        history.of_item(world.center, world.court, other)
    with pytest.raises(Forbidden):  # what was granted to others stands there
        history.of_item(world.center, world.court, world.case.id)
    shown = interviews.of_case(world.center, world.court, world.case.id)
    assert [one.id for one in shown] != [second.id]
    assert len(shown) == 1
    assert grants.opens(world.center, world.court, world.case.id) == {item}
    assert grants.opens(world.center, world.prosecutor, world.case.id) is None


def test_an_excerpt_gives_the_keys_of_its_own_seconds_and_of_no_others(
    world: World, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(world, items=[ItemExtent(item, (2 * SECOND, 4 * SECOND))])
    viewing = gateway.view(world.center, world.court, item, "hearing")
    allowed = viewing.allowed
    assert allowed is not None
    records = viewing.recording.records
    inside = {
        record.index
        for record in records
        if record.kind == "media" and 2 * SECOND <= record.start < 4 * SECOND
    }
    outside = {record.index for record in records if record.kind == "media" and record.start >= 5 * SECOND}
    assert inside <= allowed
    assert not outside & allowed
    assert len(viewing.message_keys(sorted(allowed))) == len(allowed)
    for index in sorted(outside)[:2]:
        with pytest.raises(NotGranted):
            viewing.message_keys([min(inside), index])
        with pytest.raises(NotGranted):
            viewing.message(index)
        with pytest.raises(NotGranted):
            viewing.places([index])
    monkeypatch.delattr("casework.evidence.viewing.header_of")  # its key is not asked for with every message
    assert gateway.viewing(world.center, world.court, viewing.id).allowed == allowed


def test_a_grant_of_every_recording_reaches_nothing_that_must_be_named(world: World, item: str) -> None:
    grant = give(world)
    with world.center.database() as session:
        assert reach.reaching(session, world.court, world.case.id, [item]).id == grant.id
        with pytest.raises(NotGranted):  # a photograph or document
            reach.reaching(session, world.court, world.case.id, ["00" * 16], named=True)


def test_an_excerpt_takes_nothing_from_whoever_was_granted_the_whole(world: World, item: str) -> None:
    give(world)
    give(world, items=[ItemExtent(item, (2 * SECOND, 4 * SECOND))])
    assert gateway.view(world.center, world.court, item, "hearing").allowed is None
    assert grants.reached(world.center, world.court, item).excerpts == ()


def test_a_grant_opens_from_its_beginning_to_its_end(
    world: World, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins = now() + timedelta(days=2)
    give(world, accepted=False, begins=begins, until=begins + timedelta(days=1))
    with pytest.raises(GrantNotBegun):
        gateway.view(world.center, world.court, item, "hearing")
    turn_to(monkeypatch, timedelta(days=2, minutes=1))
    [listed] = grants.mine(world.center, world.court)
    grants.accept(world.center, world.court, listed.grant.id)
    opened = gateway.view(world.center, world.court, item, "hearing")
    turn_to(monkeypatch, timedelta(days=3, minutes=1))
    with pytest.raises(GrantEnded):
        gateway.view(world.center, world.court, item, "hearing")
    with pytest.raises(GrantEnded):  # and what was open closes with it
        gateway.viewing(world.center, world.court, opened.id)
    with pytest.raises(GrantEnded):
        cases.get(world.center, world.court, world.case.id)


def test_a_withdrawal_holds_at_once_also_for_what_is_open(world: World, item: str) -> None:
    grant = give(world)
    opened = gateway.view(world.center, world.court, item, "hearing")
    with pytest.raises(Forbidden):
        grants.withdraw(world.center, world.court, grant.id, reason="ended")
    with pytest.raises(Refused):
        grants.withdraw(world.center, world.prosecutor, grant.id, reason="whim")
    grants.withdraw(world.center, world.prosecutor, grant.id, reason="court-order")
    with pytest.raises(GrantWithdrawn):
        gateway.viewing(world.center, world.court, opened.id)
    with pytest.raises(GrantWithdrawn):
        gateway.view(world.center, world.court, item, "hearing")
    with pytest.raises(WrongState):
        grants.withdraw(world.center, world.prosecutor, grant.id, reason="ended")
    assert said(world, world.case.id)[-1].body == {"grant": grant.id, "reason": "court-order"}


def test_another_grant_does_not_keep_open_what_was_opened_under_one_that_ended(
    world: World, item: str
) -> None:
    first = give(world)
    opened = gateway.view(world.center, world.court, item, "hearing")
    give(world)
    grants.withdraw(world.center, world.prosecutor, first.id, reason="ended")
    with pytest.raises(GrantWithdrawn):
        gateway.viewing(world.center, world.court, opened.id)
    gateway.view(world.center, world.court, item, "hearing")


def test_whoever_has_left_opens_nothing_under_a_grant_and_is_told_so(world: World, item: str) -> None:
    give(world)
    people.retire(world.center, world.administrator, world.court.id)
    gone = people.get(world.center, world.court.id)
    with pytest.raises(HasLeft):
        gateway.view(world.center, gone, item, "hearing")
    [listed] = grants.of_case(world.center, world.prosecutor, world.case.id)
    assert listed.trouble == "has-left"
    with pytest.raises(Refused):
        give(world, gone)


def test_a_copy_needs_a_grant_that_says_so_and_its_authorisation(
    world: World, item: str, tmp_path: Path
) -> None:
    give(world, purpose="review")
    with pytest.raises(NotGranted):
        gateway.export(world.center, world.court, [ItemExtent(item)], "review")
    grant = give(world, kind="copy", items=[ItemExtent(item, (2 * SECOND, 4 * SECOND))])
    part = ItemExtent(item, (2 * SECOND, 4 * SECOND))
    with pytest.raises(CopyNotAuthorised):
        gateway.export(world.center, world.court, [part], "hearing")
    with pytest.raises(Forbidden):
        grants.authorise_copy(world.center, world.court, grant.id, reference="9")
    with pytest.raises(Refused):
        grants.authorise_copy(world.center, world.prosecutor, grant.id, reference=" ")
    grants.authorise_copy(world.center, world.prosecutor, grant.id, reference="9/2076")
    with pytest.raises(WrongState):
        grants.authorise_copy(world.center, world.prosecutor, grant.id, reference="9/2076")
    for more in (
        ItemExtent(item),
        ItemExtent(item, (SECOND, 4 * SECOND)),
        ItemExtent(item, (2 * SECOND, 5 * SECOND)),
    ):
        with pytest.raises(NotGranted, match="only an excerpt"):
            gateway.export(world.center, world.court, [more], "hearing")
    gateway.export_package(
        world.center, world.court, [part], "hearing", tmp_path / "bag", viewing_copies=False
    )
    viewed, exported = said(world, item)[-2:]
    assert (viewed.type, viewed.purpose, viewed.body) == ("evidence.viewed", "export", {"grant": grant.id})
    assert (exported.type, exported.body["grant"]) == ("evidence.exported", grant.id)
    with pytest.raises(Forbidden):  # the same act of the table, and not theirs
        gateway.rehash(world.center, world.court, item)


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "curiosity"},
        {"kind": "keep"},
        {"basis": "friendship"},
        {"reference": ""},
        {"agreement": "  "},
        {"reason": "x" * 2001},
        {"items": []},
        {"until": now() - timedelta(days=1)},
        {"until": now() + timedelta(days=4000)},
        {"begins": now() + timedelta(days=40)},
    ],
)
def test_a_grant_that_makes_no_sense_is_refused_and_nothing_is_stated(
    world: World, wrong: dict[str, Any]
) -> None:
    size = world.center.ledger.size
    with pytest.raises(Refused):
        give(world, **wrong)
    assert world.center.ledger.size == size


async def test_only_what_is_sealed_and_of_the_case_can_be_named(world: World, item: str) -> None:
    for wrong in (
        [ItemExtent(item), ItemExtent(item)],
        [ItemExtent(item, (0, 3600 * SECOND))],
        [ItemExtent(item, (4 * SECOND, 2 * SECOND))],
    ):
        with pytest.raises(Refused):
            await asyncio.to_thread(give, world, items=wrong)
    with pytest.raises(Missing):
        await asyncio.to_thread(give, world, items=[ItemExtent("00" * 16)])
    ticket = await asyncio.to_thread(world.ticket, await asyncio.to_thread(world.interview))
    writer = await world.writer(ticket)
    await feed(writer, 1)
    with pytest.raises(Refused):
        await asyncio.to_thread(give, world, items=[ItemExtent(ticket.evidence)])
    await writer.seal()
    for inside in (world.prosecutor, world.administrator):
        with pytest.raises(Refused):
            await asyncio.to_thread(give, world, inside)


def record(world: World, outcome: str, subject: str = "share-court", text: str = "", **options: Any) -> None:
    consent.record(
        world.center,
        world.prosecutor,
        world.case.id,
        [consent.Answer(subject, outcome, text)],
        **{"decided_by": "self", "form": "oral", "language": "ar", "explained_by": "Person E", **options},
    )


def test_a_grant_that_rests_on_consent_needs_it_and_ends_with_it(world: World, item: str) -> None:
    with pytest.raises(ConsentMissing):
        give(world, basis="consent")
    record(world, "refused")
    with pytest.raises(ConsentMissing):
        give(world, basis="consent")
    record(world, "given")
    give(world, basis="consent", reference="")
    opened = gateway.view(world.center, world.court, item, "hearing")
    consent.withdraw(
        world.center, world.prosecutor, world.case.id, "share-court", decided_by="self", form="oral"
    )
    with pytest.raises(ConsentGone):
        gateway.viewing(world.center, world.court, opened.id)
    with pytest.raises(ConsentGone):
        gateway.view(world.center, world.court, item, "hearing")
    give(world)  # a court's order does not rest on it
    gateway.view(world.center, world.court, item, "hearing")


def test_consent_to_one_kind_of_sharing_says_nothing_of_another(world: World, item: str) -> None:
    counsel = people.add(world.center, world.administrator, "Person D", Role.DEFENCE, "defence")
    record(world, "given", "share-court")
    with pytest.raises(ConsentMissing):
        give(world, counsel, basis="consent")
    record(world, "limited", "share-defence", text="Without the close picture")
    give(world, counsel, basis="consent")
    record(world, "refused", "share-court")
    gateway.view(world.center, counsel, item, "hearing")
    with pytest.raises(Forbidden):  # names and notes are not for the defence
        interviews.opening_details(
            world.center, counsel, interviews.of_case(world.center, counsel, world.case.id)[0].id
        )


def test_a_statement_whose_row_was_never_written_is_found(world: World, item: str) -> None:
    colleague = people.add(world.center, world.administrator, "Person Q", Role.OBSERVER)
    cases.give(world.center, world.prosecutor, world.case.id, colleague.id)
    cases.withdraw(world.center, world.prosecutor, world.case.id, colleague.id)
    grant = give(world)
    record(world, "given", "recording")
    with world.center.database.begin() as session:
        session.delete(session.get_one(Grant, grant.id))
        session.delete(consent_row(session, world))
    last = projections.catch_up(world.center)
    assert last == world.center.ledger.size - 1
    assert gateway.view(world.center, world.court, item, "hearing")
    assert consent.consents_in_force(world.center, world.prosecutor, world.case.id)["recording"] is not None
    with pytest.raises(Forbidden):  # read again from the beginning, the order is still the ledger's
        cases.get(world.center, colleague, world.case.id)


def consent_row(session: Any, world: World) -> Any:
    found = reach.consent_to(session, world.case.id, "recording")
    assert found is not None
    return found
