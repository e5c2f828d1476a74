"""The consent form on paper: each question with its boxes, room to sign, and nothing that was recorded."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from amana.pages.consent import NOT_ASKED
from casework.cases import cases, consent
from casework.clock import now
from casework.database.models import Case, Role
from casework.people import people
from player.papers import consent_form
from player.papers.typeset import FOLDER
from tests.support.centers.court_room import CourtRoom

WORDS = json.loads((FOLDER / "consent-form-words.json").read_text("utf-8"))
ANSWERS = (*consent.OUTCOMES, NOT_ASKED)


def told(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def text_of(pdf: bytes, folder: Path) -> str:
    paper = folder / "form.pdf"
    paper.write_bytes(pdf)
    return " ".join(told("pdftotext", "-raw", str(paper), "-").split())


def boxes_of(pdf: bytes, folder: Path) -> int:
    """How many boxes to tick the paper has on all its pages: squares that are drawn and not filled."""
    paper = folder / "form.pdf"
    paper.write_bytes(pdf)
    pages = [one for one in told("pdfinfo", str(paper)).splitlines() if one.startswith("Pages:")]
    return sum(
        told("pdftocairo", "-svg", "-f", str(page), "-l", str(page), str(paper), "-").count(
            '<path fill="none" stroke-width="0.8"'
        )
        for page in range(1, int(pages[0].split()[1]) + 1)
    )


def test_both_languages_have_words_for_each_question_and_answer() -> None:
    assert WORDS["ar"].keys() == WORDS["en"].keys()
    for words in WORDS.values():
        assert list(words["subjects"]) == list(consent.SUBJECTS)
        assert all(one.keys() == {"title", "meaning"} for one in words["subjects"].values())
        assert list(words["groups"]) == list(consent.GROUPS)
        assert list(words["outcomes"]) == list(ANSWERS)
        assert list(words["deciders"]) == list(consent.BY)
        assert list(words["grounds"]) == list(consent.GROUNDS)
        assert len(words["signers"]) == 4


@pytest.mark.starts
def test_each_question_has_its_boxes_none_of_them_ticked_and_there_is_room_to_sign(tmp_path: Path) -> None:
    pdf = consent_form.paper(Case(code="2026-0007"), now())
    text = text_of(pdf, tmp_path)
    places = []
    for question in WORDS["en"]["subjects"].values():
        asked = f"{question['title']} {question['meaning']} yes yes, with limits no not asked Limits, in"
        places.append(text.index(asked))
    assert places == sorted(places), "in the order of the page"
    assert text.count("بحدود") == len(consent.SUBJECTS)
    assert text.count("Name Signature Date") == 4
    for signer in WORDS["en"]["signers"]:
        assert signer in text
    of_a_language = len(consent.SUBJECTS) * len(ANSWERS) + len(consent.BY) + len(consent.GROUNDS) + 1
    assert boxes_of(pdf, tmp_path) == 2 * of_a_language


@pytest.mark.starts
async def test_it_is_given_on_the_page_of_consent_and_has_nothing_that_was_recorded(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room, center = empty_room, empty_room.center
    answers = [consent.Answer("photographs", "limited", "Hands only")]
    fields = {"decided_by": "both", "form": "signed", "language": "ar", "explained_by": "Person E"}
    guardian = {"ground": "natural-guardian", "guardian": "Person G"}
    consent.record(center, room.prosecutor, room.case.id, answers, **fields, **guardian)
    address = f"/cases/{room.case.id}/consent/form.pdf"
    client = await room.browser(room.prosecutor)
    assert address in (await client.get(f"/cases/{room.case.id}/consent")).text
    size = center.ledger.size
    answer = await client.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    assert f'filename="consent-form-{room.case.code}.pdf"' in answer.headers["content-disposition"]
    text = text_of(answer.content, tmp_path)
    assert text.count(room.case.code) >= 4, "on each page"
    for recorded in ("Hands", "Person", room.prosecutor.name):
        assert recorded not in text.replace("The person", "")
    assert center.ledger.size == size
    assert (await (await room.browser(room.court)).get(address)).status_code == 403
    stranger = people.add(center, room.administrator, "Person N", Role.EXAMINER, "clinic")
    assert (await (await room.browser(stranger)).get(address)).status_code == 403
    cases.give(center, room.prosecutor, room.case.id, stranger.id)
    assert (await (await room.browser(stranger)).get(address)).status_code == 200
