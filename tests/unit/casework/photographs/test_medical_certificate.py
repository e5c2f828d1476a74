"""The medical certificate: what the form names for it and nothing else, signed, and stated in the ledger."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from casework.body_maps.drawings import SIDES
from casework.cases import cases
from casework.clock import local_text, now
from casework.database.models import Person, Role
from casework.errors import Forbidden, NotTaken, Refused
from casework.ledger import chains
from casework.people import people
from casework.photographs import examination_certificate, examination_drafts, examination_records
from casework.photographs.examination_drafts import Filled
from casework.specimens import custody, handovers, takings
from casework.specimens.acts import Condition
from casework.specimens.taking import KINDS, Place
from chain_of_custody.items.examination_record import ANSWERS, ExaminationRecord
from chain_of_custody.statements.statement import SignedStatement
from player.papers import medical_certificate
from player.papers.typeset import FOLDER
from tests.support.centers.casework_world import World
from tests.support.centers.taken_specimens import take_specimen
from tests.support.people.adding import SESSION

VALUES: dict[str, Any] = {
    "began": "2026-11-24T20:15",
    "examiner": "Dr A [#blue]",
    "sex": "female",
    "consent-explained": "yes",
    "consent-examination": "given",
    "account": "words of her own",
    "arms": "findings",
    "arms-described": "oval bruise",
    "findings": ["1.1", "1.2"],
    "self-harm": "no",
    "safe": "yes",
    "specimens": "no",
    "consistency": "consistent",
    "summary": "كدمة في الساعد\nالأيسر",
}


@pytest.fixture
def nurse(world: World) -> Person:
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, examiner.id)
    return examiner


def record_of(world: World, nurse: Person, corrects: tuple[str, bytes] | None = None) -> tuple[str, bytes]:
    """A sealed record, and its bytes."""
    if corrects is None:
        draft = examination_drafts.begin(world.center, nurse, world.case.id, "adult-examination")
    else:
        draft = examination_records.correct(world.center, nurse, *corrects)
    filled = Filled(VALUES, "" if corrects is None else "The side was wrong.")
    examination_drafts.save(world.center, nurse, draft.id, 0, filled)
    opened = examination_drafts.opened(world.center, nurse, draft.id)
    status = examination_records.seal(world.center, nurse, SESSION, draft.id, 1)
    record = ExaminationRecord(opened.form, VALUES, None)
    if opened.corrects is not None:
        record = replace(record, corrects=examination_records.Corrected(*opened.corrects, filled.reason))
    return status.id, record.canonical()


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "paper.pdf").write_bytes(pdf)
    told = subprocess.run(
        ["pdftotext", "-raw", folder / "paper.pdf", "-"], check=True, capture_output=True, text=True
    ).stdout
    return " ".join(told.split())


@pytest.mark.starts
def test_it_has_what_the_form_names_for_it_in_both_languages_and_is_signed(
    world: World, nurse: Person, tmp_path: Path
) -> None:
    evidence, data = record_of(world, nurse)
    certified = examination_certificate.certified(world.center, nurse, evidence, data)
    told = text_of(medical_certificate.paper(world.center, certified), tmp_path)
    assert told.count("Dr A [#blue]") == 2, "once in each language, never markup"
    assert told.count("2026-11-24 20:15") == 2
    for sentence in (
        "Consent to the examination Given",
        "Set 1, injury 2",
        "Consistent with it, and with many other causes",
        "Specimens were taken No",
        "adult-examination, version 1",
        "Person N (forensic nurse or doctor, clinic)",
    ):
        assert sentence in told
    assert str(certified.item.manifest_digest)[:32] in told.replace(" ", "")
    for left_out in ("words of her own", "oval bruise", "self-harm"):
        assert left_out not in told, "more people read a certificate than may open the record"
    assert "was corrected by" not in told
    signatures = subprocess.run(
        ["pdfsig", "-nocert", tmp_path / "paper.pdf"], capture_output=True, text=True, check=False
    ).stdout
    assert "Signature is Valid" in signatures


@pytest.mark.starts
def test_that_of_a_corrected_record_says_so(world: World, nurse: Person, tmp_path: Path) -> None:
    first = record_of(world, nurse)
    second = record_of(world, nurse, first)
    for (evidence, data), corrected in ((first, True), (second, False)):
        certified = examination_certificate.certified(world.center, nurse, evidence, data)
        told = text_of(medical_certificate.paper(world.center, certified), tmp_path)
        assert ("This record was corrected by document 2" in told) is corrected
        assert ("The side was wrong." in told) is not corrected


@pytest.mark.starts
def test_it_lists_the_specimens_that_were_taken_by_then_as_they_were_taken(
    world: World, nurse: Person, tmp_path: Path
) -> None:
    evidence, data = record_of(world, nurse)

    def told(specimens: str = "places") -> str:
        certified = examination_certificate.certified(world.center, nurse, evidence, data, specimens)
        return text_of(medical_certificate.paper(world.center, certified), tmp_path)

    assert told().count("No specimen is entered in this case. As of") == 1
    center, case = world.center, world.case.id
    kit = take_specimen(center, nurse, case, kind="kit", seal="K-1001", what="kit")
    place = Place("woman", "front", "left-forearm")
    take_specimen(center, nurse, case, kind="swab", seal="S-1", what="skin", kit=kit.id, place=place)
    error = take_specimen(center, nurse, case, kind="swab", seal="S-3003", what="skin", kit=kit.id)
    handovers.withdraw(center, nurse, error.id, "entered-twice", "")
    to, day = {"organisation": "clinic", "role": "clinician"}, now() + timedelta(days=1)
    handovers.hand_over(center, nurse, kit.id, to, day, Condition(intact=False, seal="K-2002"))
    listed = told()
    taken = local_text(kit.taken_at)
    assert f"1 kit k-1001 – {taken}" in listed
    assert "2 swab in kit 1 s-1 left forearm Front" in listed
    assert listed.count("s-1") == 2, "once in each language"
    for left_out in ("k-2002", "skin", "s-3003"):
        assert left_out not in listed
    assert f"(the first {center.ledger.size} entries of the ledger)" in listed
    unplaced = told("list")
    assert f"2 swab in kit 1 s-1 {taken[:4]}" in unplaced
    assert "forearm" not in unplaced
    assert "Their places on the body are not stated here." in unplaced
    none = told("none")
    assert "s-1" not in none
    assert none.count("This certificate does not state specimens, whether any were taken or not.") == 1


def test_what_enters_the_ledger_while_the_list_is_read_is_not_on_it(
    world: World, nurse: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    center, case = world.center, world.case
    take_specimen(center, nurse, case.id, kind="kit", seal="K-1001", what="kit")
    replay = custody.replay

    def meanwhile(*reading: Any) -> Any:
        monkeypatch.undo()
        take_specimen(center, nurse, case.id, kind="swab", seal="S-2", what="dry")
        return replay(*reading)

    monkeypatch.setattr(custody, "replay", meanwhile)
    found = takings.of_case(center, case)
    assert [one.number for one in found.found] == [1]
    assert [one.number for one in takings.of_case(center, case).found] == [1, 2]
    assert found.size < takings.of_case(center, case).size


def test_each_paper_is_in_the_ledger_by_its_digest(world: World, nurse: Person) -> None:
    evidence, data = record_of(world, nurse)
    certified = examination_certificate.certified(world.center, nurse, evidence, data)
    examination_certificate.state(world.center, nurse, certified, b"paper")
    last = SignedStatement.parse(list(chains.chain(world.center, evidence).values())[-1]).statement
    assert (last.type, last.actor.id) == ("examination.certified", nurse.id)
    assert last.body == {"paper": sha256(b"paper").hexdigest()}


def test_there_is_none_of_other_bytes_and_none_for_others(world: World, nurse: Person) -> None:
    evidence, data = record_of(world, nurse)
    with pytest.raises(NotTaken):
        examination_certificate.certified(world.center, nurse, evidence, data.replace(b"oval", b"long"))
    with pytest.raises(Refused):
        examination_certificate.certified(world.center, nurse, evidence, data, "some")
    with pytest.raises(Forbidden):
        examination_certificate.certified(world.center, world.prosecutor, evidence, data)


def test_both_languages_have_every_word() -> None:
    words = json.loads((FOLDER / "medical-certificate-words.json").read_text("utf-8"))
    assert words["ar"].keys() == words["en"].keys()
    for language in words.values():
        assert language["values"].keys() == set(ANSWERS)
        assert language["kinds"].keys() == set(KINDS)
        assert language["sides"].keys() == set(SIDES)
