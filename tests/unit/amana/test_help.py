"""Help: the guide's pages, in the reader's language, with nothing from elsewhere."""

from __future__ import annotations

import re
import runpy
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import setuptools

from amana.documents import GUIDE, PICTURES
from amana.guide.rendering import NAMES, PAGE_OF, guide_page
from amana.languages import LANGUAGES
from casework.center import Center
from casework.database.models import Person, Role
from casework.people import people

ROOT = Path(__file__).parents[3]
SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


def attributes(name: str, html: str) -> list[str]:
    return re.findall(rf' {name}="([^"]*)"', html)


def test_every_role_has_a_page() -> None:
    assert set(PAGE_OF) == set(Role) and set(PAGE_OF.values()) <= set(NAMES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_and_contents_lead_to_places_that_are_there(language: str) -> None:
    pages = {name: guide_page(language, name) for name in NAMES}
    links = 0
    for name, one in pages.items():
        assert one.title
        anchors = attributes("id", one.content)
        assert len(set(anchors)) == len(anchors)
        assert [anchor for anchor, _ in one.contents if anchor not in anchors] == []
        for address in attributes("href", one.content):
            found = re.fullmatch(r"/help/([a-z-]+)(?:#(.+))?", unquote(address))
            assert found, (name, address)
            assert not found[2] or found[2] in attributes("id", pages[found[1]].content), (name, address)
            links += 1
    assert links >= 5


@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_role_is_shown_its_page_with_its_pictures(
    browser: httpx.AsyncClient, center: Center, administrator: Person, sign_in: SignIn, language: str
) -> None:
    browser.cookies.set("language", language)
    nurse = people.add(center, administrator, "Nurse N", Role.EXAMINER, "clinic")
    for person in (administrator, nurse):
        await sign_in(browser, person)
        page = await browser.get("/help", headers={"accept": "text/html"})
        main = page.text.split("<main")[1]
        assert f'<html lang="{language}"' in page.text
        assert f'id="{guide_page(language, PAGE_OF[person.role]).contents[0][0]}"' in main
        assert re.search(r'<a href="/help"[^>]*aria-current', page.text)
        for address in attributes("src", main):
            picture = await browser.get(address)
            assert picture.status_code == 200 and picture.headers["content-type"] == "image/webp"
            assert re.match("/static/[0-9a-f]{16}/pictures/", address)
        assert "&lt;" not in main.split('<article class="guide">')[1]
        assert len(attributes("alt", main)) == len(attributes("src", main)) >= 1
    assert (await browser.get("/help/prosecutor")).status_code == 200
    assert (await browser.get("/help/..%2Foperations")).status_code == 404


def test_an_installed_wheel_has_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    given: dict[str, Any] = {}
    monkeypatch.setattr(setuptools, "setup", given.update)  # building all of it takes longer
    runpy.run_path("setup.py")
    command = given["cmdclass"]["build_py"](setuptools.Distribution())
    command.build_lib = str(tmp_path)
    command.ensure_finalized()
    command.run()
    for folder, place in ((GUIDE, "guide"), (PICTURES, "pictures/guide")):
        packaged = {path.name for path in (tmp_path / "amana" / "docs" / place).rglob("*.*")}
        assert packaged == {path.name for path in folder.rglob("*.*")} != set()
