"""Check that the custody of each specimen is unbroken: who had it, under which seal, until when.

The second half of step 7 of `verify`. A specimen is an object outside the center's systems, so what is proved
is who stated what about it, and that these statements agree: it is handed on only by who has it, each receipt
is of one handover, a seal that is said to be intact is the one before, and nothing follows its destruction or
the withdrawal of its taking. What is in a kit is where the kit is, until it is handed over or destroyed apart
from the kit.

Trusts: `chains.check_chains`, which proves each chain. Specification: docs/spec/specimen.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from chain_of_custody.errors import Incomplete, NotProved
from chain_of_custody.statements.types import KIT, WITHDRAWN
from chain_of_custody.verifier.chains import Chains, LedgerStatement

_CHAIN = "chains"
_ENDED = "the specimen had been destroyed or withdrawn before"
Party: TypeAlias = Mapping[str, str]
"""Who has a specimen: `organisation` and `role` are codes, `person` is an id."""


@dataclass
class Custody:
    """Where a specimen is, by the statements so far.

    `pending`: its handover that has no receipt yet. `apart`: whether it is not, or no longer, in a kit.
    `by_link`: whether its holder confirmed by a one-time link that they had it.
    """

    taken: LedgerStatement
    holder: Party
    seal: str
    at: str
    kit: Custody | None = None
    apart: bool = True
    by_link: bool = False
    pending: LedgerStatement | None = None
    ended: LedgerStatement | None = None

    @property
    def withdrawn(self) -> bool:
        """Return whether its taker stated that it was entered in error."""
        return self.ended is not None and self.ended.statement.type == WITHDRAWN

    @property
    def number(self) -> int:
        """Return its number in its case."""
        number: int = self.taken.statement.body["number"]
        return number

    @property
    def place(self) -> Custody:
        """Return the custody that says where it is: the kit's while it is in one."""
        return self if self.apart or self.kit is None else self.kit


def check_specimens(chains: Chains, deployment: str) -> Mapping[str, Custody]:
    """Return where each specimen is, by its id, in the order in which they were taken.

    Raises `Incomplete` or `NotProved`.
    """
    found: dict[str, Custody] = {}
    stated = (one for chain in chains.specimens.values() for one in chain)
    for one in sorted(stated, key=lambda one: one.position):
        evidence = one.statement.evidence
        if evidence not in found:
            found[evidence] = _taken(one, found)
            continue
        custody = found[evidence]
        if one.statement.at < custody.at:
            raise _wrong(one, "its time is before that of the statement before it")
        custody.at = one.statement.at
        if custody.place.ended is not None:
            raise _wrong(one, _ENDED)
        match one.statement.type:
            case "specimen.handed-over":
                _hand_over(one, custody, deployment)
            case "specimen.received":
                _receive(one, custody, deployment)
            case "specimen.recalled":
                _recall(one, custody, deployment)
            case "specimen.link-made":
                _make_link(one, custody.place, deployment)
            case "specimen.destroyed":
                _destroy(one, custody, deployment)
            case _:
                _withdraw(one, custody, found, deployment)
    return found


def _taken(one: LedgerStatement, found: Mapping[str, Custody]) -> Custody:
    actor, body = one.statement.actor, one.statement.body
    holder = {"organisation": actor.organisation, "person": actor.id, "role": actor.role}
    custody = Custody(one, holder, body["seal"], one.statement.at)
    if (named := body.get("kit")) is None:
        return custody
    if (kit := found.get(named)) is None:
        raise Incomplete(_CHAIN, "the kit that it was put into is not here, or was taken after it", one.where)
    if kit.taken.statement.body["kind"] != KIT or kit.taken.statement.case != one.statement.case:
        raise _wrong(one, "it was put into what is no kit of its case")
    _check_holder(one, kit, holder)
    custody.kit, custody.apart = kit, False
    return custody


def _hand_over(one: LedgerStatement, custody: Custody, deployment: str) -> None:
    body = one.statement.body
    if body["until"] <= one.statement.at:
        raise _wrong(one, "it was to be received before it was handed over")
    _leave(one, custody, body["giver"], deployment)
    custody.pending = one


