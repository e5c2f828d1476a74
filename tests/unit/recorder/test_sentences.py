"""The pages of the interview room carry every sentence that their scripts use."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from recorder.pages import messages

PAGES = Path(str(files("recorder"))) / "pages"
STATIC = Path(str(files("web"))) / "static"


@pytest.mark.parametrize("page", ["room", "console", "observe", "interviewer"])
def test_a_page_carries_every_sentence_that_its_scripts_ask_for(page: str) -> None:
    template = (PAGES / "templates" / f"{page}.html").read_text()
    for shared_words in re.findall(r'from "(\w+_strings\.html)" import', template):
        template += (PAGES / "templates" / shared_words).read_text()
    known = set(messages.table()) | set(
        re.findall(r'^  "([\w.-]+)": (?:_|plural_forms)\(', template, re.MULTILINE)
    )
    shared = (
        "interview/present",
        "interview/state",
        "interview/live",
        "interview/troubles",
        "interview/next_door",
        "interview/watch",
    )
    own = {
        "room": ("room/page", "room/devices", "room/camera_link", "interview/level"),
        "console": (
            *shared,
            "console/page",
            "console/after",
            "console/journal",
            "interview/checks",
            "interview/level",
            "console/safety",
            "console/questions",
            "console/protocol",
        ),
        "observe": (*shared, "observe/page"),
        "interviewer": ("tablet/page", "interview/next_door"),
    }[page]
    asked: set[str] = set()
    for script in own:
        text = (STATIC / f"{script}.js").read_text()
        asked |= set(re.findall(r'(?:say|note|showTroubleOf|setText\("[\w-]+", say)\("([\w.-]+)"', text))
    assert not {code for code in asked if code not in known and f"{code}.what" not in known}
