"""A court's receipt: stated for every item of its package, once, by whoever may export it."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.database.models import Case
from casework.errors import Forbidden, Missing, Refused
from casework.evidence import court_receipts
from casework.ledger import chains, custody_log
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import Malformed, SignatureInvalid
from chain_of_custody.statements.court_receipt import sign_receipt
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World

COURT = Ed25519PrivateKey.from_private_bytes(bytes(32))
PACKAGE = "ab" * 32


def receipt(package: str = PACKAGE, key: Ed25519PrivateKey = COURT) -> dict[str, Any]:
    return sign_receipt(
        key, at="2026-11-25T10:00:00.000Z", organisation="court.ramallah", outcome="intact", package=package
    )


@pytest.fixture
async def items(world: World) -> list[str]:
    """Two items of one case, exported in one package."""
    found = [await world.recorded(world.interview(), 1) for _ in range(2)]
    for item in found:
        export(world, item, PACKAGE)
    return found


def export(world: World, item: str, package: str) -> None:
    with world.center.database() as session:
        case = session.get(Case, world.case.id)
    custody_log.append(
        world.center,
        custody_log.Draft(
            type="evidence.exported",
            evidence=item,
            person=world.prosecutor,
            purpose="hearing",
            body={"excerpt": None, "package": package, "registry": 0},
            case=case,
        ),
    )


def last(world: World, about: str) -> SignedStatement:
    leaves = chains.chain(world.center, about)
    return SignedStatement.parse(leaves[max(leaves)])


def test_a_receipt_is_stated_for_every_item_of_its_package(world: World, items: list[str]) -> None:
    assert court_receipts.record(world.center, world.prosecutor, receipt()) == items
    for item in items:
        statement = last(world, item).statement
        assert (statement.type, statement.body) == ("custody.transferred", {"receipt": receipt()})
        assert (statement.actor.id, statement.purpose) == (world.prosecutor.id, "hearing")


def test_a_receipt_is_stated_once(world: World, items: list[str]) -> None:
    court_receipts.record(world.center, world.prosecutor, receipt())
    heads = [last(world, item).head for item in items]
    with pytest.raises(Refused, match="is in the ledger since"):
        court_receipts.record(world.center, world.prosecutor, receipt())
    assert [last(world, item).head for item in items] == heads


def test_another_court_acknowledges_the_same_package(world: World, items: list[str]) -> None:
    court_receipts.record(world.center, world.prosecutor, receipt())
    other = Ed25519PrivateKey.generate()
    assert court_receipts.record(world.center, world.prosecutor, receipt(key=other)) == items


def test_a_receipt_for_a_package_from_elsewhere_is_refused(world: World, items: list[str]) -> None:
    with pytest.raises(Missing, match="no package with this digest was exported"):
        court_receipts.record(world.center, world.prosecutor, receipt("cd" * 32))
    assert last(world, items[0]).statement.type == "evidence.exported"


def test_an_item_of_another_package_is_left_alone(world: World, items: list[str]) -> None:
    export(world, items[1], "cd" * 32)
    assert court_receipts.record(world.center, world.prosecutor, receipt("cd" * 32)) == items[1:]
    assert last(world, items[0]).statement.type == "evidence.exported"


def test_a_receipt_with_a_wrong_signature_is_refused(world: World, items: list[str]) -> None:
    with pytest.raises(SignatureInvalid):
        court_receipts.record(world.center, world.prosecutor, receipt() | {"organisation": "court.nablus"})
    assert last(world, items[0]).statement.type == "evidence.exported"


def test_a_receipt_that_anybody_could_have_signed_is_refused(world: World, items: list[str]) -> None:
    """R = 1, S = 0, under the neutral point as a key."""
    one = bytes([1]) + bytes(31)
    forged = {"key": encode_base64(one), "signature": encode_base64(one + bytes(32))}
    with pytest.raises(Malformed, match="small order"):
        court_receipts.record(world.center, world.prosecutor, receipt() | forged)
    assert last(world, items[0]).statement.type == "evidence.exported"


def test_who_may_not_export_does_not_record_receipts(world: World, items: list[str]) -> None:
    for person in (world.administrator, world.court):
        with pytest.raises(Forbidden):
            court_receipts.record(world.center, person, receipt())
    assert last(world, items[0]).statement.type == "evidence.exported"
