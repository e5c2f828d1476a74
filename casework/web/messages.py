"""The messages that a package shows to people, from one table: `<package>/pages/messages.toml`.

    [error.not-signed-in]      family and code
    status = 401               of the HTTP answer; optional, like every field under [default]
    what = "…"                 what happened
    meaning = "…"              what it means for the testimony
    todo = "…"                 what to do

The sentences are English, and keys into the catalogues (`casework.translations`); they are translated where
the reader is known. One with a number `{n}` is a list of its singular and its plural.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import IO, Any

from casework.translations import Counted


@dataclass(frozen=True)
class Message:
    """Three sentences, and the HTTP status of the response that carries them."""

    what: str
    meaning: str
    todo: str
    status: int


@cache
def read(package: str) -> Mapping[str, Mapping[str, Any]]:
    """Return a package's table, by family and code. Empty if it has none."""
    path = files(package).joinpath("pages", "messages.toml")
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def messages(package: str, family: str) -> Mapping[str, Message]:
    """Return the messages of one family, by code."""
    table = read(package)
    return {code: Message(**{**table["default"], **fields}) for code, fields in table[family].items()}


def sentences(package: str, *families: str) -> Mapping[str, str | Counted]:
    """Return the sentences of these families, or of all: `refused.camera.unknown.what`, and so on."""
    return _sentences(read(package), *families)


def extract(
    file: IO[bytes], keywords: object, comment_tags: object, options: object
) -> Iterator[tuple[int, str, str | Counted, list[str]]]:
    """Yield the sentences of a table to Babel: line (always 1), function, sentence, no comments."""
    for sentence in _sentences(tomllib.load(file)).values():
        if sentence:
            yield 1, "_" if isinstance(sentence, str) else "ngettext", sentence, []


def _sentences(table: Mapping[str, Mapping[str, Any]], *families: str) -> dict[str, str | Counted]:
    entries: dict[str, Any] = {}
    for family in families or table:
        for code, fields in table[family].items():
            for part, text in fields.items() if isinstance(fields, dict) else [("", fields)]:
                sentence = Counted(*text) if isinstance(text, list) else text
                entries[".".join(filter(None, (family, code, part)))] = sentence
    return {name: text for name, text in entries.items() if isinstance(text, str | Counted)}
