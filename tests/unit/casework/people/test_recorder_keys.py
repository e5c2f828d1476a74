"""Recorders that are no longer vouched for: what they say, what they are given, what they sealed before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.cases import history
from casework.errors import Forbidden, Missing, Refused, WrongState
from casework.evidence import gateway
from casework.interviews import recorder_statements
from casework.ledger import chains, custody_log, registry_statements
from casework.people import recorder_keys
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import ChainConflict, Malformed, SignatureInvalid
from chain_of_custody.statements.keys import key_id
from chain_of_custody.statements.statement import SignedStatement, sign
from chain_of_custody.statements.webauthn import ED25519_PREFIX
from tests.support.centers.casework_world import QUICK, World, feed


def key_of(world: World) -> str:
    return key_id(world.recorder_key.public_key().public_bytes_raw())


def test_recorders_are_listed_with_when_they_counted(world: World) -> None:
    [one] = recorder_keys.listed(world.center)
    assert (one.key, one.name, one.enrolled, one.revoked, one.open) == (
        key_of(world),
        "recorder-1",
        0,
        None,
        (),
    )
    recorder_keys.revoke(world.center, world.administrator, key_of(world), "stolen")
    [one] = recorder_keys.listed(world.center)
    assert one.revoked == world.center.ledger.size - 1
    assert recorder_keys.in_force(world.center) == []


def test_a_revoked_recorder_gets_no_ticket(world: World) -> None:
    interview = world.interview()
    recorder_keys.revoke(world.center, None, key_of(world), "stolen")
    for wanted in (None, key_of(world)):
        with pytest.raises(Refused, match="no such recorder"):
            gateway.ticket_for_part(world.center, world.prosecutor, interview.id, wanted)
    new = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    custody_log.enrol_recorder(world.center, new, "recorder-2")
    assert gateway.ticket_for_part(world.center, world.prosecutor, interview.id).recorder == key_id(new)


def test_a_key_under_which_anybody_can_sign_is_enrolled_for_nobody(world: World) -> None:
    """Not even where a compromised web process states the enrolment itself."""
    one, size = bytes([1]) + bytes(31), world.center.ledger.size
    with pytest.raises(Malformed, match="small order"):
        custody_log.enrol_recorder(world.center, one, "recorder-2")
    body = {"algorithm": "eddsa", "key": encode_base64(ED25519_PREFIX + one), "rp": "amana.example"}
    body |= {"person": world.prosecutor.id, "proof": "link"}
    with pytest.raises(Refused, match="small order"):
        registry_statements.state(world.center, None, "credential.enrolled", body)
    assert world.center.ledger.size == size


async def test_nothing_is_taken_from_a_recorder_after_it_was_revoked(world: World) -> None:
    ticket = world.ticket(world.interview())
    writer = await world.writer(ticket, limits=replace(QUICK, seal_seconds=0.1))
    await feed(writer, 1)
    with pytest.raises(WrongState, match=ticket.evidence):
        recorder_keys.revoke(world.center, None, key_of(world), "stolen")
    recorder_keys.revoke(world.center, None, key_of(world), "stolen", at_once=True)
    said = list(chains.chain(world.center, ticket.evidence))
    await writer.seal()  # durable where it was recorded, and no further
    assert list(chains.chain(world.center, ticket.evidence)) == said
    [one] = recorder_keys.listed(world.center)
    assert one.open == (ticket.evidence,)


async def test_what_was_sealed_before_stays_proved(world: World) -> None:
    sealed = await world.recorded(world.interview())
    recorder_keys.revoke(world.center, None, key_of(world), "worn-out")
    keys = custody_log.keys(world.center)
    for position, leaf in chains.chain(world.center, sealed).items():
        SignedStatement.parse(leaf).verify(keys, position)
    entries = history.of_item(world.center, world.prosecutor, sealed)
    assert {entry.signed_by for entry in entries} == {"recorder"}


async def test_a_statement_that_overtook_its_revocation_does_not_enter_the_ledger(world: World) -> None:
    """It was verified while its key still counted: only the ledger's own transaction can know."""
    await world.recorded(world.interview())
    said = [SignedStatement.parse(world.center.ledger.entry(n)) for n in range(world.center.ledger.size)]
    seal = next(one for one in said if one.statement.type == "recording.sealed")
    recorder_keys.revoke(world.center, None, key_of(world), "stolen")
    late = sign(
        replace(seal.statement, number=seal.statement.number + 1, previous=seal.leaf_hash.hex()),
        world.recorder_key,
    )
    size = world.center.ledger.size
    with pytest.raises(ChainConflict, match="was revoked meanwhile"):
        world.center.ledger.append([late])
    assert world.center.ledger.size == size
    with pytest.raises(SignatureInvalid, match="was revoked before"):
        recorder_statements.append_leaf(world.center, late)


def test_revoking_is_for_administrators_with_a_reason_in_a_code_and_only_once(world: World) -> None:
    with pytest.raises(Forbidden):
        recorder_keys.revoke(world.center, world.prosecutor, key_of(world), "stolen")
    with pytest.raises(Refused):
        recorder_keys.revoke(world.center, None, key_of(world), "It was stolen")
    with pytest.raises(Missing):
        recorder_keys.revoke(world.center, None, "00" * 8, "stolen")
    recorder_keys.revoke(world.center, None, key_of(world), "stolen")
    size = world.center.ledger.size
    recorder_keys.revoke(world.center, None, key_of(world), "stolen")
    assert world.center.ledger.size == size


def test_a_revoked_recorder_is_not_enrolled_again(world: World) -> None:
    recorder_keys.revoke(world.center, None, key_of(world), "stolen")
    public = world.recorder_key.public_key().public_bytes_raw()
    size = world.center.ledger.size
    assert custody_log.enrol_recorder(world.center, public, "recorder-1") == key_of(world)
    assert world.center.ledger.size == size
    assert recorder_keys.in_force(world.center) == []
