"""The record of an examination: a filled form, with the form itself, so that a court reads the questions as
they were asked without any file of the center.

A record is the original of a document of the format `EXAMINATION`: canonical JSON of the form, the values,
and the record that it corrects, if it corrects one. The SHA-256 of the canonical form identifies the version
of the form; the document's statement names it.

A value is a text, or a list of texts. A field without a value was not filled in. A field or section with a
condition has values only where the condition holds, which an earlier field decides.

Trusts nothing that is parsed. Specification: docs/spec/examination.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, ClassVar, TypeAlias

from chain_of_custody.encoding.json_object import (
    Boolean,
    CanonicalObject,
    Code,
    Digest,
    Identifier,
    JsonObject,
    json_object,
    list_of,
    object_of,
    one_of,
    or_none,
    text,
    whole,
)
from chain_of_custody.errors import Malformed

LANGUAGES = ("ar", "en")
"""Languages of a form, each complete."""

MAX_RECORD = 1_000_000
"""Maximum bytes of a record, its form included."""
MAX_WORDS = 400
"""Maximum characters of a label or hint in one language."""
MAX_SECTIONS, MAX_FIELDS, MAX_CHOICES = 40, 60, 60
"""Maximum sections of a form, fields of a section, choices of a field."""
MAX_VERSION = 9_999
MAX_LINE, MAX_TEXT, MAX_REASON = 300, 10_000, 1_000
"""Maximum characters of a value of kind `text`, of kind `long-text`, and of the reason of a correction."""
MAX_FINDINGS = 200
"""Maximum number of findings in one field."""

ANSWERS = ("yes", "no", "unknown", "not-examined")
"""Values of a field of kind `answer`."""
CHOSEN = ("one-of", "several-of")
"""Kinds of field that list their choices."""
KINDS = ("text", "long-text", "number", "date", "date-time", "answer", *CHOSEN, "findings")
DECIDING = ("answer", *CHOSEN)
"""Kinds of field on which a condition may depend."""

Values: TypeAlias = Mapping[str, str | Sequence[str]]
"""Field → its value. A list of a field of kind `several-of` or `findings`, else a text."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?", re.ASCII)
_FINDING = re.compile(r"[1-9][0-9]{0,3}\.[1-9][0-9]?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}", re.ASCII)

_label = text(1, MAX_WORDS)
Words = Annotated[Mapping[str, str], object_of(ar=_label, en=_label)]
"""A text in both languages."""


@dataclass(frozen=True, slots=True)
class Choice(JsonObject):
    """One value of a field, with its label."""

    what: ClassVar[str] = "form choice"

    id: Code
    label: Words


@dataclass(frozen=True, slots=True)
class Condition(JsonObject):
    """Holds where `field`, an earlier one, has one of these values, or one of them among its values."""

    what: ClassVar[str] = "form condition"
    members: ClassVar[Mapping[str, str]] = {"values": "is"}

    field: Code
    values: Annotated[Sequence[str], list_of(_label, 1, MAX_CHOICES)]

    def holds(self, values: Values) -> bool:
        """Return whether it holds for these values."""
        value = values.get(self.field, ())
        return not set(self.values).isdisjoint((value,) if isinstance(value, str) else value)


@dataclass(frozen=True, slots=True)
class Field(JsonObject):
    """One question. `unit`: of a number; `choices`: of the kinds in `CHOSEN`, and of no other; `certificate`:
    whether its value is on the medical certificate."""

    what: ClassVar[str] = "form field"

    id: Code
    kind: Annotated[str, one_of(KINDS)]
    label: Words
    hint: Annotated[Mapping[str, str] | None, or_none(object_of(ar=_label, en=_label))]
    unit: Annotated[str | None, or_none(text(1, 32))]
    choices: Annotated[Sequence[Choice], list_of(Choice.from_json, 0, MAX_CHOICES)]
    required: Boolean
    certificate: Boolean
    when: Condition | None

    def check(self) -> None:
        """Raise `Malformed` unless choices and unit are of their kind of field."""
        if bool(self.choices) != (self.kind in CHOSEN):
            raise Malformed(f"form field {self.id}: choices of one-of and several-of, and of no other kind")
        if self.unit is not None and self.kind != "number":
            raise Malformed(f"form field {self.id}: a unit of what is no number")
        if len({one.id for one in self.choices}) < len(self.choices):
            raise Malformed(f"form field {self.id}: a choice twice")

    @property
    def options(self) -> Sequence[str]:
        """Return the values that it may have; none where they are not listed."""
        return ANSWERS if self.kind == "answer" else [one.id for one in self.choices]


@dataclass(frozen=True, slots=True)
class Section(JsonObject):
    """A group of fields under one heading."""

    what: ClassVar[str] = "form section"

    id: Code
    label: Words
    when: Condition | None
    fields: Annotated[Sequence[Field], list_of(Field.from_json, 1, MAX_FIELDS)]


