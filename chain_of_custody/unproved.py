"""What a report says is *not* proved. A judge who is told less than that is told too much.

Some sentences hold of every folder, others follow from what lies in this one. Each is about something that a
reader of an intact folder might take for granted and that nothing in it shows.

Specification: docs/spec/court-folder.md, section 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from chain_of_custody import canonical
from chain_of_custody.reading import wall_clock
from chain_of_custody.records import timecode

if TYPE_CHECKING:
    from chain_of_custody.chains import Filed
    from chain_of_custody.report import Part, Report

ALWAYS = (
    "That no later statement and no second history of this evidence exists: only somebody who watches the "
    "whole ledger can say so.",
    "That nothing else was stated about the interview: what was stated about an interview as a whole after "
    "its opening may be left out of a folder.",
    "That a recorder's key had not been withdrawn or stolen when it signed: only its enrolment is shown.",
    "That the ledger was witnessed by anybody independent: no witness has cosigned it.",
    "When it happened, independently: all times are by the center's own clocks; no timestamping authority "
    "has confirmed them.",
    "That a recording began after the state of the ledger that it names (not_before): no proof in the folder "
    "connects that state with the ledger signed here.",
    "What README.txt and bag-info.txt say: they are for people, and no signature covers them.",
    "What happened before the camera, and where it looked.",
)
"""What no folder of this version proves."""

SLACK = 60
"""Seconds between a timeline's beginning and the statement of it that need no remark."""


def unproved(report: Report) -> tuple[str, ...]:
    """One sentence each, gravest first."""
    return (*_about_origin(report), *_about_parts(report.parts), *_about_times(report), *ALWAYS)


def signs_for_a_person(one: Filed) -> bool:
    """Whether the center's key signed what a person did."""
    return one.statement.actor.role != "system" and not one.statement.type.startswith("recording.")


def _about_origin(report: Report) -> Iterator[str]:
    if report.outcome == "consistent":
        yield (
            "Where it comes from: the policy came with the folder, and whoever made a false folder would "
            "have made its policy too. Compare the policy's fingerprint with the trust sheet."
        )
    if report.policy.trial:
        yield "That nobody else could sign for the center: it uses trial keys, kept unprotected."
    if by_people := sum(signs_for_a_person(one) for one in report.chains.all):
        yield (
            f"That the persons named acted themselves, in {by_people} statements: recorded by the "
            "center's system; not signed by the person."
        )


def _about_parts(parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        if part.state == "interrupted":
            yield (
                f"What happened after {timecode(part.reading.duration)} of part {part.header.part}: "
                "recording was interrupted there, and what followed was not recorded in this part."
            )
    yield from _missing(parts)
    held = ", ".join(f"part {part.header.part} of interview {part.header.interview[:8]}" for part in parts)
    yield f"That there is no other part: this folder holds {held}."


def _missing(parts: Sequence[Part]) -> Iterator[str]:
    """Parts that were numbered before one that is here."""
    interview, next_part = "", 1
    for part in parts:  # ordered by interview and part
        if part.header.interview != interview:
            interview, next_part = part.header.interview, 1
        number = part.header.part
        if number > next_part:
            one = number - next_part == 1
            which = f"Part {next_part}" if one else f"Parts {next_part} to {number - 1}"
            yield (
                f"{which} of interview {interview[:8]}, numbered before part {number}, "
                f"{'is' if one else 'are'} not in this folder: "
                "whether anything was recorded under such a number is not shown."
            )
        next_part = number + 1


def _about_times(report: Report) -> Iterator[str]:
    if backwards := [
        one for before, one in pairwise(report.chains.all) if one.statement.at < before.statement.at
    ]:
        yield (
            f"The times given: {len(backwards)} entries give an earlier time than the entry before them "
            f"(the first is {backwards[0].position}). The order itself is proved by the ledger."
        )
    for before, after in pairwise(report.parts):
        same = before.header.interview == after.header.interview
        if same and after.started.position < before.started.position:
            yield (
                f"The order of the parts: part {after.header.part} entered the ledger before part "
                f"{before.header.part}."
            )
    for part in report.parts:
        stated = part.started.statement.at
        apart = canonical.moment(part.header.epoch) - canonical.moment(stated)
        if abs(apart.total_seconds()) > SLACK:
            yield (
                f"The time of day in the film: part {part.header.part} gives {wall_clock(part.header, 0)} as "
                f"its beginning, and its statement of it {stated}."
            )
