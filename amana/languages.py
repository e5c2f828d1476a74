"""Languages: Arabic first, English beside it; another language is another catalogue.

English sentences are the keys of the catalogues (`casework.translations`), each read once, when first needed.
A sentence without translation is shown in English; a test finds it.
"""

from __future__ import annotations

from functools import cache

import jinja2
from babel.support import NullTranslations
from starlette.requests import HTTPConnection

from casework.translations import Counted, read
from casework.translations import install as install_translations
from casework.web.cookies import cookie_of

LANGUAGES = ("ar", "en")
DEFAULT = "ar"
COOKIE = "language"
ROOMS = ("amana", "recorder", "player")


@cache
def translations(language: str) -> NullTranslations:
    """Return a language's sentences; read once."""
    return read(language)


def say(language: str, sentence: str | Counted, n: int = 0) -> str:
    """Return the sentence, in its form for the number `n`, in that language; English if not translated."""
    if isinstance(sentence, Counted):
        return translations(language).ngettext(*sentence, n)
    return translations(language).gettext(sentence)


def language_of(connection: HTTPConnection) -> str:
    """Return the language that the reader chose; Arabic until they choose."""
    chosen = cookie_of(connection, COOKIE)
    return chosen if chosen in LANGUAGES else DEFAULT


def install(environment: jinja2.Environment) -> None:
    """Give templates `_`, `ngettext` and `plural_forms`, in the language of the reader."""
    install_translations(environment, translations, DEFAULT)
