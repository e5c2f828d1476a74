"""Forms of examinations as text files: the built-in ones, or those of the center's own folder.

    <data>/rules/forms/adult-examination.toml

A file has the name of its form's id. A file of a built-in form's id replaces that form. `when` names an
earlier field and one or more of its values, separated by commas. docs/forms.md has an example,
docs/spec/examination.md the grammar. The center raises `version` whenever it changes a form; what identifies
a version is the digest of the form.

Trusts nothing of a file: it is read whole, strictly, and refused with the place of the first fault.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from casework.errors import Refused
from chain_of_custody.errors import Malformed
from chain_of_custody.items.examination_record import Form

BUILT_IN = ("adult-examination", "child-examination")
"""Ids of the forms that Amana has itself."""
MAX_FILE = 512 * 1024
"""Maximum bytes of a file."""
MOST_FORMS = 40
"""Maximum number of forms of a center: each is a button."""

_FORM = frozenset(("id", "version", "en", "ar", "section"))
_SECTION = frozenset(("id", "en", "ar", "when", "field"))
_FIELD = frozenset(("id", "kind", "en", "ar", "hint", "unit", "choices", "required", "certificate", "when"))
_CHOICE = frozenset(("id", "en", "ar"))
_WORDS = frozenset(("en", "ar"))
_WHEN = re.compile(r"\s*([^\s=,]+)\s*=\s*([^\s=,]+(?:\s*,\s*[^\s=,]+)*)\s*")


class FormUnreadable(Refused):
    """A form of the center cannot be read; no examination begins with it until it can. The message names the
    file and the place in it."""

    code = "form-unreadable"


def read(folder: Path | None) -> Sequence[Form]:
    """Return the forms in force: the built-in ones, each replaced by a file of the same name in `folder`,
    then the folder's others, by id. Raises `FormUnreadable`."""
    found = {one: built_in(one) for one in BUILT_IN}
    if folder is not None and folder.exists():
        found |= {one.id: one for one in read_folder(folder)}
    return list(found.values())


def built_in(form_id: str) -> Form:
    """Return a form of `BUILT_IN`."""
    name = f"{form_id}.toml"
    return parse(files(__package__).joinpath("built_in", name).read_text("utf-8"), name)


def built_in_text(form_id: str) -> str:
    """Return the file of a form of `BUILT_IN`."""
    return files(__package__).joinpath("built_in", f"{form_id}.toml").read_text("utf-8")


def read_folder(folder: Path) -> Sequence[Form]:
    """Return the forms of a folder, by id. Raises `FormUnreadable`."""
    try:
        paths = sorted(folder.glob("*.toml"))
        if len(paths) > MOST_FORMS:
            raise FormUnreadable(f"{folder}: more than {MOST_FORMS} forms")
        return [_read_file(path) for path in paths]
    except OSError as error:
        raise FormUnreadable(f"{folder}: cannot be read: {type(error).__name__}") from error


def parse(text: str, name: str) -> Form:
    """Read one form. `name`: of its file, for errors and for the form's id. Raises `FormUnreadable`."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:  # its message names line and column
        raise FormUnreadable(f"{name}: {error}") from error
    except RecursionError as error:
        raise FormUnreadable(f"{name}: nested too deeply") from error
    try:
        form = Form.from_json(_form(table))
        form.canonical()
    except Malformed as error:
        raise FormUnreadable(f"{name}: {error}") from error
    if name != f"{form.id}.toml":
        raise FormUnreadable(f"{name}: the form of id {form.id} belongs in {form.id}.toml")
    return form


# --- inside -----------------------------------------------------------------------------------------------


def _read_file(path: Path) -> Form:
    if path.stat().st_size > MAX_FILE:
        raise FormUnreadable(f"{path.name}: more than {MAX_FILE} bytes")
    try:
        return parse(path.read_text("utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise FormUnreadable(f"{path.name}: not UTF-8 at byte {error.start}") from error


def _form(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object of a form, whose values `Form.from_json` checks."""
    _known(table, _FORM, "the form")
    sections = _tables(table.get("section"), "section")
    return {
        "id": table.get("id"),
        "sections": [_section(one, f"section {_name(one, at)}") for at, one in enumerate(sections, 1)],
        "title": _words(table, "the form"),
        "version": table.get("version"),
    }


def _section(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    _known(table, _SECTION, where)
    fields = _tables(table.get("field"), f"{where}: field")
    return {
        "fields": [_field(one, f"{where}, field {_name(one, at)}") for at, one in enumerate(fields, 1)],
        "id": table.get("id"),
        "label": _words(table, where),
        "when": _when(table, where),
    }


def _field(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    _known(table, _FIELD, where)
    hint = table.get("hint")
    if hint is not None:
        _known(hint, _WORDS, f"{where}, hint")
    choices = _tables(table.get("choices", []), f"{where}: choices")
    for one in choices:
        _known(one, _CHOICE, f"{where}, choice")
    return {
        "certificate": table.get("certificate", False),
        "choices": [{"id": one.get("id"), "label": _words(one, f"{where}, choice")} for one in choices],
        "hint": None if hint is None else _words(hint, f"{where}, hint"),
        "id": table.get("id"),
        "kind": table.get("kind"),
        "label": _words(table, where),
        "required": table.get("required", False),
        "unit": table.get("unit"),
        "when": _when(table, where),
    }


def _tables(value: object, where: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Malformed(f"{where}: missing, or not a list of tables")
    return value


def _known(table: object, names: frozenset[str], where: str) -> None:
    if not isinstance(table, dict):
        raise Malformed(f"{where}: not a table")
    for name in table.keys() - names:
        raise Malformed(f"{where}: {name[:40]} is not known")


def _name(table: Mapping[str, Any], at: int) -> str:
    """Return the id of a section or field for errors, or its place if it has none."""
    given = table.get("id")
    return given[:64] if isinstance(given, str) else str(at)


def _words(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    words = {language: table.get(language) for language in sorted(_WORDS)}
    for language, text in words.items():
        if not isinstance(text, str) or not text.strip() or not text.isprintable():
            raise Malformed(f"{where}: {language} is missing, or has signs that cannot be shown")
    return words


def _when(table: Mapping[str, Any], where: str) -> dict[str, Any] | None:
    when = table.get("when")
    if when is None:
        return None
    match = _WHEN.fullmatch(when) if isinstance(when, str) else None
    if match is None:
        raise Malformed(f'{where}: when is not "field = value" or "field = value, value"')
    return {"field": match[1], "is": [one.strip() for one in match[2].split(",")]}
