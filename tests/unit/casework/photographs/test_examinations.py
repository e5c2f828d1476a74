"""Records of examinations: filled in as drafts, sealed as documents, corrected by later ones."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from casework.cases import cases
from casework.database.models import ExaminationDraft, Person, Role
from casework.errors import ExaminationMovedOn, Forbidden, Missing, NotTaken, Refused, VaultLocked
from casework.evidence import gateway
from casework.forms.form_files import FormUnreadable
from casework.ledger import chains
from casework.people import people
from casework.photographs import examination_drafts, examination_records, photographs, uploads
from casework.photographs.examination_drafts import Filled
from casework.photographs.uploads import AnnouncedFile
from chain_of_custody.items.examination_record import ExaminationRecord
from chain_of_custody.items.file_manifest import ORIGINAL
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World
from tests.support.people.adding import SESSION
from tests.unit.casework.photographs.test_uploads import content_of

FORM = """
id = "short"
version = 1
en = "Short form"
ar = "نموذج قصير"

[[section]]
id = "all"
en = "Examination"
ar = "الفحص"

[[section.field]]
id = "injured"
kind = "answer"
en = "Injury"
ar = "إصابة"
required = true

[[section.field]]
id = "where"
kind = "text"
en = "Where"
ar = "المكان"
required = true
when = "injured = yes"
"""
WORDS = "left forearm"
HURT: dict[str, Any] = {"injured": "yes", "where": f"  {WORDS} "}


@pytest.fixture
def world_with_form(world: World, tmp_path: Path) -> World:
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "short.toml").write_text(FORM, "utf-8")
    world.center = replace(world.center, forms=tmp_path / "forms")
    return world


@pytest.fixture
def nurse(world_with_form: World) -> Person:
    world = world_with_form
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, examiner.id)
    return examiner


def begun(world: World, nurse: Person, values: dict[str, Any]) -> str:
    draft = examination_drafts.begin(world.center, nurse, world.case.id, "short")
    examination_drafts.save(world.center, nurse, draft.id, 0, Filled(values))
    return draft.id


def sealed(world: World, nurse: Person, values: dict[str, Any]) -> str:
    draft_id = begun(world, nurse, values)
    return examination_records.seal(world.center, nurse, SESSION, draft_id, 1).id


def content(world: World, person: Person, evidence: str) -> bytes:
    """The original, as a browser puts it together after it was opened."""
    return content_of(gateway.view(world.center, person, evidence, "review"), ORIGINAL)


def stated(world: World, evidence: str) -> list[tuple[str, dict[str, Any]]]:
    leaves = chains.chain(world.center, evidence).values()
    statements = [SignedStatement.parse(leaf).statement for leaf in leaves]
    return [(one.type, dict(one.body)) for one in statements]


def test_a_record_is_sealed_as_a_document_that_contains_its_form(world: World, nurse: Person) -> None:
    evidence = sealed(world, nurse, HURT)
    record = ExaminationRecord.parse(content(world, world.prosecutor, evidence))
    assert (record.form.id, record.corrects) == ("short", None)
    assert record.values == {"injured": "yes", "where": WORDS}
    (type_, body), *_ = stated(world, evidence)
    assert (type_, body["format"], body["number"]) == ("document.sealed", "examination", 1)
    assert (body["form"], body.get("corrects")) == (record.form.digest, None)
    [listed] = photographs.listed(world.center, world.prosecutor, world.case.id)
    assert (listed.kind, listed.format, listed.shown) == ("document", "examination", False)


def test_a_document_that_was_begun_with_the_same_bytes_is_not_continued_as_a_record(
    world: World, nurse: Person
) -> None:
    draft_id = begun(world, nurse, HURT)
    data = examination_records._record(examination_drafts.opened(world.center, nurse, draft_id)).canonical()
    announced = AnnouncedFile("document", "a.json", len(data), sha256(data).hexdigest())
    other = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    evidence = examination_records.seal(world.center, nurse, SESSION, draft_id, 1).id
    assert evidence != other.id
    assert stated(world, evidence)[0][1]["form"] == ExaminationRecord.parse(data).form.digest


def test_no_value_is_stored_in_clear_before_or_after_it_is_sealed(world: World, nurse: Person) -> None:
    draft_id = begun(world, nurse, HURT)
    for _ in range(2):
        written = b"".join(path.read_bytes() for path in world.folder.rglob("*") if path.is_file())
        assert WORDS.encode() not in written
        if world.center.database.scalar(select_draft(draft_id)) is not None:
            examination_records.seal(world.center, nurse, SESSION, draft_id, 1)
    assert world.center.database.scalar(select_draft(draft_id)) is None


def select_draft(draft_id: str) -> Any:
    return select(ExaminationDraft.id).where(ExaminationDraft.id == draft_id)


def test_what_is_not_shown_is_left_out_and_what_is_missing_is_named(world: World, nurse: Person) -> None:
    evidence = sealed(world, nurse, {"injured": "no", "where": WORDS})
    record = ExaminationRecord.parse(content(world, nurse, evidence))
    assert record.values == {"injured": "no"}
    for values, missing in (({}, "injured"), ({"injured": "yes", "where": " "}, "where")):
        draft_id = begun(world, nurse, values)
        with pytest.raises(NotTaken, match=missing) as refused:
            examination_records.seal(world.center, nurse, SESSION, draft_id, 1)
        assert refused.value.code == "examination-incomplete"
        assert examination_drafts.opened(world.center, nurse, draft_id).filled.values == values
    draft_id = begun(world, nurse, {"injured": "perhaps"})
    with pytest.raises(Refused, match="not a value"):
        examination_records.seal(world.center, nurse, SESSION, draft_id, 1)


def test_a_correction_is_a_later_record_and_the_earlier_one_stays(world: World, nurse: Person) -> None:
    first = sealed(world, nurse, HURT)
    before = content(world, nurse, first)
    draft = examination_records.correct(world.center, nurse, first, before)
    found = examination_drafts.opened(world.center, nurse, draft.id)
    assert found.filled.values == {"injured": "yes", "where": WORDS}
    examination_drafts.save(
        world.center, nurse, draft.id, 0, Filled({**found.filled.values, "where": "right forearm"})
    )
    with pytest.raises(NotTaken, match="the reason"):
        examination_records.seal(world.center, nurse, SESSION, draft.id, 1)
    examination_drafts.save(
        world.center, nurse, draft.id, 1, Filled({"injured": "yes", "where": "right forearm"}, "wrong side")
    )
    second = examination_records.seal(world.center, nurse, SESSION, draft.id, 2).id
    record = ExaminationRecord.parse(content(world, nurse, second))
    assert record.corrects is not None
    assert (record.corrects.evidence, record.corrects.reason) == (first, "wrong side")
    (_, sealed_first), *_ = stated(world, first)
    (_, sealed_second), *_ = stated(world, second)
    assert record.corrects.manifest == sealed_first["manifest"]
    assert (sealed_second["corrects"], sealed_second["form"]) == (first, sealed_first["form"])
    assert content(world, nurse, first) == before
    assert examination_records.corrections(world.center, nurse, first).corrected_by == [(second, 2)]
    assert examination_records.corrections(world.center, nurse, second).corrects == (first, 1)


def test_only_the_bytes_that_were_sealed_are_corrected(world: World, nurse: Person) -> None:
    first = sealed(world, nurse, HURT)
    data = content(world, nurse, first)
    for other in (data.replace(b"left", b"back"), b"", data + b" "):
        with pytest.raises(NotTaken) as refused:
            examination_records.correct(world.center, nurse, first, other)
        assert refused.value.code == "another-record"
    with pytest.raises(Forbidden):
        examination_records.correct(world.center, world.prosecutor, first, data)


def test_nothing_is_saved_over_what_another_device_has_saved(world: World, nurse: Person) -> None:
    draft_id = begun(world, nurse, HURT)
    with pytest.raises(ExaminationMovedOn):
        examination_drafts.save(world.center, nurse, draft_id, 0, Filled({"injured": "no"}))
    with pytest.raises(ExaminationMovedOn):
        examination_records.seal(world.center, nurse, SESSION, draft_id, 0)
    opened = examination_drafts.opened(world.center, nurse, draft_id)
    assert (opened.version, opened.filled.values) == (1, HURT)


def test_a_draft_is_for_those_who_add_photographs_to_its_case(world: World, nurse: Person) -> None:
    draft_id = begun(world, nurse, HURT)
    for person in (world.prosecutor, world.administrator):
        for act in (examination_drafts.opened, examination_drafts.discard):
            with pytest.raises(Forbidden):
                act(world.center, person, draft_id)
    assert examination_drafts.discard(world.center, nurse, draft_id) == world.case.id
    with pytest.raises(Missing):
        examination_drafts.opened(world.center, nurse, draft_id)
    with pytest.raises(Missing):
        examination_drafts.begin(world.center, nurse, world.case.id, "no-such-form")


def test_a_draft_is_saved_while_the_vault_is_locked_and_read_afterwards(world: World, nurse: Person) -> None:
    draft = examination_drafts.begin(world.center, nurse, world.case.id, "short")
    world.keyholder.lock()
    assert examination_drafts.save(world.center, nurse, draft.id, 0, Filled(HURT)) == 1
    with pytest.raises(VaultLocked):
        examination_drafts.opened(world.center, nurse, draft.id)


def test_a_changed_file_of_the_center_changes_no_draft(world: World, nurse: Person) -> None:
    draft_id = begun(world, nurse, HURT)
    forms = world.center.forms
    assert forms is not None
    (forms / "short.toml").write_text(FORM.replace("Injury", "Wound"), "utf-8")
    [section] = examination_drafts.opened(world.center, nurse, draft_id).form.sections
    assert section.fields[0].label["en"] == "Injury"
    (forms / "short.toml").write_text("id = ", "utf-8")
    with pytest.raises(FormUnreadable):
        examination_drafts.begin(world.center, nurse, world.case.id, "adult-examination")


def test_the_drafts_of_a_case_go_with_its_details(world: World, nurse: Person) -> None:
    draft_id = begun(world, nurse, HURT)
    with world.center.database.begin() as session:
        examination_drafts.forget(session, world.case.id)
    assert examination_drafts.of_case(world.center, nurse, world.case.id) == []
    with pytest.raises(Missing):
        examination_drafts.opened(world.center, nurse, draft_id)
