"""Findings of a report: not an alteration, but something that a court should know.

Examples: a clock that a timestamp contradicts, an unexpected order, time between two parts of an interview, a
role that the registry does not confirm. The verifier does not judge them.

Specification: docs/spec/court-package.md, section 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

from chain_of_custody.encoding import canonical_json
from chain_of_custody.items.timeline import wall_clock
from chain_of_custody.report.messages import Remark, remark
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import by_a_person
from chain_of_custody.verifier.chains import newest_check

if TYPE_CHECKING:
    from chain_of_custody.report.report import Report
    from chain_of_custody.verifier.chains import LedgerStatement
    from chain_of_custody.verifier.proved_items import Part

SLACK = 60
"""Seconds between a timeline's beginning and its statement that are not remarked on."""
MICROSECOND = timedelta(microseconds=1)


def findings(report: Report) -> tuple[Remark, ...]:
    """Return what a court should know although nothing was altered, by topic."""
    return (
        *_clocks(report),
        *_between(report.parts),
        *_roles(report),
        *_policy(report),
        *_keys(report),
        *_refused(report),
        *_specimens(report),
    )


def _clocks(report: Report) -> Iterator[Remark]:
    every = report.chains.all
    for filed in every:
        if by := report.time_findings.ahead.get(filed.position):
            stamp = min(
                (stamp for stamp in report.time_findings.stamps if stamp.covers(filed.position)),
                key=lambda stamp: stamp.token.latest,
            )
            yield remark(
                "clock.ahead",
                position=filed.position,
                at=filed.statement.at,
                authority=stamp.authority,
                seconds=ceil(by.total_seconds()),
            )
    # The statement of a safety recording is made at its import, but gives the time at which it began. An act
    # that its person signed is stated after signing, but gives the time at which it was presented to them.
    ordered = [
        filed for filed in every if "beside" not in filed.statement.body and not _signed_by_its_person(filed)
    ]
    backwards = [filed for before, filed in pairwise(ordered) if filed.statement.at < before.statement.at]
    if backwards:
        yield remark("clock.backwards", count=len(backwards), position=backwards[0].position)
    for part in report.parts:
        stated = part.started.statement.at
        apart = canonical_json.moment(part.header.epoch) - canonical_json.moment(stated)
        if abs(apart.total_seconds()) > SLACK:
            yield remark("clock.film", part=part.number, film=wall_clock(part.header, 0), stated=stated)


def _signed_by_its_person(one: LedgerStatement) -> bool:
    return any(isinstance(signature, WebAuthnSignature) for signature in one.signed.signatures)


def _between(parts: tuple[Part, ...]) -> Iterator[Remark]:
    """Yield remarks on the time and order between consecutive parts of an interview."""
    for before, after in pairwise(part for part in parts if part.beside is None):
        if before.header.interview != after.header.interview:
            continue
        numbers = {"before": before.number, "part": after.number}
        if after.started.position < before.started.position:
            yield remark("parts.order", **numbers)
        if before.extent is not None or after.extent is not None:
            continue  # omitted time is not a pause
        begins = canonical_json.moment(after.header.epoch) - canonical_json.moment(before.header.epoch)
        pause = begins // MICROSECOND - before.reading.duration
        if pause < 0:
            yield remark("parts.overlap", seconds=_tenths(-pause), **numbers)
        else:
            code = "parts.pause" if after.number == before.number + 1 else "parts.hole"
            yield remark(code, seconds=_tenths(pause), **numbers)


def _tenths(microseconds: int) -> str:
    """Return seconds rounded to a tenth, halves up, in integer arithmetic so that both verifiers agree."""
    tenths = (microseconds + 50_000) // 100_000
    return f"{tenths // 10}.{tenths % 10}"


def _roles(report: Report) -> Iterator[Remark]:
    """Yield roles in statements that contradict the registry; `not_proved` reports missing entries."""
    registry = report.signers.registry
    for filed in report.chains.all:
        actor = filed.statement.actor
        if not by_a_person(filed.statement) or not registry.history(actor.id):
            continue
        held = registry.role(actor.id, filed.position)
        if held is None:
            yield remark("role.none", position=filed.position, stated=actor.role)
        elif (held.role, held.organisation) != (actor.role, actor.organisation):
            yield remark("role.other", position=filed.position, stated=actor.role, role=held.role)


def _policy(report: Report) -> Iterator[Remark]:
    """Point out an old policy: a center must not use it after replacing it, say by a stricter one."""
    stated = [one for one in report.chains.registry if one.statement.type == "policy.changed"]
    if stated and (fingerprint := stated[-1].statement.body["policy"]) != report.policy.fingerprint:
        yield remark("policy.other", position=stated[-1].position, fingerprint=fingerprint)


def _keys(report: Report) -> Iterator[Remark]:
    """Yield, of the keys that signed here, which were revoked, and which no earlier key confirmed."""
    used = {
        signature.key
        for group in (report.chains.items, report.chains.interviews, report.chains.specimens)
        for chain in group.values()
        for one in chain
        for signature in one.signed.signatures
    }
    for key, record in sorted(report.signers.registry.keys.items()):
        if key in used and record.revoked is not None:
            yield remark("key.revoked", key=key, position=record.revoked)
        if key in used and record.enrolled is not None and record.basis != "first":
            yield remark(f"key.{record.basis}", key=key, position=record.enrolled)


def _refused(report: Report) -> Iterator[Remark]:
    for one in report.files:
        checked = newest_check(report.chains.items[one.evidence])
        if checked is not None and not checked.statement.body["accepted"]:
            yield remark("derivative.refused", evidence=one.evidence[:8], position=checked.position)


def _specimens(report: Report) -> Iterator[Remark]:
    for evidence, custody in report.specimens.items():
        for one in report.chains.specimens[evidence]:
            where = {"specimen": custody.number, "position": one.position}
            if one.statement.body.get("intact") is False:
                yield remark("specimen.seal", **where)
            if one.statement.body.get("stored") is False:
                yield remark("specimen.storage", **where)
            if one.statement.type == "specimen.link-made":
                yield remark("specimen.link", **where)
        if custody.pending is not None:
            yield remark("specimen.pending", specimen=custody.number, position=custody.pending.position)
