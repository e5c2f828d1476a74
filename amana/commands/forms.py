"""`amana forms`: the forms of examinations in force, what is wrong with files, a built-in one as a file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from amana.commands.parser import as_unusable, command, group
from amana.errors import Unusable
from amana.settings import Settings
from casework.forms import form_files
from chain_of_custody.items.examination_record import Form


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands of `amana forms`."""
    commands = group(parser)
    command(commands, "list", _list, "the forms in force")
    check = command(
        commands, "check", _check, "read every form in a folder, and say what is wrong", data=False
    )
    check.add_argument("folder", type=Path, metavar="FOLDER")
    shown = command(commands, "show", _show, "a built-in form as a file, to begin with", data=False)
    shown.add_argument("form", choices=form_files.BUILT_IN)


def _list(parsed: argparse.Namespace, settings: Settings) -> int:
    with as_unusable(form_files.FormUnreadable):
        forms = form_files.read(settings.forms)
    _print(forms)
    return 0


def _check(parsed: argparse.Namespace, settings: Settings) -> int:
    if not parsed.folder.is_dir():
        raise Unusable(f"{parsed.folder} is no folder")
    with as_unusable(form_files.FormUnreadable):
        forms = form_files.read_folder(parsed.folder)
    if not forms:
        raise Unusable(f"{parsed.folder}: no file ends with .toml")
    _print(forms)
    return 0


def _show(parsed: argparse.Namespace, settings: Settings) -> int:
    print(form_files.built_in_text(parsed.form), end="")
    return 0


def _print(forms: Sequence[Form]) -> None:
    for one in forms:
        fields = sum(len(section.fields) for section in one.sections)
        print(f"{one.id}, version {one.version}: {one.title['en']} | {one.title['ar']}")
        print(f"    {len(one.sections)} sections, {fields} fields, SHA-256 {one.digest}")
