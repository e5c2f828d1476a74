"""Every sentence that a person may meet has its Arabic, in every room, and all plural forms of it."""

from __future__ import annotations

import re

import jinja2
import pytest
from babel.messages.pofile import read_po

from amana import languages
from tests.support.catalogues import HOUSE, Id, catalogue, sentences

ARABIC_FORMS = 6


def names(sentence: str) -> list[str]:
    """The values that are filled in, beside the number: a form may say it in a word."""
    return sorted(name for name in re.findall(r"\{(\w+)\}", sentence) if name != "n")


@pytest.mark.parametrize("room", languages.ROOMS)
def test_no_sentence_is_untranslated(room: str) -> None:
    assert sentences(room) - set(catalogue(*languages.ROOMS)) == set()


@pytest.mark.parametrize("room", languages.ROOMS)
def test_no_plural_form_is_missing(room: str) -> None:
    with (HOUSE / room / "pages" / "ar.po").open("rb") as file:
        assert read_po(file).num_plurals == ARABIC_FORMS
    for english, arabic in catalogue(room).items():
        assert len(arabic) == (1 if isinstance(english, str) else ARABIC_FORMS), english
        assert all(arabic), english


def test_no_translation_is_left_over() -> None:
    used = set[Id]().union(*(sentences(room) for room in languages.ROOMS))
    assert set(catalogue(*languages.ROOMS)) - used == set()


def test_a_sentence_of_several_rooms_has_one_translation() -> None:
    """The pages share one table: with two, a page of one room would speak with the words of another."""
    found: dict[Id, set[tuple[str, ...]]] = {}
    for room in languages.ROOMS:
        for english, arabic in catalogue(room).items():
            found.setdefault(english, set()).add(arabic)
    assert [sentence for sentence, words in found.items() if len(words) > 1] == []


def test_translations_fill_in_the_same_values() -> None:
    for english, arabic in catalogue(*languages.ROOMS).items():
        singular, plural = (english, english) if isinstance(english, str) else english
        assert names(singular) == names(plural)
        for form in arabic:
            assert names(plural) == names(form), form


def template(source: str) -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True)
    languages.install(environment)
    return environment.from_string(source)


def test_values_in_sentences_are_escaped_and_sentences_are_not() -> None:
    page = template('{{ _("Welcome, {name}", name=name) }}')
    assert page.render(language="en", name="<b>") == "Welcome, &lt;b&gt;"
    assert page.render(language="ar", name="<b>") == "أهلًا بك، &lt;b&gt;"
    assert page.render(language="xx", name="N.") == "Welcome, N."
