"""Signed acts around a browser: prepared, signed with the person's own passkey, done once or not at all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from hashlib import sha256

import pytest
from sqlalchemy import select, update

from casework.cases import cases, consent, history
from casework.center import Center
from casework.clock import now
from casework.database.models import Person, PreparedAct, Role
from casework.errors import (
    Forbidden,
    MovedOn,
    PasskeyElsewhere,
    PasskeyMissing,
    Refused,
    SignatureRefused,
    SigningOver,
    StillKept,
)
from casework.grants import grants
from casework.ledger import custody_log, projections, sealed_details
from casework.ledger.custody_log import Draft
from casework.people import credentials, people
from casework.retention import disposal_requests, legal_holds
from casework.signing import pending_acts
from casework.signing.pending_acts import SignatureWanted
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World
from tests.support.centers.disposing_world import Disposing
from tests.support.people.passkeys import ORIGIN, answered, asked, completed, handle, passkey, state
from vault.key_protection.passphrase import Cost
from vault.keyholders.local_keyholder import LocalKeyholder


def place(world: World, reference: str = "4/2076") -> Callable[..., object]:
    return partial(
        legal_holds.place, world.center, world.prosecutor, world.case.id, reason="appeal", reference=reference
    )


def test_what_is_prepared_is_the_statement_itself_and_nothing_is_done_yet(world: World) -> None:
    key = passkey(world, world.prosecutor)
    size = world.center.ledger.size
    waiting = asked(place(world))
    [statement] = waiting.statements
    assert (statement.type, statement.evidence, statement.number) == ("hold.placed", world.case.id, 0)
    assert waiting.challenge == sha256(b"\0" + statement.signed_message()).digest()
    assert (waiting.rp, list(waiting.credentials)) == (key.rp, [handle(key)])
    assert sealed_details.read(world.center, world.case, [statement.details or ""])[
        statement.details or ""
    ] == {
        "reference": "4/2076",
        "name": "Person P",
    }
    assert world.center.ledger.size == size
    assert not legal_holds.over(world.center, world.case.id)


def test_a_signed_act_is_done_and_carries_both_signatures(world: World) -> None:
    key = passkey(world, world.prosecutor)
    waiting = asked(place(world))
    done = completed(world.center, world.prosecutor, waiting, key)
    assert done.leads_to == "/there"
    leaf = SignedStatement.parse(world.center.ledger.entry(done.position))
    assert [leaf.statement] == waiting.statements
    assert key.id in {signature.key for signature in leaf.signatures}
    assert len(leaf.signatures) == 2
    assert legal_holds.over(world.center, world.case.id)
    [entry] = history.of_item(world.center, world.prosecutor, world.case.id)
    assert entry.signed_by == "person"


def test_another_machine_may_take_the_signature(world: World) -> None:
    key = passkey(world, world.prosecutor)
    waiting = asked(place(world))
    completed(world.opened_again(), world.prosecutor, waiting, key)
    assert legal_holds.over(world.center, world.case.id)


def test_the_same_answer_twice_is_one_act(world: World) -> None:
    key = passkey(world, world.prosecutor)
    waiting = asked(place(world))
    first = completed(world.center, world.prosecutor, waiting, key)
    size = world.center.ledger.size
    assert completed(world.opened_again(), world.prosecutor, waiting, key) == first
    assert world.center.ledger.size == size


def test_of_answers_at_once_on_two_machines_one_is_taken(world: World) -> None:
    key = passkey(world, world.prosecutor)
    waiting = asked(place(world))
    size = world.center.ledger.size
    centers = [world.center, world.opened_again()] * 4

    def answer(n: int) -> object:
        try:
            return completed(centers[n], world.prosecutor, waiting, key).position
        except SigningOver:
            return None

    with ThreadPoolExecutor(8) as pool:
        positions = set(pool.map(answer, range(8))) - {None}
    assert positions == {size}
    assert world.center.ledger.size == size + 1


def test_a_chain_that_moved_on_asks_for_another_signature_and_loses_nothing(world: World) -> None:
    key = passkey(world, world.prosecutor)
    waiting = asked(place(world))
    legal_holds.place(world.center, world.prosecutor, world.case.id, reason="other", reference="1")
    size = world.center.ledger.size
    with pytest.raises(MovedOn):
        completed(world.center, world.prosecutor, waiting, key)
    assert world.center.ledger.size == size
    completed(world.center, world.prosecutor, asked(place(world)), key)
    assert len(legal_holds.listed(world.center, world.prosecutor, world.case.id)) == 2


@pytest.mark.parametrize(
    "client",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://amana.example:8443"},
        {"origin": None},
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
        {"crossOrigin": True},
    ],
)
def test_an_answer_from_another_page_or_to_another_question_is_refused(
    world: World, client: dict[str, str]
) -> None:
    key = passkey(world, world.prosecutor)
    waiting = asked(place(world))
    refused(world, waiting, key, answered(waiting, key, **client))


def test_an_answer_for_another_host_unverified_or_altered_is_refused(world: World) -> None:
    key = passkey(world, world.prosecutor)
    for change in (
        lambda data: sha256(b"evil.example").digest() + data[32:],
        lambda data: data[:32] + b"\x01" + data[33:],
        lambda data: data[:36],
        lambda data: data[:36] + b"\x07",
    ):
        waiting = asked(place(world))
        good = answered(waiting, key)
        data = change(good.authenticator)
        # The authenticator itself would have signed these: what it says is refused, or that it did not.
        signed = key.sign(data, good.client) if data[36:] != b"\x07" else None
        refused(world, waiting, key, signed or dataclasses.replace(good, authenticator=data))


def test_an_answer_to_one_act_is_none_to_another(world: World) -> None:
    key = passkey(world, world.prosecutor)
    first, second = asked(place(world, "1")), asked(place(world, "2"))
    refused(world, second, key, answered(first, key))


def test_only_the_persons_own_passkey_in_force_signs(world: World) -> None:
    key, other = passkey(world, world.prosecutor), passkey(world, world.court, 2)
    refused(world, asked(place(world)), other)
    waiting = asked(place(world))
    answer = answered(waiting, other)
    with pytest.raises(SignatureRefused):  # under the name of one's own
        pending_acts.complete(
            world.center,
            world.prosecutor,
            waiting.id,
            session="a session's token",
            origin=ORIGIN,
            credential=handle(key),
            assertion=answer,
        )
    waiting = asked(place(world))
    credentials.revoke(world.center, world.administrator, key.id, "lost")
    refused(world, waiting, key)


def refused(world: World, waiting: pending_acts.PendingAct, key: object, assertion: object = None) -> None:
    """The answer is not taken, nothing is entered, and there is no second try at the same."""
    size = world.center.ledger.size
    with pytest.raises(SignatureRefused):
        completed(world.center, world.prosecutor, waiting, key, assertion)  # type: ignore[arg-type]
    with pytest.raises(SigningOver):
        completed(world.center, world.prosecutor, waiting, key)  # type: ignore[arg-type]
    assert world.center.ledger.size == size
    assert not legal_holds.over(world.center, world.case.id)


def test_what_was_prepared_is_for_its_person_in_its_session_for_a_few_minutes(world: World) -> None:
    key = passkey(world, world.prosecutor)
    other = people.add(world.center, world.administrator, "Person Q", Role.PROSECUTOR)
    waiting = asked(place(world))
    with pytest.raises(SigningOver):
        completed(world.center, other, waiting, key)
    with pytest.raises(SigningOver):
        completed(world.center, world.prosecutor, waiting, key, session="another")
    with pytest.raises(SigningOver):
        completed(world.center, world.prosecutor, dataclasses.replace(waiting, id="00" * 16), key)
    with world.center.database.begin() as session:
        session.execute(update(PreparedAct).values(expires_at=now()))
    with pytest.raises(SigningOver):
        completed(world.center, world.prosecutor, waiting, key)
    # Others' attempts used nothing up; time did. What is long over is forgotten.
    with world.center.database.begin() as session:
        session.execute(update(PreparedAct).values(expires_at=now() - 2 * pending_acts.REMEMBERED))
    asked(place(world))
    with world.center.database() as session:
        assert len(session.scalars(select(PreparedAct)).all()) == 1


def test_who_may_not_do_it_any_more_does_not_by_a_signature_that_was_asked_for_before(
    disposing: Disposing,
) -> None:
    world = disposing.world
    key = passkey(world, disposing.second)
    asking = disposing.requested()
    waiting = asked(
        partial(disposal_requests.approve, disposing.center, disposing.second, asking.id, reference="5"),
    )
    assert disposing.center.retention is not None
    disposing.center.retention.write_text("any 50 years\n")
    with pytest.raises(StillKept):
        completed(disposing.center, disposing.second, waiting, key)
    assert disposal_requests.disposed(disposing.center, asking.item) is None


def test_somebody_whose_role_changed_signs_as_who_they_are_now(world: World) -> None:
    key = passkey(world, world.prosecutor)
    waiting = asked(place(world))
    with world.center.database.begin() as session:  # as a rebuild may find it
        session.get_one(Person, world.prosecutor.id).role = Role.COURT
    now_judge = people.get(world.center, world.prosecutor.id)
    with pytest.raises(MovedOn):
        completed(world.center, now_judge, waiting, key)


def test_a_page_at_another_address_is_told_so(world: World) -> None:
    passkey(world, world.prosecutor, rp="center.example")
    with pytest.raises(PasskeyElsewhere):
        place(world)(state=state())
    assert asked(place(world), origin="https://room.center.example:8443").rp == "center.example"


def test_without_a_passkey_it_depends_on_the_keys_and_on_what_was_set(
    world: World,
) -> None:
    place(world)(state=state())  # trial keys
    for setting, taken in (("refused", False), ("allowed", True)):
        center = dataclasses.replace(world.center, unsigned_acts=setting)
        act = partial(
            legal_holds.place,
            center,
            world.prosecutor,
            world.case.id,
            reason="other",
            reference="1",
            state=state(),
        )
        if taken:
            act()
            continue
        with pytest.raises(PasskeyMissing):
            act()
    folder = world.folder / "protected"
    LocalKeyholder.create(folder, "seven words", Cost(memory_kib=64, passes=1, lanes=1))
    keys = LocalKeyholder.open(folder)
    assert not pending_acts.unsigned_allowed(dataclasses.replace(world.center, keyholder=keys))
    allowed = dataclasses.replace(world.center, keyholder=keys, unsigned_acts="allowed")
    assert pending_acts.unsigned_allowed(allowed)


def test_who_may_not_act_is_refused_before_anything_is_asked_of_their_passkey(world: World) -> None:
    passkey(world, world.court)
    with pytest.raises(Forbidden):
        legal_holds.place(
            world.center, world.court, world.case.id, reason="appeal", reference="7", state=state()
        )
    with world.center.database() as session:
        assert session.scalars(select(PreparedAct)).all() == []


def answers(world: World, *outcomes: str) -> Callable[..., object]:
    """Answers about consent, one for each of the first subjects, on one sheet."""
    drafts = [
        Draft(
            "consent.recorded",
            world.case.id,
            world.prosecutor,
            consent.PURPOSE,
            {"by": "self", "form": "oral", "language": "ar", "outcome": outcome, "subject": subject},
            world.case,
        )
        for subject, outcome in zip(consent.SUBJECTS, outcomes, strict=False)
    ]
    return lambda state: state(world.center, *drafts)


def in_force(world: World) -> list[str]:
    found = consent.consents_in_force(world.center, world.prosecutor, world.case.id)
    return [one.outcome for one in found.values() if one is not None]


def test_a_sheet_is_done_by_one_signature_and_its_answer_counts_once(world: World) -> None:
    key = passkey(world, world.prosecutor)
    waiting = asked(answers(world, "given", "refused", "given"))
    assert not waiting.unsigned
    assert in_force(world) == []
    done = completed(world.opened_again(), world.prosecutor, waiting, key)
    assert in_force(world) == ["given", "refused", "given"]
    said = history.of_item(world.center, world.prosecutor, world.case.id)
    assert [(one.body["outcome"], one.signed_by) for one in said] == [
        ("given", "person"),
        ("refused", "person"),
        ("given", "person"),
    ]
    assert (done.position, world.center.ledger.size) == (said[-1].position, said[-1].position + 1)
    assert completed(world.center, world.prosecutor, waiting, key) == done
    assert world.center.ledger.size == done.position + 1


def test_a_sheet_whose_chain_moved_on_leaves_nothing_half_done(world: World) -> None:
    key = passkey(world, world.prosecutor)
    waiting = asked(answers(world, "given", "given"))
    legal_holds.place(world.center, world.prosecutor, world.case.id, reason="other", reference="1")
    with pytest.raises(MovedOn):
        completed(world.center, world.prosecutor, waiting, key)
    assert in_force(world) == []


def test_a_sheet_is_checked_again_act_by_act_before_any_is_entered(world: World) -> None:
    key = passkey(world, world.prosecutor)
    names = ("Person Q", "Person R")
    receivers = [people.add(world.center, world.administrator, one, Role.INTERVIEWER) for one in names]
    give = partial(cases.give, world.center, world.prosecutor, world.case.id, *(one.id for one in receivers))
    waiting = asked(give)
    people.retire(world.center, world.administrator, receivers[1].id)
    size = world.center.ledger.size
    with pytest.raises(Refused):
        completed(world.center, world.prosecutor, waiting, key)
    assert world.center.ledger.size == size
    assert cases.given_to(world.center, world.prosecutor, world.case.id) == []


def test_only_a_sheet_of_noes_goes_without_a_signature(world: World) -> None:
    passkey(world, world.prosecutor)
    unsigned = pending_acts.by_its_person(session="s", origin=ORIGIN, leads_to="/there", unsigned=True)
    with pytest.raises(SignatureWanted) as wanted:
        answers(world, "given", "refused")(unsigned)
    assert not wanted.value.act.unsigned
    assert asked(answers(world, "refused", "refused")).unsigned
    answers(world, "refused", "refused")(unsigned)
    assert in_force(world) == ["refused", "refused"]


def test_of_a_process_that_dies_while_it_enters_a_sheet_all_is_there_or_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the ledger took it, nothing is; after that, all is, and the rows follow."""
    key = passkey(world, world.prosecutor)
    waiting, size = asked(answers(world, "given", "refused")), world.center.ledger.size
    real = custody_log.append_signed

    def dies(entered: bool) -> Callable[..., object]:
        def append_signed(center: Center, leaves: Sequence[bytes]) -> object:
            if entered:
                real(center, leaves)
            raise KeyboardInterrupt

        return append_signed

    monkeypatch.setattr(custody_log, "append_signed", dies(entered=False))
    with pytest.raises(KeyboardInterrupt):
        completed(world.center, world.prosecutor, waiting, key)
    assert world.center.ledger.size == size
    again = asked(answers(world, "given", "refused"))
    monkeypatch.setattr(custody_log, "append_signed", dies(entered=True))
    with pytest.raises(KeyboardInterrupt):
        completed(world.center, world.prosecutor, again, key)
    monkeypatch.undo()
    assert world.center.ledger.size == size + 2
    for one in (waiting, again):
        with pytest.raises(SigningOver):
            completed(world.center, world.prosecutor, one, key)
    projections.catch_up(world.center)
    assert in_force(world) == ["given", "refused"]


