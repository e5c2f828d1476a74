"""Limitations: what a report says is *not* proved, so that a judge does not assume too much.

Some remarks apply to every package, others depend on the contents of this one. Each is about something that a
reader of an intact package might take for granted and that nothing in it proves.

Specification: docs/spec/court-package.md, section 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from chain_of_custody.items.record import timecode
from chain_of_custody.report.messages import NOT_PROVED, Remark, counted, remark
from chain_of_custody.statements.statement import by_a_person
from chain_of_custody.statements.types import OF_PHOTOGRAPHS, RELEASED, WRITTEN
from chain_of_custody.verifier.chains import newest_check

if TYPE_CHECKING:
    from chain_of_custody.report.report import Report

ALWAYS = ("time.acts", "later", "keys.stolen", "films.listed", "sheets")
"""Codes of what no package of this version proves."""

OF_RECORDINGS = ("time.begun", "interview.rest", "camera")
"""Codes of what no package with a recording proves."""

_GRAVEST_FIRST = {code: place for place, code in enumerate(NOT_PROVED)}


def not_proved(report: Report) -> tuple[Remark, ...]:
    """Return the limitations, most serious first."""
    found = [
        *_about_origin(report),
        *_about_persons(report),
        *_about_parts(report),
        *_about_files(report),
        *_about_specimens(report),
        *_about_papers(report),
        *(remark(code) for code in ALWAYS),
        *(remark(code) for code in OF_RECORDINGS if report.parts),
    ]
    return tuple(sorted(found, key=lambda one: _GRAVEST_FIRST[one.code]))


def _about_origin(report: Report) -> Iterator[Remark]:
    if report.outcome == "consistent":
        yield remark("origin")
    if not report.witnessing.whole:
        yield remark("witness.none")
    elif report.policy.third_parties.quorum == "none":
        yield remark("witness.not-asked")
    if report.policy.witnesses or report.policy.authorities:
        yield remark("parties.independent")
    if report.policy.trial:
        yield remark("keys.trial")


def _about_persons(report: Report) -> Iterator[Remark]:
    acts = [one for one in report.chains.all if by_a_person(one.statement)]
    signed = sum(report.signers.by[one.position] == "person" for one in acts)
    yield from counted("persons.unsigned", len(acts) - signed)
    if signed:
        yield remark("persons.credential")
    registry = report.signers.registry
    yield from counted("persons.role", sum(not registry.history(one.statement.actor.id) for one in acts))


def _about_parts(report: Report) -> Iterator[Remark]:
    for part in report.parts:
        if part.extent is not None:
            yield remark("excerpt.rest", part=part.number, records=part.records, all=part.extent.records)
            yield remark("excerpt.progress", part=part.number)
            if any(one.statement.type == "evidence.rehashed" for one in report.chains.items[part.evidence]):
                yield remark("excerpt.rehashed", part=part.number)
        elif part.state == "interrupted" and part.beside is None:
            yield remark("interrupted", part=part.number, time=timecode(part.reading.duration))
        if not part.covers:
            yield remark("time.none", part=part.number)
    for whole, of_it in groupby(report.parts, key=lambda part: part.header.interview):
        interview, here = whole[:8], list(of_it)
        numbers = [part.number for part in here if part.beside is None]
        yield from _missing(interview, numbers)
        for number in sorted({part.number for part in here} - set(numbers)):
            yield remark("parts.beside", interview=interview, part=number)
        held = ", ".join(
            f"part {part.number}" if part.beside is None else f"safety recording of part {part.number}"
            for part in here
        )
        yield remark("parts.other", interview=interview, parts=held)


def _about_files(report: Report) -> Iterator[Remark]:
    files = [one for one in report.files if one.recipe is None]
    if files:
        yield remark("files.other", count=len(files))
        yield remark("files.origin")
    yield from counted("files.records", sum(one.record is not None for one in files))
    yield from counted("files.received", sum(one.header.kind == "received" for one in files))
    yield from counted("files.time", sum(not one.covers for one in report.files))
    if any(one.header.kind == "photograph" for one in files):
        yield remark("files.looked")
    derived = [(one, one.recipe) for one in report.files if one.recipe is not None]
    written = sum(recipe.kind in WRITTEN for _, recipe in derived)
    yield from counted("derivatives.made", len(derived) - written)
    yield from counted("derivatives.written", written)
    yield from counted("derivatives.scale", sum(recipe.kind in OF_PHOTOGRAPHS for _, recipe in derived))
    yield from counted("derivatives.digest", len(derived))
    released = [report.chains.items[one.evidence] for one, recipe in derived if recipe.kind in RELEASED]
    yield from counted("derivatives.unchecked", sum(newest_check(chain) is None for chain in released))
    missing = {
        source.evidence
        for one, recipe in derived
        for source in recipe.sources
        if source.evidence not in one.masters
    }
    yield from counted("derivatives.sources", len(missing))


def _about_specimens(report: Report) -> Iterator[Remark]:
    yield from counted("specimens.objects", len(report.specimens))
    stated = [one for chain in report.chains.specimens.values() for one in chain]
    yield from counted("specimens.links", sum(one.statement.body.get("proof") == "link" for one in stated))
    yield from counted("specimens.other", len(report.specimens))


def _missing(interview: str, numbers: Sequence[int]) -> Iterator[Remark]:
    """Yield remarks on missing parts, numbered before a part in the package."""
    due = 1
    for number in numbers:  # ascending
        if number - due == 1:
            yield remark("parts.missing-one", interview=interview, first=due, part=number)
        elif number > due:
            yield remark("parts.missing", interview=interview, first=due, last=number - 1, part=number)
        due = number + 1


def _about_papers(report: Report) -> Iterator[Remark]:
    committed = sum(one.statement.details is not None for one in report.chains.all)
    yield from counted("details.missing", committed - len(report.details))
    if report.details:
        yield remark("details.word")
    if report.documents:
        yield remark("documents")