@dataclass(frozen=True, slots=True)
class Form(CanonicalObject):
    """One version of a form."""

    what: ClassVar[str] = "form"
    longest: ClassVar[int] = MAX_RECORD

    id: Code
    version: Annotated[int, whole(1, MAX_VERSION)]
    title: Words
    sections: Annotated[Sequence[Section], list_of(Section.from_json, 1, MAX_SECTIONS)]

    def check(self) -> None:
        """Raise `Malformed` if an id occurs twice, or if a condition depends on no earlier field or on a
        value that it cannot have."""
        if len({one.id for one in self.sections}) < len(self.sections):
            raise Malformed("form: a section twice")
        before: dict[str, Field] = {}
        for section in self.sections:
            _check_condition(section.when, before, f"section {section.id}")
            for field in section.fields:
                if field.id in before:
                    raise Malformed(f"form: field {field.id} twice")
                _check_condition(field.when, before, f"field {field.id}")
                before[field.id] = field

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical form, in hexadecimal, which identifies this version."""
        return sha256(self.canonical()).hexdigest()

    def shown(self, values: Values) -> Iterator[Field]:
        """Yield the fields whose conditions hold, in order. A field that is not shown decides nothing."""
        decided: dict[str, str | Sequence[str]] = {}
        for section in self.sections:
            if section.when is not None and not section.when.holds(decided):
                continue
            for field in section.fields:
                if field.when is not None and not field.when.holds(decided):
                    continue
                if field.id in values:
                    decided[field.id] = values[field.id]
                yield field


@dataclass(frozen=True, slots=True)
class Corrected(JsonObject):
    """The record that another one corrects, which stays. `manifest`: SHA-256 of its sealed manifest."""

    what: ClassVar[str] = "corrected record"

    evidence: Identifier
    manifest: Digest
    reason: Annotated[str, text(1, MAX_REASON)]


@dataclass(frozen=True, slots=True)
class ExaminationRecord(CanonicalObject):
    """A filled form."""

    what: ClassVar[str] = "examination record"
    fixed: ClassVar[Mapping[str, object]] = {"v": 1}
    longest: ClassVar[int] = MAX_RECORD

    form: Form
    values: Annotated[Values, json_object]
    corrects: Corrected | None

    def check(self) -> None:
        """Raise `Malformed` unless every value is of a field that is shown, and of its kind."""
        shown = {field.id: field for field in self.form.shown(self.values)}
        for name, value in self.values.items():
            if name not in shown:
                raise Malformed(f"{self.what}: a value of no field that is shown: {str(name)[:64]}")
            check_value(shown[name], value)


def check_value(field: Field, value: object) -> None:
    """Raise `Malformed` unless `value` is one that this field can have."""
    if not _CHECKS[field.kind](field, value):
        raise Malformed(f"field {field.id}: not a value of a {field.kind} field")


# --- inside -----------------------------------------------------------------------------------------------


def _check_condition(condition: Condition | None, before: Mapping[str, Field], where: str) -> None:
    if condition is None:
        return
    decides = before.get(condition.field)
    if decides is None or decides.kind not in DECIDING:
        raise Malformed(f"form {where}: a condition on no earlier answer or choice: {condition.field}")
    if not set(condition.values) <= set(decides.options) or len(set(condition.values)) < len(
        condition.values
    ):
        raise Malformed(f"form {where}: a condition on a value that {condition.field} cannot have")


def _is_text(most: int) -> Callable[[Field, object], bool]:
    return lambda field, value: isinstance(value, str) and 0 < len(value) <= most


def _matches(form: re.Pattern[str]) -> Callable[[Field, object], bool]:
    return lambda field, value: isinstance(value, str) and form.fullmatch(value) is not None


def _is_time(form: re.Pattern[str]) -> Callable[[Field, object], bool]:
    """Return the check of a date in the Gregorian calendar, with or without a time of day."""

    def check(field: Field, value: object) -> bool:
        if not isinstance(value, str) or form.fullmatch(value) is None:
            return False
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return False
        return True

    return check


def _is_option(field: Field, value: object) -> bool:
    return isinstance(value, str) and value in field.options


def _is_list(most: int, one: Callable[[Field, object], bool]) -> Callable[[Field, object], bool]:
    """Return the check of a list of values, none twice."""
    return lambda field, value: (
        isinstance(value, list | tuple)
        and 0 < len(value) <= most
        and all(one(field, each) for each in value)
        and len(set(value)) == len(value)
    )


_CHECKS: Mapping[str, Callable[[Field, object], bool]] = {
    "text": _is_text(MAX_LINE),
    "long-text": _is_text(MAX_TEXT),
    "number": _matches(_NUMBER),
    "date": _is_time(_DATE),
    "date-time": _is_time(_DATE_TIME),
    "answer": _is_option,
    "one-of": _is_option,
    "several-of": _is_list(MAX_CHOICES, _is_option),
    "findings": _is_list(MAX_FINDINGS, _matches(_FINDING)),
}
