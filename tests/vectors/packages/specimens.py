"""Specimens: who had them, under which seal. Statements left out, and what a center that lies says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain_of_custody.statements.statement import Actor
from tests.support.packages.alterations import changed, listed, removed
from tests.support.packages.court_packages import CASE, OTHER_CASE, SYSTEM, Center, replace
from tests.vectors.packages.cases import INTACT, Case, Make, refused
from tests.vectors.packages.cases import SMALL as SMALL_CENTER
from tests.vectors.packages.centers import Deployment, enrol
from tests.vectors.packages.files import photograph

KIT, SWAB, SHIRT = "5a" * 16, "5b" * 16, "5c" * 16
NURSE = Actor("a1" * 16, "examiner", "health")
CUSTODIAN = Actor("a2" * 16, "custodian", "one-stop-center")
POLICE = {"organisation": "police", "person": "b1" * 16, "role": "officer"}
LABORATORY = {"organisation": "laboratory", "person": "b2" * 16, "role": "analyst"}
UNTIL, PAST = "2026-12-24T00:00:00.000Z", "2026-11-24T10:00:00.000Z"
FIRST, SECOND, THIRD = "71" * 16, "72" * 16, "73" * 16
"""Handovers."""


def party(actor: Actor) -> dict[str, str]:
    return {"organisation": actor.organisation, "person": actor.id, "role": actor.role}


@dataclass
class Custody:
    """What is stated of one specimen. `seal`: the newest; `stored`: what is said of storage."""

    center: Center
    specimen: str
    seal: str
    stored: bool | None = None

    def take(self, kind: str, number: int, actor: Actor = NURSE, case: str = CASE, **more: Any) -> None:
        body = {"kind": kind, "number": number, "seal": self.seal, "storage": None} | more
        details = {"name": "Person L", "place": "2.1", "what": "from the left forearm"}
        self.center.say("specimen.taken", self.specimen, body, actor=actor, case=case, details=details)

    def seen(self, actor: Actor, **more: Any) -> dict[str, Any]:
        proof = "link" if actor == SYSTEM else "account"
        return {"intact": True, "proof": proof, "seal": self.seal, "stored": self.stored} | more

    def hand(self, handover: str, actor: Actor, giver: dict[str, str], to: str, **more: Any) -> None:
        body = {"giver": giver, "handover": handover, "to": {"organisation": to, "role": "any"}}
        body |= {"until": UNTIL} | self.seen(actor)
        self.center.say("specimen.handed-over", self.specimen, body | more, actor=actor)

    def receive(self, handover: str, actor: Actor, receiver: dict[str, str], **more: Any) -> None:
        body = {"handover": handover, "receiver": receiver} | self.seen(actor)
        self.center.say("specimen.received", self.specimen, body | more, actor=actor)

    def recall(self, handover: str, actor: Actor) -> None:
        self.center.say("specimen.recalled", self.specimen, {"handover": handover}, actor=actor)

    def link(self, actor: Actor, holder: dict[str, str]) -> None:
        self.center.say("specimen.link-made", self.specimen, {"holder": holder}, actor=actor)

    def destroy(self, actor: Actor, giver: dict[str, str], **more: Any) -> None:
        body = {"giver": giver, "reason": "court-order"} | self.seen(actor)
        self.center.say("specimen.destroyed", self.specimen, body | more, actor=actor)

    def withdraw(self, actor: Actor = NURSE) -> None:
        self.center.say("specimen.withdrawn", self.specimen, {"reason": "entered-twice"}, actor=actor)


Story = Callable[[Deployment], object]


def kit(center: Center) -> Custody:
    """A kit that a nurse took."""
    made = Custody(center, KIT, "k-1001")
    made.take("kit", 1)
    return made


def given(center: Deployment) -> Custody:
    """The kit, which the nurse handed over to the police, and the police has not confirmed yet."""
    made = kit(center)
    made.hand(FIRST, NURSE, party(NURSE), "police")
    return made


def with_the_police(center: Deployment) -> Custody:
    made = given(center)
    made.receive(FIRST, SYSTEM, POLICE)
    return made


def swab(center: Center, **more: Any) -> Custody:
    made = Custody(center, SWAB, "s-1002", stored=True)
    made.take("swab", 2, storage="cooled", **more)
    return made


def whole(center: Center) -> None:
    """Nurse, police, laboratory and store; a swab leaves the kit at the laboratory, by a link that a
    colleague made for it; both are destroyed."""
    box = kit(center)
    inside = swab(center, kit=KIT)
    shirt = Custody(center, SHIRT, "c-1003")
    shirt.take("clothing", 3)
    box.hand(FIRST, NURSE, party(NURSE), "police")
    box.receive(FIRST, SYSTEM, POLICE)
    shirt.hand(THIRD, NURSE, party(NURSE), "police")
    shirt.recall(THIRD, NURSE)
    box.hand(SECOND, SYSTEM, POLICE, "laboratory")
    box.receive(SECOND, SYSTEM, LABORATORY, intact=False, seal="k-2001")
    box.seal = "k-2001"
    inside.link(NURSE, LABORATORY)
    inside.hand("74" * 16, SYSTEM, LABORATORY, "one-stop-center")
    inside.receive("74" * 16, CUSTODIAN, party(CUSTODIAN), stored=False)
    inside.destroy(CUSTODIAN, party(CUSTODIAN))
    box.hand("75" * 16, SYSTEM, LABORATORY, "one-stop-center")
    box.receive("75" * 16, CUSTODIAN, party(CUSTODIAN))
    box.destroy(CUSTODIAN, party(CUSTODIAN))
    shirt.hand("76" * 16, NURSE, party(NURSE), "police")


def withdrawn(center: Deployment) -> None:
    """A swab and its kit are withdrawn; the swab is entered again, with the same seal."""
    box = kit(center)
    swab(center, kit=KIT).withdraw()
    box.withdraw()
    again = Custody(center, SHIRT, "s-1002")
    again.take("swab", 3)
    again.hand(FIRST, NURSE, party(NURSE), "police")


def of(story: Story) -> Make:
    """A package with a photograph of the case, and what is stated of specimens."""

    def make(folder: Path) -> None:
        center, file = Deployment.small(), photograph()
        enrol(center)
        file.write()
        center.seal_file(file)
        story(center)
        center.export(folder, [file])

    return make


def lie(name: str, altered: str, story: Story, reason: str, at: int, kind: str = "NotProved") -> Case:
    """A center that lies: refused at step 7, at statement `at`."""
    expected = refused(7, kind, reason, f"statement {at}")
    return Case(f"specimen-{name}", altered, expected, of(story), policy=SMALL_CENTER)


def case(name: str, altered: str, alter: Make, step: int, kind: str, reason: str, where: str | None) -> Case:
    expected = refused(step, kind, reason, where)
    return Case(f"specimen-{name}", altered, expected, of(whole), listed(alter), policy=SMALL_CENTER)


def without(position: int) -> Make:
    """Leave out a statement, with its proof and details."""

    def alter(folder: Path) -> None:
        for path in folder.rglob(f"{position}.*"):
            path.unlink()

    return alter


def earlier(center: Deployment) -> None:
    made = given(center)
    body = {"handover": FIRST, "receiver": POLICE} | made.seen(SYSTEM)
    center.say(
        "specimen.received",
        KIT,
        body,
        actor=SYSTEM,
        change=lambda statement: replace(statement, at="2026-11-24T18:00:00.000Z"),
    )


def another_with_its_number(center: Deployment) -> None:
    kit(center)
    Custody(center, SWAB, "s-1002").take("swab", 1)


def of_another_case(center: Deployment) -> None:
    Custody(center, KIT, "k-1001").take("kit", 1, case=OTHER_CASE)


def in_the_photographs_chain(center: Deployment) -> None:
    center.say("specimen.recalled", photograph().evidence, {"handover": FIRST})


def viewed(center: Deployment) -> None:
    kit(center)
    center.say("evidence.viewed", KIT, {})


def in_a_kit_that_left(center: Deployment) -> None:
    given(center)
    swab(center, kit=KIT)


def in_a_swab(center: Deployment) -> None:
    swab(center)
    Custody(center, SHIRT, "c-1003").take("clothing", 3, kit=SWAB)


def from_a_destroyed_kit(center: Deployment) -> None:
    box = kit(center)
    inside = swab(center, kit=KIT)
    box.destroy(NURSE, party(NURSE))
    inside.hand(FIRST, NURSE, party(NURSE), "police")


def from_a_kit_elsewhere(center: Deployment) -> None:
    box = kit(center)
    inside = swab(center, kit=KIT)
    box.hand(FIRST, NURSE, party(NURSE), "police")
    box.receive(FIRST, SYSTEM, POLICE)
    inside.hand(SECOND, NURSE, party(NURSE), "laboratory")


def link_for_the_last_but_one(center: Deployment) -> None:
    box = with_the_police(center)
    box.hand(SECOND, SYSTEM, POLICE, "laboratory")
    box.receive(SECOND, SYSTEM, LABORATORY)
    box.link(NURSE, POLICE)


def link_out_of_a_kit(center: Deployment) -> None:
    box = kit(center)
    inside = swab(center, kit=KIT)
    box.hand(FIRST, NURSE, party(NURSE), "police")
    box.receive(FIRST, SYSTEM, POLICE)
    inside.link(CUSTODIAN, party(NURSE))


def storage_unsaid(center: Deployment) -> None:
    swab(center).hand(FIRST, NURSE, party(NURSE), "police", stored=None)


def withdrawn_late(center: Deployment) -> None:
    box = given(center)
    box.recall(FIRST, NURSE)
    box.withdraw()


def withdrawn_around_a_swab(center: Deployment) -> None:
    box = kit(center)
    swab(center, kit=KIT)
    box.withdraw()


def withdrawn_from_a_kit_elsewhere(center: Deployment) -> None:
    box = kit(center)
    inside = swab(center, kit=KIT)
    box.hand(FIRST, NURSE, party(NURSE), "police")
    box.receive(FIRST, SYSTEM, POLICE)
    inside.withdraw()


NOT_THEIRS = "it is the act of somebody who did not have the specimen"
NOT_PENDING = "it is of no handover that is pending"
NO_LINK = "a link was made for somebody who had not received it by one"
ENDED = "the specimen had been destroyed or withdrawn before"
PENDING = "an earlier handover had neither been received nor recalled"
NOT_THE_ACTOR = "its actor is not who it says to have confirmed it"
OTHER_CHAIN = "the statement belongs into another chain"

CASES = (
    Case(
        "specimen-intact",
        "Nothing: a kit from the nurse to its destruction, a swab taken out of it, and a shirt.",
        INTACT,
        of(whole),
        policy=SMALL_CENTER,
    ),
    Case(
        "specimen-withdrawn",
        "Nothing: a swab and its kit were entered in error, withdrawn, and the swab entered again.",
        INTACT,
        of(withdrawn),
        policy=SMALL_CENTER,
    ),
    case(
        "receipt-left-out",
        "The receipt of the police was taken out of the package.",
        without(6),
        7,
        "Incomplete",
        "statement 2 of the chain is expected, this is 3",
        "statement 9",
    ),
    case(
        "destruction-left-out",
        "The last statement of the kit, its destruction, was taken out of the package.",
        without(17),
        14,
        "Altered",
        "the package is not the one that was exported",
        "statement 19",
    ),
    case(
        "chain-left-out",
        "All statements of the shirt were taken out of the package.",
        lambda folder: [without(position)(folder) for position in (4, 7, 8, 18)],
        14,
        "Altered",
        "the package is not the one that was exported",
        "statement 19",
    ),
    case(
        "seal-changed",
        "The number of a seal was changed in a statement.",
        changed("data/statements/2.json", b"k-1001", b"k-1002"),
        5,
        "InclusionInvalid",
        "the proof does not lead to the signed root",
        "statement 2",
    ),
    case(
        "proof-left-out",
        "The proof of a receipt was taken out of the package.",
        removed("data/statements/6.tlog-proof"),
        2,
        "Incomplete",
        "a statement without proof, or a proof without statement",
        "statement 6",
    ),
    lie(
        "by-another",
        "The kit is handed over by somebody who never had it.",
        lambda center: kit(center).hand(FIRST, CUSTODIAN, party(CUSTODIAN), "police"),
        NOT_THEIRS,
        3,
    ),
    lie(
        "by-the-last-but-one",
        "The nurse hands the kit over again after the police has received it.",
        lambda center: with_the_police(center).hand(SECOND, NURSE, party(NURSE), "laboratory"),
        NOT_THEIRS,
        5,
    ),
    lie(
        "for-another",
        "A handover is stated by another person than it says.",
        lambda center: kit(center).hand(FIRST, CUSTODIAN, party(NURSE), "police"),
        NOT_THE_ACTOR,
        3,
    ),
    lie(
        "receipt-for-another",
        "A receipt of the police is said to be confirmed in an account, and is stated by the nurse.",
        lambda center: given(center).receive(FIRST, NURSE, POLICE),
        NOT_THE_ACTOR,
        4,
    ),
    lie(
        "link-by-a-person",
        "A receipt on a page opened by a link is stated by a person.",
        lambda center: given(center).receive(FIRST, CUSTODIAN, POLICE, proof="link"),
        NOT_THE_ACTOR,
        4,
    ),
    lie(
        "another-organisation",
        "The kit was handed over to the police, and the laboratory received it.",
        lambda center: given(center).receive(FIRST, SYSTEM, LABORATORY),
        "it was received by another organisation than it was handed over to",
        4,
    ),
    lie(
        "received-by-the-giver",
        "The nurse received what she herself handed over.",
        lambda center: given(center).receive(FIRST, SYSTEM, POLICE | {"person": NURSE.id}),
        "it was received by the person who handed it over",
        4,
    ),
    lie(
        "received-twice",
        "A handover was received twice.",
        lambda center: with_the_police(center).receive(FIRST, SYSTEM, POLICE),
        NOT_PENDING,
        5,
    ),
    lie(
        "received-of-no-handover",
        "A kit was received that nobody had handed over.",
        lambda center: kit(center).receive(FIRST, SYSTEM, POLICE),
        NOT_PENDING,
        3,
    ),
    lie(
        "received-of-another-handover",
        "A receipt names another handover.",
        lambda center: given(center).receive(SECOND, SYSTEM, POLICE),
        NOT_PENDING,
        4,
    ),
    lie(
        "handed-over-twice",
        "A kit was handed over again before anybody had received it.",
        lambda center: given(center).hand(SECOND, NURSE, party(NURSE), "laboratory"),
        PENDING,
        4,
    ),
    lie(
        "recalled-by-another",
        "A handover was recalled by somebody else than made it.",
        lambda center: given(center).recall(FIRST, CUSTODIAN),
        NOT_THE_ACTOR,
        4,
    ),
    lie(
        "recalled-late",
        "A handover was recalled after it had been received.",
        lambda center: with_the_police(center).recall(FIRST, NURSE),
        NOT_PENDING,
        5,
    ),
    lie(
        "another-seal",
        "A receipt names another seal and says that it was intact.",
        lambda center: given(center).receive(FIRST, SYSTEM, POLICE, seal="k-1009"),
        "it names another seal than the statement before, as intact",
        4,
    ),
    lie(
        "storage-unsaid",
        "A swab was to be cooled, and its handover does not say whether it was.",
        storage_unsaid,
        "it answers a storage condition that was not asked, or not the one that was",
        3,
    ),
    lie(
        "storage-not-asked",
        "A handover says how the kit was stored, which nobody had asked.",
        lambda center: kit(center).hand(FIRST, NURSE, party(NURSE), "police", stored=True),
        "it answers a storage condition that was not asked, or not the one that was",
        3,
    ),
    lie(
        "received-earlier",
        "A receipt has an earlier time than the handover.",
        earlier,
        "its time is before that of the statement before it",
        4,
    ),
    lie(
        "over-before-begun",
        "A handover was to be received before it was made.",
        lambda center: kit(center).hand(FIRST, NURSE, party(NURSE), "police", until=PAST),
        "it was to be received before it was handed over",
        3,
    ),
    lie(
        "after-destruction",
        "The kit is handed over after it was destroyed.",
        lambda center: (
            (box := kit(center)).destroy(NURSE, party(NURSE)),
            box.hand(FIRST, NURSE, party(NURSE), "police"),
        ),
        ENDED,
        4,
    ),
    lie(
        "link-for-the-last-but-one",
        "A link is made for the police after the laboratory has received the kit.",
        link_for_the_last_but_one,
        NO_LINK,
        7,
    ),
    lie(
        "link-for-an-account",
        "A link is made for the nurse, who took the kit in her account.",
        lambda center: kit(center).link(CUSTODIAN, party(NURSE)),
        NO_LINK,
        3,
    ),
    lie(
        "link-out-of-a-kit",
        "A link is made for the nurse for a swab out of a kit that the police has.",
        link_out_of_a_kit,
        NO_LINK,
        6,
    ),
    lie(
        "link-of-nobody",
        "A link is made by the center's system for the kit's holder.",
        lambda center: with_the_police(center).link(SYSTEM, POLICE),
        "a link was made by nobody",
        5,
    ),
    lie(
        "link-after-destruction",
        "A link is made for the police after it has destroyed the kit.",
        lambda center: ((box := with_the_police(center)).destroy(SYSTEM, POLICE), box.link(NURSE, POLICE)),
        ENDED,
        6,
    ),
    lie(
        "destroyed-by-another",
        "The kit was destroyed by somebody who never had it.",
        lambda center: kit(center).destroy(CUSTODIAN, party(CUSTODIAN)),
        NOT_THEIRS,
        3,
    ),
    lie(
        "from-a-destroyed-kit",
        "A swab is handed over after the kit that it was in was destroyed.",
        from_a_destroyed_kit,
        ENDED,
        5,
    ),
    lie(
        "from-a-kit-elsewhere",
        "The nurse hands over a swab out of a kit that the police has.",
        from_a_kit_elsewhere,
        NOT_THEIRS,
        6,
    ),
    lie(
        "into-a-kit-that-left",
        "A swab is put into a kit that had been handed over before.",
        in_a_kit_that_left,
        PENDING,
        4,
    ),
    lie(
        "into-a-swab",
        "A shirt is put into a swab.",
        in_a_swab,
        "it was put into what is no kit of its case",
        3,
    ),
    lie(
        "into-no-kit",
        "A swab is put into a kit that is not in the package.",
        lambda center: swab(center, kit=KIT),
        "the kit that it was put into is not here, or was taken after it",
        2,
        "Incomplete",
    ),
    lie(
        "of-one-number",
        "Two specimens have one number in their case.",
        another_with_its_number,
        "another specimen is also number 1 of its case",
        3,
    ),
    lie(
        "of-another-case",
        "A kit of another case.",
        of_another_case,
        "the statement belongs to none of the items here",
        2,
    ),
    lie(
        "taken-by-nobody",
        "A kit was taken by the center's system.",
        lambda center: Custody(center, KIT, "k-1001").take("kit", 1, actor=SYSTEM),
        "a specimen was taken by nobody",
        2,
    ),
    lie(
        "taken-twice",
        "A kit was taken a second time.",
        lambda center: kit(center).take("kit", 2),
        OTHER_CHAIN,
        3,
    ),
    lie(
        "withdrawn-by-another",
        "The kit is withdrawn by somebody who did not take it.",
        lambda center: kit(center).withdraw(CUSTODIAN),
        NOT_THE_ACTOR,
        3,
    ),
    lie(
        "withdrawn-late",
        "The kit is withdrawn after it had been handed over and the handover was recalled.",
        withdrawn_late,
        "a taking was withdrawn of which more had been stated",
        5,
    ),
    lie(
        "withdrawn-around-a-swab",
        "A kit is withdrawn that a swab was put into.",
        withdrawn_around_a_swab,
        "the taking of a kit was withdrawn, and specimens had been put into it",
        4,
    ),
    lie(
        "withdrawn-from-a-kit-elsewhere",
        "A swab is withdrawn that is in a kit that the police has.",
        withdrawn_from_a_kit_elsewhere,
        NOT_THEIRS,
        6,
    ),
    lie(
        "after-withdrawal",
        "The kit is handed over after it was withdrawn.",
        lambda center: ((box := kit(center)).withdraw(), box.hand(FIRST, NURSE, party(NURSE), "police")),
        ENDED,
        4,
    ),
    lie(
        "into-a-withdrawn-kit",
        "A swab is put into a kit that was withdrawn.",
        lambda center: (kit(center).withdraw(), swab(center, kit=KIT)),
        ENDED,
        4,
    ),
    lie("viewed", "A kit was viewed as if it were a recording.", viewed, OTHER_CHAIN, 3),
    lie(
        "in-the-chain-of-a-photograph",
        "A handover was recalled in the chain of a photograph.",
        in_the_photographs_chain,
        OTHER_CHAIN,
        2,
    ),
)
