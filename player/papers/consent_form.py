"""The consent form: a paper in Arabic and English that the person fills in and signs by hand.

It has the questions of the page *Consent*, each with what it means and a box for each answer, and lines to
sign on for the person, a guardian, whoever explained it and an interpreter. No box is ticked beforehand, not
even where an answer is recorded: what is signed is what was answered on the paper. It names the case by its
number and nobody, and shows nothing that was recorded, so its making is no statement. The answers count once
they are recorded. Words and layout: `documents/consent-form.typ`, `consent-form-words.json`.
"""

from __future__ import annotations

from datetime import datetime

from casework.cases import consent
from casework.clock import local_text
from casework.database.models import Case
from player.papers import typeset

NOT_ASKED = "not-asked"
"""The box of a question that was left out."""


def paper(case: Case, at: datetime) -> bytes:
    """Return the PDF, unsigned. `at`: when it is made."""
    facts = {
        "case": case.code,
        "made": local_text(at),
        "groups": [{"group": group, "subjects": subjects} for group, subjects in consent.GROUPS.items()],
        "outcomes": (*consent.OUTCOMES, NOT_ASKED),
        "deciders": consent.BY,
        "grounds": consent.GROUNDS,
    }
    return typeset.typeset("consent-form", facts, at)
