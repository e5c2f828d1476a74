"""The catalogues of the rooms as they are written, for tests of what people read."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from amana import languages
from casework.web import messages

HOUSE = Path(languages.__file__).parent.parent

METHODS = [("**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "ngettext": (1, 2), "plural_forms": (1, 2), "counted": (1, 2)}

Id = str | tuple[str, str]
"""A sentence in English, or the singular and the plural of a counted one."""


def catalogue(*rooms: str) -> dict[Id, tuple[str, ...]]:
    """English → Arabic of these rooms: one translation, or six forms of a counted sentence."""
    found: dict[Id, tuple[str, ...]] = {}
    for room in rooms:
        with (HOUSE / room / "pages" / "ar.po").open("rb") as file:
            found |= {_id(one): _forms(one) for one in read_po(file, abort_invalid=True) if one.id}
    return found


def sentences(room: str) -> set[Id]:
    """What the templates and modules of a room mark for translation, and its table of messages."""
    found = extract_from_dir(HOUSE / room, method_map=METHODS, keywords=KEYWORDS)
    marked = (message for _, _, message, _, _ in found)
    counted = {one if isinstance(one, str) else (one[0], one[1]) for one in marked if one}
    return counted | {sentence for sentence in messages.sentences(room).values() if sentence}


def _id(message: Message) -> Id:
    if isinstance(message.id, str):
        return message.id
    singular, plural = message.id
    return singular, plural


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
