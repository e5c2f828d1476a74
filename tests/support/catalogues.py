"""The sentences that people read, as they are extracted and as they are translated."""

from __future__ import annotations

import shlex
from contextlib import chdir
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

HOUSE = Path(__file__).parents[2]
ARABIC = HOUSE / "casework" / "languages" / "ar.po"

Id = str | tuple[str, str]
"""A sentence in English, or the singular and the plural of a counted one."""


def catalogue() -> dict[Id, tuple[str, ...]]:
    """English → Arabic: one translation, or six forms of a counted sentence."""
    return {_id(one): _forms(one) for one in read_catalogue(ARABIC) if one.id}


def extracted(into: Path) -> set[Id]:
    """What templates, modules and tables of messages mark for translation, as `make messages` finds it."""
    template = into / "messages.pot"
    command = shlex.split((HOUSE / ".ci" / "extract-messages").read_text(), comments=True)
    arguments = [str(template) if one == "$1" else one for one in command if one.strip()]
    with chdir(HOUSE):  # in this process, so that `make check` finds what is missing
        CommandLineInterface().run(arguments[arguments.index(".venv/bin/pybabel") :])
    return {_id(one) for one in read_catalogue(template) if one.id}


def read_catalogue(path: Path) -> Catalog:
    """Return the catalogue in this file."""
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def _id(message: Message) -> Id:
    if isinstance(message.id, str):
        return message.id
    singular, plural = message.id
    return singular, plural


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
