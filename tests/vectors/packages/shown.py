"""Pictures that a recording says were shown or drawn in the room: as they were, exchanged, misstated, or not
here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from chain_of_custody.statements.types import SEALS
from tests.support.packages.court_packages import (
    EVIDENCE,
    OF_KIND,
    OTHER_CASE,
    SECOND,
    File,
    Recording,
)
from tests.vectors.packages import centers
from tests.vectors.packages.cases import INTACT, SMALL, Case, Make, refused
from tests.vectors.packages.centers import Deployment, enrol, film
from tests.vectors.packages.derivatives import export_of_cases
from tests.vectors.packages.files import DOCUMENT, JPEG, OTHER, PHOTOGRAPH, document, photograph
from tests.vectors.packages.received import voice_message
from tests.vectors.packages.received_copies import PICTURE, received_copy

AT_EVENT = (
    f"data/recordings/{EVIDENCE}/events.jsonl, record 25, at 00:00:06 of part 1 (2026-11-24 20:15:09 UTC)"
)
OF_ANOTHER_KIND = "an item of another kind lies here under the id of what was shown or drawn"
ANOTHER = "another item lies here under the id of what was shown or drawn"
LATER = "what was shown or drawn was sealed after the recording"
OF_ANOTHER_CASE = "what was shown or drawn is of another case"

Event = dict[str, Any]


def shown(file: File, type_: str = "exhibit.shown", **wrong: Any) -> Event:
    """The event about a file, as a recorder enters it, or with something else in it. None: left out."""
    if not file.records:
        file.write()
    named = {"evidence": file.evidence, "kind": file.file_kind, "manifest": file.manifest.digest}
    fields = {"type_": type_, **named, "number": 1, "by": "a0" * 16, **wrong}
    return {name: value for name, value in fields.items() if value is not None}


def seal(center: Deployment, file: File) -> None:
    if not file.records:
        file.write()
    if file.case == OTHER_CASE:
        body = file.sealed() | OF_KIND.get(file.file_kind, {})
        center.say(SEALS[file.file_kind], file.evidence, body, case=OTHER_CASE)
    else:
        center.seal_file(file)


def packaged(
    tell: Callable[[], tuple[Sequence[File], Sequence[Event]]],
    *,
    later: Sequence[str] = (),
    absent: Sequence[str] = (),
) -> Make:
    """A recording with these events behind its films, and the files.

    `later`: ids of those that were sealed after it; `absent`: of those that are not in the package.
    """

    def make(folder: Path) -> None:
        center, recording = Deployment.small(), Recording()
        files, events = tell()
        enrol(center)
        for file in files:
            if file.evidence not in (*later, *absent):
                seal(center, file)
        center.open_interview()
        center.clock = max(center.clock, centers.RECORDED)
        center.start(recording, epoch="2026-11-24T20:15:03.120Z")
        film(center, recording)
        for number, event in enumerate(events):
            recording.event(at=6 * SECOND + number, **event)
        center.seal(recording)
        for file in files:
            if file.evidence in later:
                seal(center, file)
        here = [file for file in files if file.evidence not in absent]
        export_of_cases(center, folder, recording, *here)

    return make


def a_photograph(type_: str = "exhibit.shown", **wrong: Any) -> Callable[[], Any]:
    def tell() -> tuple[Sequence[File], Sequence[Event]]:
        picture = photograph()
        return [picture], [shown(picture, type_, **wrong)]

    return tell


def of_each_kind() -> tuple[Sequence[File], Sequence[Event]]:
    """A photograph, a paper, a copy of a picture from outside, and one that is not in the package; at the end
    the first is hidden."""
    received = voice_message(body=JPEG, format="jpeg", name="IMG-1.jpeg")
    received.write()
    copy = received_copy(received, **PICTURE)
    files = [photograph(), document(), received, copy]
    events = [shown(one) for one in (files[0], files[1], copy, photograph(OTHER, JPEG + b"\0"))]
    return files, [*events, shown(files[0], "exhibit.hidden")]


def exchanged() -> tuple[Sequence[File], Sequence[Event]]:
    """The photograph that was shown, and another one under its id."""
    return [photograph(body=JPEG[:100] + b"\xff\xd9")], [shown(photograph())]


def of_another_case() -> tuple[Sequence[File], Sequence[Event]]:
    picture = photograph(case=OTHER_CASE)
    return [picture], [shown(picture)]


def drawing(**other: Any) -> File:
    return document(format="png", name="drawing.png", **other)


def a_drawing(**wrong: Any) -> Callable[[], Any]:
    """A sheet that was drawn on the tablet in four seconds."""

    def tell() -> tuple[Sequence[File], Sequence[Event]]:
        sheet = drawing()
        return [sheet], [shown(sheet, "drawing.made", means="tablet", ms=4000, **wrong)]

    return tell


def a_photograph_as_a_drawing() -> tuple[Sequence[File], Sequence[Event]]:
    picture = photograph()
    return [picture], [shown(picture, "drawing.made", kind="document", means="paper")]


def drawings() -> tuple[Sequence[File], Sequence[Event]]:
    """One on the tablet, which was then shown; one on paper, which is not in the package."""
    sheet, paper = drawing(), photograph(OTHER, file_kind="document", made={})
    events = [
        shown(sheet, "drawing.made", means="tablet", ms=4000),
        shown(sheet),
        shown(paper, "drawing.made", means="paper"),
    ]
    return [sheet], events


def a_drawing_of_another_case() -> tuple[Sequence[File], Sequence[Event]]:
    sheet = drawing(case=OTHER_CASE)
    return [sheet], [shown(sheet, "drawing.made", means="tablet", ms=4000)]


def the_recording() -> tuple[Sequence[File], Sequence[Event]]:
    picture = photograph()
    return [picture], [shown(picture, evidence=EVIDENCE, kind="photograph")]


def a_received_file() -> tuple[Sequence[File], Sequence[Event]]:
    received = voice_message(body=JPEG, format="jpeg", name="IMG-1.jpeg")
    return [received], [shown(received, kind="document")]


def told(name: str, altered: str, reason: str, tell: Callable[[], Any], **options: Any) -> Case:
    expected = refused(12, "NotProved", reason, AT_EVENT)
    return Case(f"shown-{name}", altered, expected, packaged(tell, **options), policy=SMALL)


def holds(name: str, what: str, make: Make) -> Case:
    return Case(f"shown-{name}", f"Nothing: {what}.", INTACT, make, policy=SMALL)


CASES: tuple[Case, ...] = (
    holds(
        "of-each-kind",
        "a photograph, a paper and a copy were shown, and a photograph that is not here",
        packaged(of_each_kind),
    ),
    holds(
        "elsewhere",
        "a photograph was shown, which is not here; the event names no manifest",
        packaged(a_photograph(manifest=None), absent=[PHOTOGRAPH]),
    ),
    told(
        "exchanged",
        "Another photograph lies under the id of the one that was shown.",
        ANOTHER,
        exchanged,
    ),
    told(
        "other-manifest",
        "The recorder names another manifest of a photograph that was shown.",
        ANOTHER,
        a_photograph(manifest="00" * 32),
    ),
    told(
        "without-manifest",
        "The recorder names no manifest of a photograph that was shown.",
        ANOTHER,
        a_photograph(manifest=None),
    ),
    told(
        "hidden-other-manifest",
        "The recorder names another manifest of a photograph that was no longer shown.",
        ANOTHER,
        a_photograph("exhibit.hidden", manifest="00" * 32),
    ),
    told(
        "as-another-kind",
        "The recorder calls a photograph that was shown a document.",
        OF_ANOTHER_KIND,
        a_photograph(kind="document"),
    ),
    told(
        "without-kind",
        "The recorder does not say what kind of picture was shown.",
        OF_ANOTHER_KIND,
        a_photograph(kind=None),
    ),
    told(
        "received-file",
        "The recorder calls a received file that was shown a document.",
        OF_ANOTHER_KIND,
        a_received_file,
    ),
    told(
        "recording",
        "The recorder calls the recording itself a photograph that was shown.",
        OF_ANOTHER_KIND,
        the_recording,
    ),
    told(
        "before-it-was-sealed",
        "A photograph that was shown was sealed after the recording.",
        LATER,
        a_photograph(),
        later=[PHOTOGRAPH],
    ),
    told(
        "of-another-case",
        "A photograph that was shown is of another case.",
        OF_ANOTHER_CASE,
        of_another_case,
    ),
    holds("drawings", "a drawing was made on the tablet, and one on paper", packaged(drawings)),
    told(
        "drawing-other-manifest",
        "The recorder names another manifest of a drawing.",
        ANOTHER,
        a_drawing(manifest="00" * 32),
    ),
    told(
        "drawing-without-manifest",
        "The recorder names no manifest of a drawing.",
        ANOTHER,
        a_drawing(manifest=None),
    ),
    told(
        "drawing-is-a-photograph",
        "The recorder calls a photograph a drawing, which is a document.",
        OF_ANOTHER_KIND,
        a_photograph_as_a_drawing,
    ),
    told(
        "drawing-is-the-recording",
        "The recorder calls the recording itself a drawing.",
        OF_ANOTHER_KIND,
        a_drawing(evidence=EVIDENCE),
    ),
    told(
        "drawing-sealed-later",
        "A drawing was sealed after the recording.",
        LATER,
        a_drawing(),
        later=[DOCUMENT],
    ),
    told(
        "drawing-of-another-case",
        "A drawing is of another case.",
        OF_ANOTHER_CASE,
        a_drawing_of_another_case,
    ),
)
