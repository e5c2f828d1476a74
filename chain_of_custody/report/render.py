"""Render a report for people and for programs: what is proved, what is not, what happened.

It states as plainly what is *not* proved, so that a judge does not assume too much.

Specification: docs/spec/court-package.md, section 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from chain_of_custody.encoding.shown_text import plain
from chain_of_custody.errors import NotWitnessed
from chain_of_custody.report.custody_text import history as custody_history
from chain_of_custody.report.custody_text import statement_json
from chain_of_custody.report.findings import findings
from chain_of_custody.report.messages import Remark, counted, remark
from chain_of_custody.report.not_proved import not_proved
from chain_of_custody.report.report import Report
from chain_of_custody.verifier.proved_items import FilePart, not_later_than

__all__ = ["as_json", "findings", "history", "not_proved", "proved", "text"]

VERSION = 2
"""Version of the report for programs."""


def proved(report: Report) -> tuple[Remark, ...]:
    """Return one remark for each thing that is proved: the ledger, its witnesses, statements, each item."""
    return tuple(_proved(report))


def history(report: Report) -> tuple[str, ...]:
    """Return the custody history, one sentence for each statement (`custody_text`)."""
    return tuple(custody_history(report.chains, report.signers, report.details))


def text(report: Report) -> str:
    """Return the report for a terminal."""
    lines = [
        *_verdict(report),
        "",
        *_section("Recordings", [line for part in report.parts for line in part.lines()]),
        *_section("Photographs, documents and received files", [*_lines(report.files, derived=False)]),
        *_section("Derivatives", [*_lines(report.files, derived=True)]),
        *_section("Specimens", [*_specimens(report)]),
        *_section("Witnesses of the ledger", [*_witnesses(report)]),
        *_section("Proved", [one.sentence for one in proved(report)]),
        *_section("To be considered", [one.sentence for one in findings(report)]),
        *_section("Not proved", [one.sentence for one in not_proved(report)]),
        *_section("Custody history", history(report)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def as_json(report: Report) -> dict[str, Any]:
    """Return the report for programs."""
    signed_at = report.checkpoint.signed_at
    third = report.policy.third_parties
    return {
        "v": VERSION,
        "outcome": report.outcome,
        "policy": {
            "fingerprint": report.policy.fingerprint,
            "registered": report.outcome == "intact",
            "trial_keys": report.policy.trial,
            "quorum": third.quorum,
            "timestamps": third.timestamps,
        },
        "ledger": {
            "origin": report.checkpoint.origin,
            "size": report.checkpoint.size,
            "root": report.checkpoint.root.hex(),
            "signed_at": None if signed_at is None else _moment(signed_at),
            "registry": _registry_number(report),
        },
        "witnesses": [
            {
                "name": one.name,
                "at": _moment(one.at) if one.at else None,
                "keys": list(one.signed),
                "lacking": list(one.lacking),
            }
            for one in report.witnessing.witnesses
        ],
        "items": [part.as_json() for part in report.parts],
        "files": [one.as_json() for one in report.files],
        "package": report.package,
        "documents": list(report.documents),
        "proved": [one.as_json() for one in proved(report)],
        "findings": [one.as_json() for one in findings(report)],
        "not_proved": [one.as_json() for one in not_proved(report)],
        "statements": [statement_json(one, report.signers, report.details) for one in report.chains.all],
    }


def _verdict(report: Report) -> tuple[str, ...]:
    fingerprint = f"Policy fingerprint: {report.policy.fingerprint}"
    try:
        report.check_quorum()
    except NotWitnessed as error:
        origin = "" if report.outcome == "intact" else ", ORIGIN UNKNOWN"
        return (
            f"NOT YET WITNESSED{origin}: what is here agrees with the ledger it names, but {error.reason}. A "
            "ledger that was rewritten would lack them too.",
            fingerprint,
        )
    if report.outcome == "intact":
        what = "what is here" if report.files else "what is here of the recordings"
        return (f"INTACT: {what} is as it was sealed, under the registered policy.", fingerprint)
    return ("CONSISTENT, ORIGIN UNKNOWN: the package agrees with itself in everything.", fingerprint)


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [title, *(f"  - {plain(line)}" for line in lines), ""] if lines else []


def _lines(files: Sequence[FilePart], *, derived: bool) -> Iterator[str]:
    return (line for one in files if (one.recipe is not None) == derived for line in one.lines())


def _specimens(report: Report) -> Iterator[str]:
    """Yield where each specimen is, by the statements about it."""
    for custody in report.specimens.values():
        kind, place = custody.taken.statement.body["kind"], custody.place
        inside = f", in kit {place.number}" if place is not custody else ""
        holder = f"{place.holder['role']} of {place.holder['organisation']}"
        if place.withdrawn:
            where = f"withdrawn by {holder}, as entered in error"
        elif place.ended is not None:
            where = f"destroyed by {holder} at {place.ended.statement.at}"
        elif place.pending is not None:
            where = f"handed over by {holder} at {place.pending.statement.at}, without a receipt"
        else:
            where = f"with {holder}"
        yield f"specimen {custody.number} ({kind}){inside}, seal {custody.seal}: {where}"


def _witnesses(report: Report) -> Iterator[str]:
    for witness in report.witnessing.witnesses:
        if witness.lacking:
            lacking = witness.lacking[0]
            yield f"{witness.name}: one of its two keys is lacking ({lacking}), so it does not count yet"
            continue
        name = witness.name if len(witness.signed) == 1 else f"{witness.name} (two keys)"
        when = f"at {_moment(witness.at)}, by its own clock" if witness.at else "without a time"
        yield f"{name}: cosigned {when}"
    if not report.witnessing.whole:
        yield "no witness yet: no independent party has seen this ledger"
    if quorum := report.policy.third_parties.quorum_of:
        members = ", ".join(quorum.members)
        yield f"the policy asks for {quorum.threshold} of {len(quorum.members)}: {members}"


def _proved(report: Report) -> Iterator[Remark]:
    code = "ledger.registered" if report.outcome == "intact" else "ledger.own"
    yield remark(code, origin=report.checkpoint.origin, size=report.checkpoint.size)
    for witness in report.witnessing.whole:
        if witness.at:
            yield remark("witness", witness=witness.name, at=_moment(witness.at))
    yield remark("statements", count=len(report.chains.all))
    yield remark("chains")
    if (number := _registry_number(report)) is not None:
        yield remark("registry", number=number)
    for kind, cut in (("fragments", False), ("excerpts", True)):
        counts = [part.fragments for part in report.parts if (part.extent is not None) == cut]
        if counts:
            yield remark(kind, count=sum(counts))
    yield from counted("files", sum(one.recipe is None for one in report.files))
    yield from counted("derivatives", sum(one.recipe is not None for one in report.files))
    yield from counted("viewing", sum(part.viewing for part in report.parts))
    if report.parts:
        yield remark("not-before")
    for part in report.parts:
        for cover in part.covers:
            until = not_later_than(cover, "%Y-%m-%dT%H:%M:%SZ")
            yield remark("sealed", part=part.number, at=until, authority=cover.stamp.authority)
    for part in report.parts:
        if part.extent is None:
            for one in report.chains.items[part.evidence]:
                if one.statement.type == "evidence.rehashed":
                    yield remark("rehashed", part=part.number, position=one.position)
    yield from counted("persons.signed", sum(holder == "person" for holder in report.signers.by.values()))


def _registry_number(report: Report) -> int | None:
    head = report.signers.registry.head
    return None if head is None else head.number


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
