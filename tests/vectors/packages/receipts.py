"""What courts acknowledge, in their receipts."""

from __future__ import annotations

from chain_of_custody.statements.court_receipt import sign_receipt
from tests.support.packages.court_packages import EVIDENCE, Recording, key
from tests.vectors.packages.cases import INTACT, SMALL, Case
from tests.vectors.packages.centers import Deployment, sealed
from tests.vectors.packages.people import Story, large, told

AT = "2026-11-24T19:18:30.000Z"


def received(**wrong: str) -> Story:
    """A court acknowledged an earlier package; what its key signed is another thing, if it is told so."""

    def story(center: Deployment, recording: Recording) -> None:
        sealed(center, recording)
        receipt = sign_receipt(key(80), at=AT, organisation="court", outcome="intact", package="5a" * 32)
        center.say("custody.transferred", EVIDENCE, {"receipt": receipt | wrong})

    return story


CASES = (
    large(
        "receipt-of-another-package",
        "A court's receipt names another package than its key signed.",
        received(package="5b" * 32),
        "the court's signature on its receipt does not hold",
        "statement 7",
    ),
    large(
        "receipt-with-another-outcome",
        "A court's receipt says another outcome than its key signed.",
        received(outcome="consistent"),
        "the court's signature on its receipt does not hold",
        "statement 7",
    ),
    Case(
        "intact-acknowledged",
        "Nothing: a court acknowledged an earlier package.",
        INTACT,
        told(received()),
        policy=SMALL,
    ),
)
