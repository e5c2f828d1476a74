"""The examination report: what was noted, in both languages, signed once the set is closed; no picture."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from casework.cases import cases, consent
from casework.database.models import Person, Role
from casework.errors import Forbidden, VaultLocked
from casework.ledger import chains
from casework.people import people
from casework.photographs import exam_report, exam_sets
from casework.photographs.exam_sets import SIDES, TERMS, VIEWS, Injury, Notes
from chain_of_custody.statements.statement import SignedStatement
from player.papers import exam_report as report_paper
from player.papers.typeset import FOLDER
from tests.support.centers.casework_world import World
from tests.support.media.made_pictures import picture
from tests.support.people.adding import added

BRUISE = Injury("front", "right-chest", 400, 300, "bruise", "oval [#blue] edge", size="30 × 12")


@pytest.fixture
def nurse(world: World) -> Person:
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, examiner.id)
    return examiner


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "paper.pdf").write_bytes(pdf)
    told = subprocess.run(
        ["pdftotext", "-layout", folder / "paper.pdf", "-"], check=True, capture_output=True, text=True
    ).stdout
    return re.sub(r"[\s\u202a-\u202c]+", " ", told)


@pytest.mark.starts
def test_it_has_what_was_noted_and_every_picture_by_number_and_no_picture(
    world: World, nurse: Person, tmp_path: Path
) -> None:
    consent.record(
        world.center,
        nurse,
        world.case.id,
        [consent.Answer("photographs", "limited", "not the face")],
        decided_by="self",
        form="oral",
        language="ar",
        explained_by="Person N",
    )
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    hidden = replace(BRUISE, side="genital", region="perineum", words="", intimate=True, agreed=True)
    wrong = replace(BRUISE, side="feet", region="left-sole-heel", removed="of another person")
    exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE, hidden, wrong], ["back"], ["hands"]))
    first = {"exam": exam.id, "view": "close-up", "injury": 1}
    added(world.center, nurse, world.case.id, picture(seed=1), **first)
    second = {"exam": exam.id, "view": "close-up", "injury": 2}
    added(world.center, nurse, world.case.id, picture(seed=2), intimate=True, agreed=True, **second)
    draft = exam_report.reported(world.center, nurse, exam.id)
    assert "Unsigned draft" in text_of(report_paper.paper(world.center, draft), tmp_path)

    exam_sets.close(world.center, nurse, exam.id)
    report = exam_report.reported(world.center, world.prosecutor, exam.id)
    [open_one, covered] = report_paper.paper_facts(report)["pictures"]
    assert covered == {"number": 2, "view": None, "injury": None, "format": None, "manifest": None}
    pdf = report_paper.paper(world.center, report)
    told = text_of(pdf, tmp_path)
    assert "Unsigned draft" not in told
    assert told.count("oval [#blue] edge") == 4, "once in each language, never markup"
    assert told.count("30 × 12") >= 4
    assert told.count("not the face") == 2
    assert told.count("of another person") == 2
    assert "right chest" in told and "perineum" in told
    for sentence in (
        "with injuries Front, Genital",
        "looked at, nothing seen Back",
        "not examined: the person declined Hands",
        "not looked at Left side",
    ):
        assert sentence in told
    assert "Set closed by Person N (forensic nurse or doctor, clinic)" in told
    assert "Pictures not taken 9" in told
    assert open_one["manifest"][:32] in told.replace(" ", "")
    images = subprocess.run(
        ["pdfimages", "-list", tmp_path / "paper.pdf"], check=True, capture_output=True, text=True
    ).stdout
    assert len(images.splitlines()) == 2, "a head of two lines, and no image"
    signatures = subprocess.run(
        ["pdfsig", "-nocert", tmp_path / "paper.pdf"], capture_output=True, text=True, check=False
    ).stdout
    assert "Signature is Valid" in signatures


def test_each_paper_is_in_the_ledger_by_its_digest(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "girl")
    report = exam_report.reported(world.center, nurse, exam.id)
    exam_report.state(world.center, world.prosecutor, report, b"paper")
    last = SignedStatement.parse(list(chains.chain(world.center, exam.id).values())[-1]).statement
    assert (last.type, last.actor.id) == ("exam.reported", world.prosecutor.id)
    assert last.body == {"paper": sha256(b"paper").hexdigest()}
    assert [one.type for one in exam_report.reported(world.center, nurse, exam.id).acts] == ["exam.opened"]


def test_there_is_none_for_others_and_none_while_notes_cannot_be_read(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE]))
    for other in (world.administrator, world.court):
        with pytest.raises(Forbidden):
            exam_report.reported(world.center, other, exam.id)
    world.keyholder.lock()
    with pytest.raises(VaultLocked):
        exam_report.reported(world.center, nurse, exam.id)


def test_both_languages_have_every_word_of_what_can_be_noted() -> None:
    words = json.loads((FOLDER / "exam-report-words.json").read_text("utf-8"))
    assert words["ar"].keys() == words["en"].keys()
    for language in words.values():
        assert language["terms"].keys() == set(TERMS)
        assert language["sides"].keys() == set(SIDES)
        assert language["views"].keys() == {"identifying", *VIEWS}
        assert language["figures"].keys() == set(exam_sets.FIGURES)
        assert language["outcomes"].keys() == {*consent.OUTCOMES, "withdrawn"}
        assert language["deciders"].keys() == set(consent.BY)
        assert language["forms"].keys() == set(consent.FORMS)