def _receive(one: LedgerStatement, custody: Custody, deployment: str) -> None:
    body, handed = one.statement.body, _handover(one, custody)
    receiver: Party = body["receiver"]
    if receiver["organisation"] != handed.statement.body["to"]["organisation"]:
        raise _wrong(one, "it was received by another organisation than it was handed over to")
    if receiver["person"] == custody.holder["person"]:
        raise _wrong(one, "it was received by the person who handed it over")
    _check_actor(one, receiver, body["proof"], deployment)
    _check_state(one, custody)
    custody.holder, custody.pending, custody.by_link = receiver, None, body["proof"] == "link"


def _recall(one: LedgerStatement, custody: Custody, deployment: str) -> None:
    handed = _handover(one, custody)
    _check_actor(one, custody.holder, handed.statement.body["proof"], deployment)
    custody.pending = None


def _destroy(one: LedgerStatement, custody: Custody, deployment: str) -> None:
    _leave(one, custody, one.statement.body["giver"], deployment)
    custody.ended = one


def _withdraw(one: LedgerStatement, custody: Custody, found: Mapping[str, Custody], deployment: str) -> None:
    """Check that its taker still has it, and that no other statement depends on its taking."""
    if one.statement.number != 1:
        raise _wrong(one, "a taking was withdrawn of which more had been stated")
    _check_holder(one, custody.place, custody.holder)
    _check_actor(one, custody.holder, "account", deployment)
    if any(other.kit is custody and not other.withdrawn for other in found.values()):
        raise _wrong(one, "the taking of a kit was withdrawn, and specimens had been put into it")
    custody.apart, custody.ended = True, one


def _make_link(one: LedgerStatement, place: Custody, deployment: str) -> None:
    if not _has(place, one.statement.body["holder"]) or not place.by_link:
        raise _wrong(one, "a link was made for somebody who had not received it by one")
    if one.statement.actor.id == deployment:
        raise _wrong(one, "a link was made by nobody")


def _leave(one: LedgerStatement, custody: Custody, giver: Party, deployment: str) -> None:
    """Check that it is `giver` who has it, then take it out of its kit."""
    _check_holder(one, custody.place, giver)
    _check_actor(one, giver, one.statement.body["proof"], deployment)
    _check_state(one, custody)
    custody.holder, custody.apart, custody.by_link = giver, True, one.statement.body["proof"] == "link"


def _check_holder(one: LedgerStatement, place: Custody, party: Party) -> None:
    if place.ended is not None:
        raise _wrong(one, _ENDED)
    if place.pending is not None:
        raise _wrong(one, "an earlier handover had neither been received nor recalled")
    if not _has(place, party):
        raise _wrong(one, "it is the act of somebody who did not have the specimen")


def _has(place: Custody, party: Party) -> bool:
    return all(party[name] == place.holder[name] for name in ("person", "organisation"))


def _check_actor(one: LedgerStatement, party: Party, proof: str, deployment: str) -> None:
    actor = one.statement.actor
    if proof == "account":
        stated = (actor.id, actor.organisation) == (party["person"], party["organisation"])
    else:
        stated = actor.id == deployment
    if not stated:
        raise _wrong(one, "its actor is not who it says to have confirmed it")


def _check_state(one: LedgerStatement, custody: Custody) -> None:
    """Check what it says of seal and storage; a seal that was not intact may have been replaced."""
    body: Mapping[str, Any] = one.statement.body
    if body["intact"] and body["seal"] != custody.seal:
        raise _wrong(one, "it names another seal than the statement before, as intact")
    if (body["stored"] is None) != (custody.taken.statement.body["storage"] is None):
        raise _wrong(one, "it answers a storage condition that was not asked, or not the one that was")
    custody.seal = body["seal"]


def _handover(one: LedgerStatement, custody: Custody) -> LedgerStatement:
    """Return the pending handover that a receipt or recall names."""
    handed = custody.pending
    if handed is None or handed.statement.body["handover"] != one.statement.body["handover"]:
        raise _wrong(one, "it is of no handover that is pending")
    return handed


def _wrong(one: LedgerStatement, why: str) -> NotProved:
    return NotProved(_CHAIN, why, one.where)
