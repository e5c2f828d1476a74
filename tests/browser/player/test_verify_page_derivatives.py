"""verify.html shows a derivative as what it is: never the master, made from what, here or not, and how."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.axe import keeps_rules
from tests.support.packages.court_desk import Open, Package, check
from tests.vectors.packages import credentials, derivatives
from tests.vectors.packages.cases import Make, base, policies
from tests.vectors.packages.derivatives import DERIVED, FILM, HOME

pytestmark = pytest.mark.browser

NAMED = "Part 1 (evidence e0e0e0e0)"


def package(make: Make, policy: str = "center") -> Package:
    return Package(base(make), policies()[policy])


def said(page: Page, place: str) -> list[str]:
    """The sentences that stand there, without the marks that keep names in their places."""
    return [re.sub("[\u2066-\u2069]", "", text) for text in page.locator(place).all_text_contents()]


def test_a_derivative_stands_under_a_heading_of_its_own_with_what_it_is(open_page: Open) -> None:
    page = open_page()
    answer = check(page, package(derivatives.with_its_master))
    expect(answer.locator("#answer-title")).to_have_text("Intact")
    assert "They are not the masters" in str(answer.text_content())
    expect(page.locator("#derivatives h2")).to_have_text("Derivatives")
    expect(page.locator("#files")).to_be_hidden()
    assert said(page, "#derivative-list h3") == ["Derivative 1"]
    assert said(page, ".file-origin > p") == [
        "A composed film that the center made. It is not the master.",
        "Made with ffmpeg, version 7.1.",
    ]
    assert said(page, ".derived-from li") == [f"Derived from: {NAMED}; that is in this package."]
    assert "SHA-256 that its recipe gives of the file" in said(page, "#derivative-list dt")[0]
    assert any(line.endswith("Derivative 1") for line in said(page, "#history li > p:first-child")), (
        "each line says what it is about"
    )
    composed = "had a film composed from sealed evidence. It is not the master."
    assert [composed in line for line in said(page, "#history .history-what")].count(True) == 1
    unproved = " ".join(said(page, "#unproved-list li"))
    assert "That one derivative shows what its sources show" in unproved
    assert "not in this package, or not all" not in unproved


@pytest.mark.parametrize(
    ("make", "policy", "sentences"),
    [
        (derivatives.alone, "small", ["Derived from: evidence e0e0e0e0; that is not in this package."]),
        (
            derivatives.with_an_excerpt,
            "center",
            [f"Derived from: {NAMED}, from 00:00:02 to 00:00:03; that is in this package."],
        ),
        (
            lambda folder: derivatives.with_an_excerpt(folder, 0, 2_000_000),
            "center",
            [
                f"Derived from: {NAMED}, from 00:00:00 to 00:00:02; "
                "only a part of that, or another part, is in this package."
            ],
        ),
        (
            derivatives.with_a_photograph,
            "center",
            [
                f"Derived from: {NAMED}, from 00:00:00 to 00:00:01; that is in this package.",
                f"Derived from: {NAMED}, from 00:00:02 to 00:00:03; that is in this package.",
                "Derived from: Photograph 1 (evidence f0f0f0f0); that is in this package.",
            ],
        ),
    ],
    ids=["alone", "of an excerpt", "of other minutes", "of a recording and a photograph"],
)
def test_what_it_was_derived_from_is_told_and_whether_that_is_here(
    open_page: Open, make: Callable[[Path], None], policy: str, sentences: list[str]
) -> None:
    page = open_page()
    check(page, package(make, policy))
    assert said(page, ".derived-from li") == sentences


def test_its_film_plays_and_is_saved_from_proved_pieces_and_so_is_its_recipe(
    open_page: Open, tmp_path: Path
) -> None:
    page = open_page()
    given = package(derivatives.with_its_master)
    check(page, given)
    item = page.locator("#derivative-list li.file")
    item.get_by_role("button", name="Show Derivative 1").click()
    film = item.locator("video")
    expect(film).to_be_visible()
    film.evaluate("film => { film.muted = true; return film.play(); }")
    expect(film).to_have_js_property("ended", True)
    assert film.evaluate("film => [film.error, film.currentTime > 1]") == [None, True]
    expect(item.locator("figcaption")).to_have_text(
        "The derivative as it was sealed. That it shows what its master shows is not proved."
    )
    item.get_by_role("button", name="Hide Derivative 1").click()
    expect(film).to_have_count(0)
    with page.expect_download() as saving:
        item.get_by_role("button", name="Save Derivative 1 as a file").click()
    assert saving.value.suggested_filename == f"derivative-{DERIVED[:8]}.mp4"
    saving.value.save_as(tmp_path / "film")
    assert (tmp_path / "film").read_bytes() == FILM
    with page.expect_download() as saving:
        item.get_by_role("button", name="Save how Derivative 1 was made, as a file").click()
    assert saving.value.suggested_filename == f"derivative-{DERIVED[:8]}.recipe.json"
    saving.value.save_as(tmp_path / "recipe")
    recipe = (tmp_path / "recipe").read_bytes()
    assert recipe == (given.folder / HOME / "recipe.json").read_bytes()
    assert json.loads(recipe)["program"]["name"] == "ffmpeg"


def test_its_content_credential_is_saved_beside_it(open_page: Open, tmp_path: Path) -> None:
    page = open_page()
    check(page, package(credentials.credited()))
    [name] = said(page, "#derivative-list h3")
    item = page.locator("#derivative-list li.file")
    with page.expect_download() as saving:
        item.get_by_role("button", name=f"Save the content credential of {name}, as a file").click()
    assert saving.value.suggested_filename == f"derivative-{DERIVED[:8]}.c2pa"
    saving.value.save_as(tmp_path / "credential")
    assert (tmp_path / "credential").read_bytes() == credentials.credential()
    other = page.locator("#file-list li.file")
    expect(other).to_have_count(1)
    expect(other.get_by_role("button", name="content credential")).to_have_count(0)


def test_a_derivative_that_is_not_proved_is_not_shown(open_page: Open, tmp_path: Path) -> None:
    page = open_page()
    altered = next(one for one in derivatives.CASES if one.name == "derivative-bit-in-film")
    answer = check(page, Package(altered.build(tmp_path), policies()["center"]))
    expect(answer).to_have_attribute("data-answer", "altered")
    expect(page.locator("#derivatives")).to_be_hidden()


@pytest.mark.parametrize("language", ["ar", pytest.param("en", marks=pytest.mark.repeats)])
def test_the_page_with_a_derivative_keeps_axes_rules_and_fits(open_page: Open, language: str) -> None:
    page = open_page(language)
    check(page, package(derivatives.with_a_photograph))
    page.locator("#derivative-list .actions button").first.click()
    expect(page.locator("#derivative-list video")).to_be_visible()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        keeps_rules(page)
