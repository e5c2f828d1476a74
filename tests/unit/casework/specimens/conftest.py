"""A case with people who may have specimens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from casework.cases import cases, consent
from casework.clock import now
from casework.database.models import Person, Role, Specimen
from casework.ledger import chains
from casework.people import people
from casework.specimens import handovers
from casework.specimens.acts import Condition
from chain_of_custody.statements.statement import SignedStatement, Statement
from tests.support.centers.casework_world import World
from tests.support.centers.taken_specimens import take_specimen

INTACT = Condition(intact=True)


@dataclass
class Taken:
    """The people of a case, and what they do with its specimens."""

    world: World
    nurse: Person
    custodian: Person

    def take(self, kind: str = "kit", seal: str = "K-1001", **more: Any) -> Specimen:
        values = {"what": "from the left forearm", **more}
        return take_specimen(
            self.world.center, self.nurse, self.world.case.id, kind=kind, seal=seal, **values
        )

    def agree(self, outcome: str = "given", subject: str = "police-specimens") -> None:
        consent.record(
            self.world.center,
            self.nurse,
            self.world.case.id,
            [consent.Answer(subject, outcome)],
            language="ar",
            explained_by="Person N",
            decided_by="self",
            form="oral",
        )

    def hand(self, row: Specimen, by: Person | None = None, to: str = "police", **more: Any) -> None:
        values = {"role": "officer", "until": now() + timedelta(days=1), "condition": INTACT, **more}
        party = {"organisation": to, "role": values.pop("role")}
        handovers.hand_over(self.world.center, by or self.nurse, row.id, party, **values)

    def row(self, row: Specimen) -> Specimen:
        return self.world.center.database.get_one(Specimen, row.id)

    def statements(self, row: Specimen) -> list[Statement]:
        return [
            SignedStatement.parse(leaf).statement for leaf in chains.chain(self.world.center, row.id).values()
        ]


@pytest.fixture
def taken(world: World) -> Taken:
    nurse = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    custodian = people.add(world.center, world.administrator, "Person C", Role.CUSTODIAN)
    cases.give(world.center, world.prosecutor, world.case.id, nurse.id)
    return Taken(world, nurse, custodian)
