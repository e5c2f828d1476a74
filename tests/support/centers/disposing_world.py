"""A sealed part in two real copies, two people who may end it, and rules that keep nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from casework.cases import cases
from casework.center import Center
from casework.database.models import Disposal, Person, Role
from casework.people import people
from casework.retention import destruction, disposal_requests
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import Copied


@dataclass
class Disposing:
    """`first` asks, `second` decides; `copied.item` may be disposed of."""

    copied: Copied
    center: Center
    first: Person
    second: Person

    @property
    def item(self) -> str:
        return self.copied.item

    @property
    def world(self) -> World:
        return self.copied.world

    def requested(self, item: str | None = None) -> Disposal:
        return disposal_requests.request(
            self.center, self.first, item or self.item, reason="retention-ended", reference="List 4/2076"
        )

    def approved(self, item: str | None = None) -> Disposal:
        return disposal_requests.approve(
            self.center, self.second, self.requested(item).id, reference="Minutes 5/2076"
        )

    def look(self) -> None:
        """What the background does, once."""
        for disposal in destruction.due(self.center):
            destruction.carry_out(self.center, disposal)

    def told(self) -> disposal_requests.DisposalDetails:
        return disposal_requests.listed(self.center, self.first, self.world.case.id)[0]


@pytest.fixture
def disposing(copied: Copied) -> Disposing:
    world = copied.world
    rules = world.folder / "retention.txt"
    rules.write_text("any 0 days\n")
    second = people.add(world.center, world.administrator, "Person S", Role.PROSECUTOR)
    cases.give(world.center, world.prosecutor, world.case.id, second.id)
    assert world.key_store.carry() == 0
    return Disposing(copied, replace(copied.center, retention=rules), world.prosecutor, second)
