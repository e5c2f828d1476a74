"""Sentences in the reader's language: GNU gettext over one catalogue for each language.

English sentences are the keys; `casework/languages/<language>.po` has their translations, with as many plural
forms as its `Plural-Forms` says. `make messages` writes the keys. Values are in braces, `{name}`, since
scripts fill in the same sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from io import BytesIO
from typing import NamedTuple

import jinja2
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from markupsafe import Markup

EXAMPLES = (0, 1, 2, 3, 11, 100)
"""A number for each of CLDR's plural categories: zero, one, two, few, many, other; languages have some."""


class Counted(NamedTuple):
    """A sentence with a number `{n}`, in English; its translation has as many forms as the language."""

    singular: str
    plural: str


def marked(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated where the reader is known."""
    return sentence


def counted(singular: str, plural: str) -> Counted:
    """Mark a sentence with a number for the catalogue, as `marked` does."""
    return Counted(singular, plural)


def read(language: str) -> NullTranslations:
    """Return a language's translations; empty without a catalogue, so sentences stay English.

    Raises Babel's `PoFileError` for an unreadable catalogue.
    """
    path = files("casework").joinpath("languages", f"{language}.po")
    if not path.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    compiled.seek(0)
    translations = Translations(compiled)
    translations._catalog[""] = ""  # gettext keeps the file's header there; an empty sentence stays empty
    return translations


class Forms(dict[str, Markup]):
    """A counted sentence by CLDR plural category, for `Intl.PluralRules` in a page's script."""

    def __init__(self, translations: NullTranslations, language: str, sentence: Counted) -> None:
        self._category = Locale(language).plural_form
        for n in EXAMPLES:
            self[self._category(n)] = Markup(translations.ngettext(*sentence, n))  # noqa: S704

    def of(self, n: int) -> Markup:
        """Return the form for a number."""
        return self[self._category(n)]


def install(
    environment: jinja2.Environment, translations: Callable[[str], NullTranslations], default: str
) -> None:
    """Give templates three functions that translate into the context's `language`.

    - `_("sentence", name=value)`: the sentence, with `{name}` filled in;
    - `ngettext("{n} page", "{n} pages", n, name=value)`: the form for the number `n`, likewise;
    - `plural_forms("{n} page", "{n} pages")`: all its `Forms`, for a script.

    Sentences come from our own templates and catalogues, so they are safe; values are escaped.
    """

    def fill(sentence: str, values: dict[str, object]) -> Markup:
        safe = Markup(sentence)  # noqa: S704
        return safe.format(**values) if values else safe

    @jinja2.pass_context
    def gettext(context: jinja2.runtime.Context, sentence: str, /, **values: object) -> Markup:
        return fill(translations(context.get("language", default)).gettext(sentence), values)

    @jinja2.pass_context
    def ngettext(
        context: jinja2.runtime.Context, singular: str, plural: str, n: int, /, **values: object
    ) -> Markup:
        form = translations(context.get("language", default)).ngettext(singular, plural, n)
        return fill(form, {"n": n, **values})

    @jinja2.pass_context
    def plural_forms(context: jinja2.runtime.Context, singular: str, plural: str) -> Forms:
        language = context.get("language", default)
        return Forms(translations(language), language, Counted(singular, plural))

    environment.globals |= {"_": gettext, "ngettext": ngettext, "plural_forms": plural_forms}
