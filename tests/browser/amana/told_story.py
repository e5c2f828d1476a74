"""What the custody history of the whole case has to tell: who did what, to what, signed by whom; in order.

Nothing may be missing, and nothing more may stand there, but for two things that say how quick the machine
was: how many commitments the recorder made while it recorded, and safety recordings of the room's machine,
which stand in for moments in which its cameras did not get through.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Act: TypeAlias = tuple[str, str, str, str]
"""Role, type of the statement, what it is about, by whose key."""

OWN, CENTER, RECORDER = "person", "center", "recorder"
NURSE, PROSECUTOR = "examiner", "prosecutor"


def _set() -> list[Act]:
    noted: Act = (NURSE, "exam.noted", "set", CENTER)
    sealed: list[Act] = [
        (NURSE, "photograph.sealed", f"photograph {number}", CENTER) for number in range(1, 8)
    ]
    return [
        (NURSE, "exam.opened", "set", CENTER),
        sealed[0],
        *[noted] * 3,  # where it is, what it is, and in words
        *sealed[1:6],
        *[noted] * 3,  # that it is there, what it is, and that she agreed
        sealed[6],
        (NURSE, "exam.closed", "set", CENTER),
    ]


EXPECTED: Sequence[Act] = (
    (NURSE, "case.described", "case", CENTER),
    *[(NURSE, "consent.recorded", "case", OWN)] * 4,
    *_set(),
    (NURSE, "photographs.viewed", "case", CENTER),
    (NURSE, "evidence.viewed", "photograph 1", CENTER),
    (NURSE, "specimen.taken", "specimen", OWN),
    (NURSE, "specimen.handed-over", "specimen", OWN),
    (NURSE, "case.given", "case", OWN),
    (PROSECUTOR, "case.given", "case", OWN),
    (NURSE, "intimate.requested", "photograph 7", OWN),
    (PROSECUTOR, "intimate.approved", "photograph 7", OWN),
    (NURSE, "evidence.viewed", "photograph 7", CENTER),
    (PROSECUTOR, "interview.opened", "interview", CENTER),
    (RECORDER, "recording.started", "recording", RECORDER),
    (PROSECUTOR, "evidence.viewed", "interview", CENTER),
    ("observer", "evidence.viewed", "interview", CENTER),
    (RECORDER, "recording.sealed", "recording", RECORDER),
    (PROSECUTOR, "seal.confirmed", "recording", OWN),
    ("custodian", "retention.set", "case", OWN),
    ("custodian", "hold.placed", "case", OWN),
    (PROSECUTOR, "grant.given", "case", OWN),
    ("court", "grant.accepted", "case", CENTER),
    ("court", "evidence.viewed", "recording", CENTER),
    (NURSE, "consent.withdrawn", "case", OWN),
    (PROSECUTOR, "export.ordered", "interview", OWN),
    (PROSECUTOR, "evidence.viewed", "recording", CENTER),
    (PROSECUTOR, "evidence.exported", "recording", CENTER),
)


def rows(table: str) -> list[dict[str, str]]:
    """The lines of the history's table file."""
    return list(csv.DictReader(io.StringIO(table)))


def acts(told: Sequence[Mapping[str, str]], ids: Mapping[str, str]) -> list[Act]:
    """These lines with what they are about in words; photographs are counted as they come."""
    words = {id_: word for word, id_ in ids.items()}
    safeties = {row["about"] for row in told if json.loads(row["body"]).get("beside") is not None}
    found: list[Act] = []
    for row in told:
        if row["type"] == "recording.progress" or row["about"] in safeties:
            continue
        if row["type"] == "photograph.sealed":
            number = sum(word.startswith("photograph") for word in words.values()) + 1
            words[row["about"]] = f"photograph {number}"
        found.append((row["role"], row["type"], words[row["about"]], row["signed_by"]))
    return found
