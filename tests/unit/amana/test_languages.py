"""Every sentence that a person may meet has its Arabic, and all plural forms of it."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest
from babel import Locale
from starlette.requests import HTTPConnection

from amana import languages
from casework.translations import EXAMPLES
from tests.support.catalogues import ARABIC, catalogue, extracted, read_catalogue

ARABIC_FORMS = 6
UNITS = {"{n} GB", "{n} MB", "{n} kB"}
"""What is no word, and has no plural."""


def names(sentence: str) -> list[str]:
    """The values that are filled in, beside the number: a form may say it in a word."""
    return sorted(name for name in re.findall(r"\{(\w+)\}", sentence) if name != "n")


def test_the_catalogue_is_what_extraction_finds(tmp_path: Path) -> None:
    """Nothing is untranslated, and no translation is left over: after a change, `make messages`."""
    assert set(catalogue()) == extracted(tmp_path)


def test_no_plural_form_is_missing() -> None:
    assert read_catalogue(ARABIC).num_plurals == ARABIC_FORMS
    for english, arabic in catalogue().items():
        assert len(arabic) == (1 if isinstance(english, str) else ARABIC_FORMS), english
        assert all(arabic), english


def test_translations_fill_in_the_same_values() -> None:
    for english, arabic in catalogue().items():
        singular, plural = (english, english) if isinstance(english, str) else english
        assert names(singular) == names(plural)
        for form in arabic:
            assert names(plural) == names(form), form


def test_a_sentence_with_a_number_has_plural_forms() -> None:
    for english, arabic in catalogue().items():
        if isinstance(english, str):
            assert english in UNITS or not re.search(r"\{(n|count)\}", english), english
            assert ("{n}" in english) == ("{n}" in arabic[0]), english
        else:
            assert "{n}" in english[1]
            assert all("{n}" in form for form in arabic[3:]), english


def test_gettext_and_the_browser_choose_the_same_form_for_every_number() -> None:
    """A script chooses by CLDR's categories (`Intl.PluralRules`), a template by the catalogue's formula."""
    arabic, category = languages.translations("ar"), Locale("ar").plural_form
    order = [category(n) for n in EXAMPLES]
    assert order == ["zero", "one", "two", "few", "many", "other"]
    expression = read_catalogue(ARABIC).plural_expr
    assert "(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3" in expression
    photographs = ("{n} photograph", "{n} photographs")
    forms = catalogue()[photographs]
    for n in range(1000):
        assert arabic.ngettext(*photographs, n) == forms[order.index(category(n))], n


def template(source: str) -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True)
    languages.install(environment)
    return environment.from_string(source)


def test_values_in_sentences_are_escaped_and_sentences_are_not() -> None:
    page = template('{{ _("Accept: {name}", name=name) }}')
    assert page.render(language="en", name="<b>") == "Accept: &lt;b&gt;"
    assert page.render(language="ar", name="<b>") == "قبول: &lt;b&gt;"
    assert page.render(language="xx", name="N.") == "Accept: N."


@pytest.mark.parametrize(
    ("n", "english", "arabic"),
    [
        (0, "0 photographs", "لا توجد صور"),
        (1, "1 photograph", "صورة واحدة"),
        (2, "2 photographs", "صورتان"),
        (3, "3 photographs", "3 صور"),
        (10, "10 photographs", "10 صور"),
        (11, "11 photographs", "11 صورة"),
        (100, "100 photographs", "100 صورة"),
        (103, "103 photographs", "103 صور"),
    ],
)
def test_a_number_has_its_form(n: int, english: str, arabic: str) -> None:
    page = template('{{ ngettext("{n} photograph", "{n} photographs", n) }}')
    assert page.render(language="en", n=n) == english
    assert page.render(language="ar", n=n) == arabic
    assert page.render(language="xx", n=n) == english


def test_values_beside_a_number_are_escaped() -> None:
    page = template(
        '{{ ngettext("{who} closed the set; {n} picture is missing.",'
        ' "{who} closed the set; {n} pictures are missing.", 1, who="<b>") }}'
    )
    assert page.render(language="en") == "&lt;b&gt; closed the set; 1 picture is missing."
    assert page.render(language="ar") == "أُغلقت المجموعة وتنقصها صورة واحدة، أغلقها: &lt;b&gt;."


def test_a_script_gets_every_form_by_its_category() -> None:
    page = template('{{ plural_forms("{n} photograph", "{n} photographs") | tojson }}')
    assert page.render(language="en") == '{"one": "{n} photograph", "other": "{n} photographs"}'
    assert re.findall(r'"(\w+)":', page.render(language="ar")) == [
        "few",
        "many",
        "one",
        "other",
        "two",
        "zero",
    ]


@pytest.mark.parametrize(
    ("accepted", "cookie", "language"),
    [
        (None, None, "ar"),
        ("en-GB,en;q=0.9,ar;q=0.8", None, "en"),
        ("ar-PS, en;q=0.5", None, "ar"),
        ("he, fr;q=0.9", None, "ar"),
        ("he, en;q=0.2, ar;q=0.7", None, "ar"),
        ("en;q=0, ar;q=0.1", None, "ar"),
        ("AR;q=0.5, EN-us; q=0.6", None, "en"),
        ("english, en-;q=x", None, "ar"),
        ("en", "ar", "ar"),
        ("ar", "en", "en"),
        ("en", "xx", "en"),
    ],
)
def test_the_browser_chooses_the_language_until_the_reader_does(
    accepted: str | None, cookie: str | None, language: str
) -> None:
    headers = {"accept-language": accepted, "cookie": cookie and f"language={cookie}"}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items() if value]
    assert languages.language_of(HTTPConnection({"type": "http", "headers": encoded})) == language
