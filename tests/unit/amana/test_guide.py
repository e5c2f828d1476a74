"""The guide for each role says what the pages say: its bold words are theirs, and what it shows is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from amana.languages import LANGUAGES
from tests.support.catalogues import catalogue

GUIDE = Path(__file__).parents[3] / "docs" / "guide"
PAGES = sorted((GUIDE / "en").glob("*.md"))


def sentences(language: str) -> re.Pattern[str]:
    """Everything that a page may say; what is filled in may be anything, or be left out as an ellipsis."""
    known = catalogue()
    english = [form for one in known for form in ((one,) if isinstance(one, str) else one)]
    said = [form for forms in known.values() for form in forms] if language == "ar" else english
    with_words = (one for one in said if re.search(r"\w", re.sub(r"\{\w+\}", "", one)))
    return re.compile("|".join(re.sub(r"\\{\w+\\}", ".+", re.escape(one)) for one in with_words))


def test_both_languages_have_the_same_pages_and_the_index_leads_to_each() -> None:
    index = (GUIDE / "README.md").read_text()
    assert len(PAGES) == 11
    for page in PAGES:
        assert (GUIDE / "ar" / page.name).is_file()
        for language in LANGUAGES:
            assert f"({language}/{page.name})" in index


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_no_page_says_is_not_taken_for_a_sentence_of_a_page(language: str) -> None:
    for words in ("Words that no page says", "كلام لا تقوله أي صفحة"):
        assert sentences(language).fullmatch(words) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_in_bold_stand_on_the_pages(language: str) -> None:
    known = sentences(language)
    for page in PAGES:
        text = (GUIDE / language / page.name).read_text()
        bold = [" ".join(words.split()) for words in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)]
        assert len(bold) >= 5, page.name
        assert [words for words in bold if known.fullmatch(words) is None] == [], page.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_and_pages_that_are_named_are_there_and_said_in_words(language: str) -> None:
    for page in PAGES:
        text = (GUIDE / language / page.name).read_text()
        for words, address in re.findall(r"!?\[([^\]]*)\]\(([^)#]+)[^)]*\)", text):
            assert words, (page.name, address)
            assert (GUIDE / language / address).is_file(), (page.name, address)
        shown = re.findall(r"pictures/guide/\w+-(\w+)\.webp", text)
        assert set(shown) <= {language}


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_say_as_much(language: str) -> None:
    """The same headings, steps, rows and pictures: nobody reads less because of their language."""
    for page in PAGES:
        shapes = [
            re.findall(r"^(#+|\d\.|\||-|!)", (GUIDE / one / page.name).read_text(), re.MULTILINE)
            for one in ("en", language)
        ]
        assert shapes[0] == shapes[1], page.name
