"""What the interview room says is said in Arabic too, and the pages know every sentence they use."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from recorder.pages import messages

PAGES = Path(str(files("recorder"))) / "pages"
TEMPLATES = sorted((PAGES / "templates").glob("*.html"))
BRACES = re.compile(r"\{\w+\}")


def catalogue() -> dict[str, str]:
    with (PAGES / "ar.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale="ar") if one.id}


def marked(template: Path) -> list[str]:
    return [found for _, found in re.findall(r"_\(([\"'])(.*?)\1\)", template.read_text())]


def used() -> set[str]:
    in_templates = {sentence for template in TEMPLATES for sentence in marked(template)}
    return in_templates | {sentence for sentence in messages.table().values() if sentence}


def test_every_sentence_has_its_arabic_and_no_arabic_is_left_over() -> None:
    assert {sentence for sentence, arabic in catalogue().items() if arabic} == used()


def test_arabic_keeps_the_places_that_are_filled_in() -> None:
    wrong = {
        sentence: arabic
        for sentence, arabic in catalogue().items()
        if sorted(BRACES.findall(sentence)) != sorted(BRACES.findall(arabic))
    }
    assert not wrong


@pytest.mark.parametrize("page", ["room", "console", "observe", "interviewer"])
def test_a_page_carries_every_sentence_that_its_scripts_ask_for(page: str) -> None:
    template = (PAGES / "templates" / f"{page}.html").read_text()
    for shared_words in re.findall(r'from "(\w+_strings\.html)" import', template):
        template += (PAGES / "templates" / shared_words).read_text()
    known = set(messages.table()) | set(re.findall(r'^  "([\w.-]+)": _\(', template, re.MULTILINE))
    shared = ("present", "state", "live", "troubles", "refusals", "next_door")
    own = {
        "room": ("room", "devices", "camera_link", "level"),
        "console": (*shared, "console", "journal", "checklist", "level", "safety", "questions", "protocol"),
        "observe": (*shared, "observe"),
        "interviewer": ("interviewer", "next_door"),
    }[page]
    asked: set[str] = set()
    for script in own:
        text = (PAGES / "static" / f"{script}.js").read_text()
        asked |= set(re.findall(r'(?:say|note|tellOf|setText\("[\w-]+", say)\("([\w.-]+)"', text))
    assert not {code for code in asked if code not in known and f"{code}.what" not in known}
