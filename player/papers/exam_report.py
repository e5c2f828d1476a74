"""The examination report: a paper in Arabic and English about one guided set of exam photographs.

It has the body maps with numbered pins, the injuries in the words that were noted, the regions that were
examined, consent as recorded, and an index of the pictures. It contains no picture: each opening of a picture
is recorded in the ledger, with person and purpose, but copies of a paper are not recorded, and an intimate
picture must not be disclosed that way. The index names each picture by number and digest, which identifies
the picture shown in court; of an intimate one it gives only the number.

The paper of a closed set is signed under the center's own authority (`typeset`); that of an open set is an
unsigned draft, and says so. Times are those of the center's zone. Words and layout:
`documents/exam-report.typ`, `exam-report-words.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unicodedata import bidirectional

from casework.body_maps.drawings import SIDES, drawing, printed_svg
from casework.body_maps.names import LANGUAGES, NAMES
from casework.clock import local_text
from casework.photographs.exam_report import ReportedSet
from casework.photographs.exam_sets import UNITS, Notes
from player.papers import typeset

if TYPE_CHECKING:
    from casework.cases.consent import ListedConsent
    from casework.center import Center

DRAWING_STYLE = """\
.skin { fill: #fff; stroke: #1d1b18; stroke-width: 1.6 }
.line { fill: none; stroke: #5b564e; stroke-width: 1 }
"""
"""Of the drawings, as style sheet."""


def paper(center: Center, report: ReportedSet) -> bytes:
    """Return the PDF: signed if the set is closed, else a draft.

    Raises `vault.errors.ProtectionAway` if the documents key is away.
    """
    facts = paper_facts(report)
    if not report.set.closed:
        return typeset.typeset("exam-report", facts, report.at)
    return typeset.signed(center, "exam-report", facts, report.at, report.authority, "Examination report")


def paper_facts(report: ReportedSet) -> dict[str, Any]:
    """Return the input of `exam-report.typ`."""
    exam, notes = report.set, report.notes
    return {
        **typeset.center_facts(report.policy, report.authority),
        "made": local_text(report.at),
        "draft": not exam.closed,
        "case": exam.case.code,
        "number": exam.number,
        "set": exam.id,
        "figure": exam.figure,
        "follows": report.follows,
        "acts": [
            {
                "type": one.type,
                "at": local_text(one.at),
                "position": one.position,
                "name": one.name,
                "role": one.actor.role,
                "id": one.actor.id,
                "organisation": one.actor.organisation,
            }
            for one in report.acts
        ],
        "consents": [_consent(subject, answer) for subject, answer in report.consents.items()],
        "sides": [
            {
                "side": side,
                "drawing": printed_svg(exam.figure, side, DRAWING_STYLE),
                "size": [drawing(exam.figure, side).width, drawing(exam.figure, side).height],
                "state": _state(side, notes),
                "pins": pins,
            }
            for side, pins in _pins(report).items()
        ],
        "injuries": [
            {
                "number": number,
                "side": one.side,
                "region": dict(zip(LANGUAGES, NAMES[one.region], strict=True)),
                "term": one.term or None,
                "size": one.size or None,
                "words": one.words,
                "rtl": right_to_left(one.words),
                "intimate": one.intimate,
                "removed": one.removed or None,
                "removed_rtl": right_to_left(one.removed),
            }
            for number, one in enumerate(notes.injuries, 1)
        ],
        "missing": len(exam.missing),
        "pictures": [
            {
                "number": one.number,
                "view": one.view,
                "injury": one.injury,
                "format": one.format,
                "manifest": one.manifest,
            }
            for one in report.pictures
        ],
    }


def _state(side: str, notes: Notes) -> str:
    if side in notes.injured:
        return "injuries"
    if side in notes.declined:
        return "declined"
    return "unseen" if side in notes.unseen else "not-looked"


def _consent(subject: str, answer: ListedConsent | None) -> dict[str, Any]:
    if answer is None:
        return {"subject": subject, "outcome": None}
    return {
        "subject": subject,
        "outcome": answer.consent.outcome,
        "by": answer.consent.by,
        "form": answer.consent.form,
        "at": local_text(answer.consent.at),
        "explained_by": answer.explained_by,
        "text": answer.text,
        "rtl": right_to_left(answer.text or ""),
    }


def right_to_left(words: str) -> bool:
    """Return whether the first letter with a direction is right-to-left (Unicode Bidirectional Algorithm, P2
    and P3)."""
    strong = (bidirectional(letter) for letter in words)
    return next((one for one in strong if one in ("L", "R", "AL")), "L") != "L"


def _pins(report: ReportedSet) -> dict[str, list[dict[str, Any]]]:
    """Return the pins of each drawing, as fractions of its width and height."""
    return {
        side: [
            {"number": number, "x": one.x / UNITS, "y": one.y / UNITS}
            for number, one in enumerate(report.notes.injuries, 1)
            if one.side == side and not one.removed
        ]
        for side in SIDES
    }
