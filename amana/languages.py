"""Languages: Arabic and English; another language is another catalogue.

English sentences are the keys of the catalogues (`casework.translations`), each read once, when first needed.
A sentence without translation is shown in English; a test detects it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache

import jinja2
from babel.support import NullTranslations
from starlette.requests import HTTPConnection
from starlette.responses import Response

from casework.translations import Counted, read
from casework.translations import install as install_translations
from casework.web.cookies import cookie_of, set_cookie

LANGUAGES = ("ar", "en")
DEFAULT = "ar"
COOKIE = "language"
COOKIE_LIFETIME = timedelta(days=365)
"""How long a browser keeps the choice."""
ROOMS = ("amana", "recorder", "player")
_WEIGHT = re.compile(r"[01](\.[0-9]{0,3})?")


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
    """Return the reader's choice; without one the browser's preference, or Arabic if it prefers neither."""
    chosen = cookie_of(connection, COOKIE)
    return chosen if chosen in LANGUAGES else _preferred(connection.headers.get("accept-language", ""))


def keep(connection: HTTPConnection, response: Response, language: str) -> None:
    """Store one of `LANGUAGES` in this browser as the reader's choice."""
    set_cookie(connection, response, COOKIE, language, COOKIE_LIFETIME, samesite="lax")


def _preferred(accepted: str) -> str:
    """Return the language of ours that an `Accept-Language` header prefers (RFC 9110, 12.5.4)."""
    best, most = DEFAULT, 0.0
    for item in accepted.split(","):
        tag, _, weight = item.replace(" ", "").lower().partition(";q=")
        language = tag.split("-")[0]
        quality = float(weight) if _WEIGHT.fullmatch(weight) else float(not weight)
        if language in LANGUAGES and quality > most:
            best, most = language, quality
    return best


def install(environment: jinja2.Environment) -> None:
    """Give templates `_`, `ngettext` and `plural_forms`, in the language of the reader."""
    install_translations(environment, translations, DEFAULT)
