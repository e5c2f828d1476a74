"""The record of an examination: only values that its form can have, only of fields that are shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from chain_of_custody.items.examination_record import ExaminationRecord

SPECIFICATION = Path("docs/spec/examination.md").read_text("utf-8")
_BLOCK = re.search(r"```json examination-record\n(.+)\n```", SPECIFICATION)
assert _BLOCK is not None
EXAMPLE = _BLOCK[1].encode()
WORDS = {"ar": "س", "en": "x"}


def field(id_: str, kind: str, **others: Any) -> dict[str, Any]:
    absent = {
        "certificate": False,
        "choices": [],
        "hint": None,
        "label": WORDS,
        "required": False,
        "unit": None,
        "when": None,
    }
    return {**absent, "id": id_, "kind": kind, **others}


def record(fields: list[dict[str, Any]], values: dict[str, Any], when: object = None) -> bytes:
    decides = {"id": "first", "label": WORDS, "when": None, "fields": [field("decides", "answer")]}
    section = {"id": "second", "label": WORDS, "when": when, "fields": fields}
    form = {"id": "f", "version": 1, "title": WORDS, "sections": [decides, section]}
    return canonical_json.serialise({"corrects": None, "form": form, "v": 1, "values": values})


def test_the_example_of_the_specification_is_read_and_written_again() -> None:
    example = ExaminationRecord.parse(EXAMPLE)
    assert example.canonical() == EXAMPLE
    digest = re.search(r"```text examination-form\n([0-9a-f]{64})\n```", SPECIFICATION)
    assert digest is not None and digest[1] == example.form.digest
    assert dict(example.values) == {"pregnant": "yes", "weeks": "9"}


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("text", ["a", "س" * 300], ["", "a" * 301, 1, ["a"], None]),
        ("long-text", ["a\nb"], ["", "a" * 10_001]),
        (
            "number",
            ["0", "-1.5", "36.75", "999999999"],
            ["01", "1e3", "1,5", "+1", "1.", ".5", 5, "٣", "1\n"],
        ),
        (
            "date",
            ["2024-02-29"],
            ["2026-02-29", "0000-01-01", "2026-2-1", "2026-01-01T00:00", "2026-01-01\n"],
        ),
        ("date-time", ["2026-11-24T20:15"], ["2026-11-24", "2026-11-24T24:00", "2026-11-24 20:15", 5]),
        ("answer", ["yes", "not-examined"], ["maybe", "", ["yes"], True]),
        ("findings", [["1.1", "9999.99"]], [[], ["1.1", "1.1"], ["0.1"], ["1.100"], "1.1", [1]]),
    ],
)
def test_a_value_is_of_its_kind(kind: str, right: list[Any], wrong: list[Any]) -> None:
    for value in right:
        assert ExaminationRecord.parse(record([field("f", kind)], {"f": value})).values == {"f": value}
    for value in wrong:
        with pytest.raises(Malformed, match="not a value of"):
            ExaminationRecord.parse(record([field("f", kind)], {"f": value}))


def test_choices_are_those_of_the_form() -> None:
    choices = [{"id": one, "label": WORDS} for one in ("a", "b")]
    one, several = field("one", "one-of", choices=choices), field("many", "several-of", choices=choices)
    ExaminationRecord.parse(record([one, several], {"one": "a", "many": ["b", "a"]}))
    for values in ({"one": "c"}, {"many": ["a", "a"]}, {"many": []}, {"many": "a"}, {"many": ["c"]}):
        with pytest.raises(Malformed, match="not a value of"):
            ExaminationRecord.parse(record([one, several], values))
    for wrong in (
        field("f", "one-of"),
        field("f", "text", choices=choices),
        field("f", "one-of", choices=choices * 2),
    ):
        with pytest.raises(Malformed):
            ExaminationRecord.parse(record([wrong], {}))


def test_only_fields_that_are_shown_have_values() -> None:
    only = {"field": "decides", "is": ["yes"]}
    depends = field("depends", "text", when=only)
    ExaminationRecord.parse(record([depends], {"decides": "yes", "depends": "a"}))
    for values in ({"decides": "no", "depends": "a"}, {"depends": "a"}, {"absent": "a"}):
        with pytest.raises(Malformed, match="no field that is shown"):
            ExaminationRecord.parse(record([depends], values))
    with pytest.raises(Malformed, match="no field that is shown"):
        ExaminationRecord.parse(record([field("f", "text")], {"decides": "no", "f": "a"}, when=only))


def test_a_field_that_is_not_shown_decides_nothing() -> None:
    hidden = field("hidden", "answer", when={"field": "decides", "is": ["yes"]})
    after = field("after", "text", when={"field": "hidden", "is": ["yes"]})
    ExaminationRecord.parse(record([hidden, after], {"decides": "yes", "hidden": "yes", "after": "a"}))
    with pytest.raises(Malformed, match="no field that is shown: after"):
        ExaminationRecord.parse(record([hidden, after], {"decides": "no", "hidden": "yes", "after": "a"}))


@pytest.mark.parametrize("when", [{"field": "f", "is": ["yes"]}, {"field": "later", "is": ["yes"]}])
def test_a_condition_depends_on_an_earlier_field_alone(when: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="a condition on no earlier"):
        ExaminationRecord.parse(record([field("f", "answer", when=when), field("later", "answer")], {}))


def test_a_correction_names_what_it_corrects_and_why() -> None:
    value = canonical_json.parse_object(EXAMPLE, "record")
    corrects = {"evidence": "e" * 32, "manifest": "d" * 64, "reason": "wrong side"}
    parsed = ExaminationRecord.parse(canonical_json.serialise({**value, "corrects": corrects}))
    assert parsed.corrects is not None and parsed.corrects.reason == "wrong side"
    for wrong in ({**corrects, "reason": ""}, {**corrects, "evidence": "e"}, {"evidence": "e" * 32}):
        with pytest.raises(Malformed):
            ExaminationRecord.parse(canonical_json.serialise({**value, "corrects": wrong}))


def test_no_other_spelling_is_read() -> None:
    for other in (EXAMPLE + b"\n", EXAMPLE.replace(b'"v":1', b'"v":2'), EXAMPLE.replace(b'"v":1,', b"")):
        with pytest.raises(Malformed):
            ExaminationRecord.parse(other)
    with pytest.raises(Malformed, match="longer than"):
        ExaminationRecord.parse(b" " * 1_000_001)
