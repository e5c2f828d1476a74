"""Taking a specimen with the passkey of who takes it: its number is reserved until the taking is signed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from casework.clock import now
from casework.errors import Missing, MovedOn, NotTaken, Refused, SealKnown, SpecimenMovedOn
from casework.interviews import opened_in_error
from casework.signing.pending_acts import PendingAct
from casework.specimens import handovers, listing, taking
from tests.support.people.passkeys import asked, completed, passkey
from tests.unit.casework.specimens.conftest import INTACT, Taken

SWAB: dict[str, Any] = {"kind": "swab", "seal": "S-1", "what": "dry, of the neck"}


def prepared(taken: Taken, **described: Any) -> PendingAct:
    """What the page is told when the nurse, who has a passkey, enters a specimen."""
    center = taken.world.center
    reserved = taking.reserve(center, taken.nurse, taken.world.case.id, **{**SWAB, **described})
    return asked(lambda state: taking.take(center, taken.nurse, reserved, state=state))


def test_a_taking_is_signed_by_who_takes_it_and_nothing_is_listed_before(taken: Taken) -> None:
    center, case = taken.world.center, taken.world.case.id
    key = passkey(taken.world, taken.nurse)
    waiting = prepared(taken, place=taking.Place("woman", "front", "neck"))
    [statement] = waiting.statements
    assert (statement.type, statement.number, statement.body["number"]) == ("specimen.taken", 0, 1)
    assert waiting.details[0]["what"] == "dry, of the neck"
    assert listing.of_case(center, taken.nurse, case) == []
    with pytest.raises(Missing):
        listing.one(center, taken.nurse, statement.evidence)
    completed(center, taken.nurse, waiting, key)
    [listed] = listing.of_case(center, taken.nurse, case)
    assert (listed.row.id, listed.row.number, listed.row.stated) == (statement.evidence, 1, 1)
    assert listed.theirs
    [entry] = listing.chain(center, taken.nurse, listed.row.id)
    assert entry.signed_by == "person"


def test_a_number_that_was_never_signed_is_that_of_the_persons_next_specimen(taken: Taken) -> None:
    center = taken.world.center
    key = passkey(taken.world, taken.nurse)
    first, second = prepared(taken), prepared(taken, kind="hair", seal="H-9")
    assert first.statements[0].evidence == second.statements[0].evidence
    completed(center, taken.nurse, second, key)
    with pytest.raises(MovedOn):
        completed(center, taken.nurse, first, key)
    [listed] = listing.of_case(center, taken.nurse, taken.world.case.id)
    assert (listed.row.number, listed.row.kind, listed.row.seal) == (1, "hair", "h-9")
    completed(center, taken.nurse, prepared(taken), key)
    assert [one.row.number for one in listing.of_case(center, taken.nurse, taken.world.case.id)] == [1, 2]


def test_what_she_refused_before_the_signature_came_is_not_entered(taken: Taken) -> None:
    key = passkey(taken.world, taken.nurse)
    waiting = prepared(taken)
    taken.agree("refused", "specimens")
    with pytest.raises(NotTaken):
        completed(taken.world.center, taken.nurse, waiting, key)
    assert listing.of_case(taken.world.center, taken.nurse, taken.world.case.id) == []


def test_what_was_put_into_a_kit_is_not_entered_once_the_kit_has_gone(taken: Taken) -> None:
    kit = taken.take()
    key = passkey(taken.world, taken.nurse)
    waiting = prepared(taken, kit=kit.id)
    to = {"organisation": "one-stop-center", "role": "custodian"}
    until = now() + timedelta(days=1)
    handed = asked(
        lambda state: handovers.hand_over(
            taken.world.center, taken.nurse, kit.id, to, until, INTACT, state=state
        )
    )
    completed(taken.world.center, taken.nurse, handed, key)
    with pytest.raises(SpecimenMovedOn, match="earlier handover"):
        completed(taken.world.center, taken.nurse, waiting, key)


def test_a_withdrawal_is_signed_and_checked_again_when_the_signature_comes(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()
    key = passkey(taken.world, taken.nurse)

    def withdrawal() -> PendingAct:
        return asked(
            lambda state: handovers.withdraw(center, taken.nurse, kit.id, "not-taken", "", state=state)
        )

    waiting, again = withdrawal(), withdrawal()
    completed(center, taken.nurse, waiting, key)
    assert taken.row(kit).withdrawn
    assert listing.chain(center, taken.nurse, kit.id)[-1].signed_by == "person"
    with pytest.raises(MovedOn):
        completed(center, taken.nurse, again, key)


def test_nobody_takes_what_was_reserved_for_another_person(taken: Taken) -> None:
    center = taken.world.center
    reserved = taking.reserve(center, taken.nurse, taken.world.case.id, **SWAB)
    with pytest.raises(Refused):
        taking.take(center, taken.world.prosecutor, reserved)


def test_a_number_that_is_only_reserved_keeps_no_case_from_being_voided(taken: Taken) -> None:
    center = taken.world.center
    taking.reserve(center, taken.nurse, taken.world.case.id, **SWAB)
    opened_in_error.void_case(center, taken.world.prosecutor, taken.world.case.id, "trial")


def test_what_was_entered_is_not_entered_twice(taken: Taken) -> None:
    center = taken.world.center
    first = taken.take("swab", "S-1")
    with pytest.raises(SealKnown):
        taken.take("swab", "s-1")
    taken.take("hair", "S-1")
    handovers.destroy(center, taken.nurse, first.id, "used-up", INTACT)
    taken.take("swab", "S-1")
