"""The messages that a package shows to people, from one table: `<package>/pages/messages.toml`.

    [error.not-signed-in]      family and code
    status = 401               of the HTTP answer; optional, like every field under [default]
    what = "…"                 what happened
    meaning = "…"              what it means for the testimony
    todo = "…"                 what to do

The sentences are English, and keys into the catalogue `<package>/pages/ar.po`; they are translated where the
reader is known. One with a number `{n}` is a list of its singular and its plural.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

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
    entries: dict[str, Any] = {}
    for family in families or read(package):
        for code, fields in read(package)[family].items():
            for part, text in fields.items() if isinstance(fields, dict) else [("", fields)]:
                sentence = Counted(*text) if isinstance(text, list) else text
                entries[".".join(filter(None, (family, code, part)))] = sentence
    return {name: text for name, text in entries.items() if isinstance(text, str | Counted)}
