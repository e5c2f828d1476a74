"""Every sentence that a person may meet has its Arabic, in every room."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from amana import languages
from casework.web import messages

HOUSE = Path(languages.__file__).parent.parent
METHODS = [("**.html", "jinja2"), ("**.py", "python")]


def sentences(room: str) -> set[str]:
    """What the templates and modules of a room mark for translation, and its table of messages."""
    found = extract_from_dir(HOUSE / room, method_map=METHODS, keywords={"_": None})
    marked = {message for _, _, message, _, _ in found if isinstance(message, str)}
    return marked | {sentence for sentence in messages.sentences(room).values() if sentence}


@pytest.mark.parametrize("room", languages.ROOMS)
def test_no_sentence_is_untranslated(room: str) -> None:
    assert sorted(sentences(room) - set(languages.catalogues()["ar"])) == []


def test_no_translation_is_left_over() -> None:
    used = set().union(*(sentences(room) for room in languages.ROOMS))
    assert sorted(set(languages.catalogues()["ar"]) - used) == []


def test_a_sentence_of_several_rooms_has_one_translation() -> None:
    """The pages share one table: with two, a page of one room would speak with the words of another."""
    found: dict[str, set[str]] = {}
    for room in languages.ROOMS:
        with (HOUSE / room / "pages" / "ar.po").open("rb") as file:
            for message in read_po(file):
                if isinstance(message.id, str) and message.id:
                    found.setdefault(message.id, set()).add(str(message.string))
    assert [sentence for sentence, words in found.items() if len(words) > 1] == []


def test_translations_fill_in_the_same_values() -> None:
    def names(sentence: str) -> list[str]:
        return sorted(re.findall(r"\{(\w+)\}", sentence))

    for english, arabic in languages.catalogues()["ar"].items():
        assert names(english) == names(arabic), english


def test_values_in_sentences_are_escaped_and_sentences_are_not() -> None:
    environment = jinja2.Environment(autoescape=True)
    languages.install(environment)
    page = environment.from_string('{{ _("Welcome, {name}", name=name) }}')
    assert page.render(language="en", name="<b>") == "Welcome, &lt;b&gt;"
    assert page.render(language="ar", name="<b>") == "أهلًا بك، &lt;b&gt;"
    assert page.render(language="xx", name="N.") == "Welcome, N."
