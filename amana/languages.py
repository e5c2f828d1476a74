"""Languages: Arabic first, English beside it; another language is another catalogue.

English sentences are the keys. Each package has its own catalogue, `<package>/pages/<language>.po`, read once
at start. A sentence without translation is shown in English; a test finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import jinja2
from babel.messages.pofile import read_po
from markupsafe import Markup
from starlette.requests import HTTPConnection

LANGUAGES = ("ar", "en")
DEFAULT = "ar"
COOKIE = "language"
ROOMS = ("amana", "recorder", "player")

Catalogues = Mapping[str, Mapping[str, str]]


@cache
def catalogues() -> Catalogues:
    """Return all languages' sentences from all packages. Raises `ValueError` for an unreadable catalogue."""
    read: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for language, sentences in read.items():
        for room in ROOMS:
            path = files(room).joinpath("pages", f"{language}.po")
            if path.is_file():
                with path.open("rb") as file:
                    for message in read_po(file, locale=language):
                        if isinstance(message.id, str) and message.id and message.string:
                            sentences.setdefault(message.id, str(message.string))
    return read


def say(language: str, sentence: str) -> str:
    """Return the sentence in that language, or unchanged where it has no translation."""
    return catalogues().get(language, {}).get(sentence, sentence)


def marked(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated where the reader is known."""
    return sentence


def language_of(connection: HTTPConnection) -> str:
    """Return the language that the reader chose; Arabic until they choose."""
    chosen = connection.cookies.get(COOKIE, DEFAULT)
    return chosen if chosen in LANGUAGES else DEFAULT


def install(environment: jinja2.Environment) -> None:
    """Give templates `_("sentence", name=value)`: translated, with `{name}` filled in and escaped."""

    @jinja2.pass_context
    def translate(context: jinja2.runtime.Context, sentence: str, **values: object) -> Markup:
        # Sentences come from our own templates and catalogues, so they are safe; values are not.
        safe = Markup(say(context.get("language", DEFAULT), sentence))  # noqa: S704
        return safe.format(**values) if values else safe

    environment.globals["_"] = translate
