"""Forms as text files: what is read from them, and what is wrong with one said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.forms import form_files
from casework.forms.form_files import FormUnreadable, parse
from chain_of_custody.items.examination_record import ANSWERS

SHORT = """
id = "short"
version = 3
en = "Short form"
ar = "نموذج قصير"

[[section]]
id = "health"
en = "Health"
ar = "الحالة الصحية"

[[section.field]]
id = "pregnant"
kind = "answer"
en = "Pregnant"
ar = "الحمل"
required = true

[[section.field]]
id = "weeks"
kind = "number"
unit = "weeks"
en = "Weeks"
ar = "الأسابيع"
when = "pregnant = yes, unknown"
"""


def test_a_file_becomes_a_form_in_both_languages() -> None:
    form = parse(SHORT, "short.toml")
    assert (form.id, form.version, form.title["ar"]) == ("short", 3, "نموذج قصير")
    [section] = form.sections
    pregnant, weeks = section.fields
    assert (pregnant.required, pregnant.options) == (True, ANSWERS)
    assert weeks.when is not None
    assert (weeks.unit, weeks.when.field, weeks.when.values) == ("weeks", "pregnant", ("yes", "unknown"))


def test_the_digest_identifies_what_the_form_asks_and_nothing_else() -> None:
    before = parse(SHORT, "short.toml").digest
    assert parse(f"# for people\n{SHORT}", "short.toml").digest == before
    assert parse(SHORT.replace("Weeks", "Full weeks"), "short.toml").digest != before
    assert parse(SHORT.replace("version = 3", "version = 4"), "short.toml").digest != before


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        ("version = 3", "version = ", "line 3"),
        ("version = 3", "version = 0", "form version"),
        ('id = "health"', 'id = "Health!"', "form sections 1 id"),
        ('ar = "الحمل"', "", "section health, field pregnant: ar is missing"),
        ('ar = "الحمل"', 'ar = "a\\u202eb"', "field pregnant: ar is missing, or has signs"),
        ('kind = "number"', 'kind = "figure"', "fields 2 kind: none of"),
        ('unit = "weeks"', 'units = "weeks"', "section health, field weeks: units is not known"),
        ('kind = "number"', 'kind = "text"', "form field weeks: a unit"),
        ("required = true", 'required = "yes"', "required: not true or false"),
        ("pregnant = yes, unknown", "pregnant is yes", 'field weeks: when is not "field = value"'),
        ("pregnant = yes, unknown", "weeks = yes", "field weeks: a condition on no earlier"),
        ("pregnant = yes, unknown", "pregnant = maybe", "field weeks: a condition on a value"),
        ('id = "weeks"', 'id = "pregnant"', "field pregnant twice"),
        ("[[section.field]]", "[section.field]", "line"),
        ('id = "short"', 'id = "long"', "belongs in long.toml"),
    ],
)
def test_a_fault_is_named_with_the_file_and_its_place(before: str, after: str, wrong: str) -> None:
    assert before in SHORT
    with pytest.raises(FormUnreadable) as refused:
        parse(SHORT.replace(before, after), "short.toml")
    assert str(refused.value).startswith("short.toml: ")
    assert wrong in str(refused.value)


def test_the_built_in_forms_are_for_adults_and_for_children(tmp_path: Path) -> None:
    adult, child = form_files.read(tmp_path / "forms")
    assert (adult.id, child.id) == form_files.BUILT_IN
    for form in (adult, child):
        fields = {field.id for section in form.sections for field in section.fields}
        assert {"began", "examiner", "consent-examination", "account", "findings", "specimens"} <= fields
        assert {"consistency", "summary"} <= fields
    assert "assent" in {field.id for section in child.sections for field in section.fields}


def test_a_file_of_the_center_replaces_the_form_of_its_name_and_others_are_added(tmp_path: Path) -> None:
    (tmp_path / "short.toml").write_text(SHORT, "utf-8")
    own = form_files.built_in_text("adult-examination").replace("version = 1", "version = 7", 1)
    (tmp_path / "adult-examination.toml").write_text(own, "utf-8")
    assert [(one.id, one.version) for one in form_files.read(tmp_path)] == [
        ("adult-examination", 7),
        ("child-examination", 1),
        ("short", 3),
    ]


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short.toml").write_bytes(b"id = \xff")
    with pytest.raises(FormUnreadable, match=r"short\.toml: not UTF-8 at byte 5"):
        form_files.read(tmp_path)
    (tmp_path / "short.toml").write_bytes(b" " * (form_files.MAX_FILE + 1))
    with pytest.raises(FormUnreadable, match="more than"):
        form_files.read(tmp_path)