def test_an_act_waits_for_a_few_minutes(world: World) -> None:
    assert timedelta(minutes=1) <= pending_acts.LIFETIME <= timedelta(minutes=10)


def test_cases_are_given_and_taken_back_by_signature(world: World) -> None:
    key = passkey(world, world.prosecutor)
    colleague = people.add(world.center, world.administrator, "Person Q", Role.INTERVIEWER)
    for act, sees in ((cases.give, True), (cases.withdraw, False)):
        waiting = asked(partial(act, world.center, world.prosecutor, world.case.id, colleague.id))
        assert bool(cases.visible(world.center, colleague)) is not sees
        completed(world.opened_again(), world.prosecutor, waiting, key)
        assert bool(cases.visible(world.center, colleague)) is sees
    said = history.of_item(world.center, world.prosecutor, world.case.id)
    assert [(one.type, one.signed_by) for one in said] == [
        ("case.given", "person"),
        ("case.withdrawn", "person"),
    ]


def test_grants_are_given_authorised_and_withdrawn_by_signature(world: World) -> None:
    key = passkey(world, world.prosecutor)
    give = partial(
        grants.give,
        world.center,
        world.prosecutor,
        world.case.id,
        world.court.id,
        purpose="hearing",
        until=now() + timedelta(days=30),
        agreement="You keep to yourself what you see.",
        reference="Order 4/2076",
        basis="court-order",
        kind="copy",
    )
    completed(world.center, world.prosecutor, asked(give), key)
    [listed] = grants.of_case(world.center, world.prosecutor, world.case.id)
    authorise = partial(
        grants.authorise_copy, world.center, world.prosecutor, listed.grant.id, reference="5/2076"
    )
    completed(world.center, world.prosecutor, asked(authorise), key)
    withdraw = partial(grants.withdraw, world.center, world.prosecutor, listed.grant.id, reason="ended")
    completed(world.center, world.prosecutor, asked(withdraw), key)
    [listed] = grants.of_case(world.center, world.prosecutor, world.case.id)
    assert listed.trouble == "grant-withdrawn"
    said = history.of_item(world.center, world.prosecutor, world.case.id)
    assert [(one.type, one.signed_by) for one in said] == [
        ("grant.given", "person"),
        ("copy.authorised", "person"),
        ("grant.withdrawn", "person"),
    ]


def test_a_grant_to_somebody_who_has_left_meanwhile_is_not_given(world: World) -> None:
    key = passkey(world, world.prosecutor)
    colleague = people.add(world.center, world.administrator, "Person Q", Role.INTERVIEWER)
    waiting = asked(partial(cases.give, world.center, world.prosecutor, world.case.id, colleague.id))
    people.retire(world.center, world.administrator, colleague.id)
    size = world.center.ledger.size
    with pytest.raises(Refused):
        completed(world.center, world.prosecutor, waiting, key)
    assert world.center.ledger.size == size
