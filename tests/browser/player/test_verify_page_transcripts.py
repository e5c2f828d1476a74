"""verify.html shows transcripts beside the film: they follow it, lead to its moments, and are searched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.axe import keeps_rules
from tests.support.packages.court_desk import Open, Package, check
from tests.support.packages.made_testimony import sealed
from tests.vectors.packages import checks
from tests.vectors.packages.cases import Make, base, policies
from tests.vectors.packages.centers import CUT, honest
from tests.vectors.packages.derivatives import DERIVED, SECOND_DERIVED, stamped
from tests.vectors.packages.derivatives import sealed as seal_files

pytestmark = pytest.mark.browser

BEGINS = [0, 1, 2.2]
"""When the cues begin, seconds."""
CHOICES = {
    "en": [
        "Transcript: Arabic · Derivative 1 · accepted by a second person",
        "Translation into: English · Derivative 2 · not accepted by a second person",
    ],
    "ar": [
        "نص مفرّغ: العربية · النسخة المشتقة 1 · قبلها شخص ثانٍ",
        "ترجمة إلى: الإنجليزية · النسخة المشتقة 2 · لم يقبلها شخص ثانٍ",
    ],
}
FOUND = {"en": "Found in 1 place", "ar": "عُثر عليه في موضع واحد"}
OTHER = {"en": "ar", "ar": "en"}
FOLLOWED = """until => new Promise((resolve) => {
  const samples = [];
  const sample = () => {
    const at = Number(document.getElementById("seek").value);
    const rows = [...document.querySelectorAll(".transcript-column:first-child li")];
    samples.push([at, rows.findIndex((row) => row.ariaCurrent === "true")]);
    if (at > until) resolve(samples);
    else requestAnimationFrame(sample);
  };
  document.getElementById("play").click();
  sample();
})"""
"""Plays from the very beginning."""


def package(make: Make = checks.with_transcripts, file: Path | None = None) -> Package:
    folder = base(make)
    return Package(folder, policies()["center"], file and sealed(folder, file))


def choice(page: Page, evidence: str) -> Locator:
    return page.locator(f"#transcripts [data-transcript='{evidence}']")


def pane(page: Page, evidence: str) -> Locator:
    name = choice(page, evidence).text_content() or ""
    return page.locator(".transcript-column", has=page.get_by_role("heading", name=name))


def open_both(page: Page) -> None:
    for evidence in (DERIVED, SECOND_DERIVED):
        choice(page, evidence).click()
        expect(choice(page, evidence)).to_have_attribute("aria-pressed", "true")


def said(place: Locator) -> list[str]:
    return [re.sub("[\u2066-\u2069]", "", text) for text in place.all_text_contents()]


@pytest.mark.parametrize("language", ["ar", pytest.param("en", marks=pytest.mark.repeats)])
def test_transcripts_are_read_beside_the_film_follow_it_and_are_searched(
    open_page: Open, tmp_path: Path, language: str
) -> None:
    page = open_page(language)
    check(page, package(file=tmp_path / "testimony.amana"))
    expect(page.locator("#transcripts")).to_be_visible()
    expect(page.locator("#transcripts-outside")).to_be_hidden()
    assert said(page.locator("#transcript-choices button")) == CHOICES[language]
    open_both(page)
    arabic, english = pane(page, DERIVED), pane(page, SECOND_DERIVED)
    expect(arabic.locator("ol")).to_have_attribute("dir", "rtl")
    expect(english.locator("ol")).to_have_attribute("dir", "ltr")
    assert said(english.locator("p")) == [
        "She said that the door was closed.",
        "And who opened it?",
        "The door was opened again.",
    ]

    # A time leads to its moment, in both.
    english.locator("li button").nth(1).click()
    expect(page.locator("#position")).to_have_text("00:00:01")
    for one in (arabic, english):
        expect(one.locator("li").nth(1)).to_have_attribute("aria-current", "true")

    # While it plays, what is marked is what is said at the position shown.
    english.locator("li button").first.click()
    samples = page.evaluate(FOLLOWED, BEGINS[-1] + 0.2)
    page.click("#play")
    spoken = [sum(at >= begin for begin in BEGINS) - 1 for at, _ in samples]
    assert [row for _, row in samples] == spoken
    assert (spoken[0], spoken[-1]) == (0, 2)  # on a busy machine it may jump over what is between

    # Found as people write it, without what stands above the letters, and from there to its moment.
    page.fill("#find", "الباب كان مغلقا")
    expect(page.locator("#found")).to_have_text(FOUND[language])
    expect(arabic.locator("mark")).to_have_text("الباب كان مُغلقًا")
    page.click("#find-next")
    expect(page.locator("#position")).to_have_text("00:00:00")
    expect(english.locator("li").first).to_have_attribute("aria-current", "true")

    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        keeps_rules(page)

    # In the other language the same are open.
    page.click("#other-language")
    expect(page.locator("html")).to_have_attribute("lang", OTHER[language])
    expect(page.locator(".transcript-column")).to_have_count(2)
    assert said(page.locator(".transcript-column h3")) == CHOICES[OTHER[language]]
    choice(page, DERIVED).click()
    expect(page.locator(".transcript-column")).to_have_count(1)


def test_the_audience_has_the_picture_and_captions_if_they_are_wanted(open_page: Open) -> None:
    page = open_page()
    check(page, package())
    captions = page.locator("#audience-captions")
    expect(captions).to_be_disabled()
    open_both(page)
    with page.context.expect_page() as window:
        page.click("#audience-open")
    audience, spoken = window.value, window.value.locator(".captions p")
    troubles: list[str] = []
    audience.on("console", lambda message: troubles.append(message.text))
    assert audience.locator(".viewer-mark").count() == 0  # nobody is signed in here
    pane(page, SECOND_DERIVED).locator("li button").nth(1).click()
    expect(spoken).to_have_count(0)
    captions.check()
    expect(spoken).to_have_count(2)
    assert spoken.nth(1).text_content() == "And who opened it?"
    assert spoken.nth(0).get_attribute("dir") == "rtl"
    audience.wait_for_function("() => [...document.querySelectorAll('canvas')].every((one) => one.width > 0)")
    choice(page, DERIVED).click()
    expect(spoken).to_have_count(1)

    # Another film takes the place of this one, so the audience sees nothing until the presenter shows it.
    page.click("#other-language")
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    assert audience.is_closed() or audience.wait_for_event("close")
    assert troubles == []


def test_what_was_said_outside_an_excerpt_is_read_and_leads_nowhere(open_page: Open) -> None:
    def excerpt(folder: Path) -> None:
        checks.with_transcripts(folder, *CUT)

    page = open_page()
    check(page, package(excerpt))
    expect(page.locator("#transcripts-outside")).to_be_visible()
    choice(page, DERIVED).click()
    rows = pane(page, DERIVED).locator("li")
    expect(rows).to_have_count(3)
    assert [row.locator("button").count() for row in rows.all()] == [0, 1, 1]
    rows.nth(2).locator("button").click()
    expect(rows.nth(2)).to_have_attribute("aria-current", "true")
    expect(page.locator("#position")).to_have_text("00:00:02")
    # Found there, too; the film stays where it is.
    page.fill("#find", "مغلقا")
    page.click("#find-next")
    expect(rows.first).to_have_class(re.compile("chosen"))
    expect(rows.nth(2)).to_have_attribute("aria-current", "true")


def test_of_a_package_that_is_not_proved_no_transcript_is_offered(open_page: Open, tmp_path: Path) -> None:
    altered = next(one for one in checks.CASES if one.name == "derivative-letter-in-a-cue")
    page = open_page()
    answer = check(page, Package(altered.build(tmp_path), policies()["center"]))
    expect(answer).to_have_attribute("data-answer", "altered")
    expect(page.locator("#transcripts")).to_be_hidden()


def test_a_file_that_is_no_transcript_is_told_as_such_and_can_still_be_saved(open_page: Open) -> None:
    def in_another_spelling(folder: Path) -> None:
        center, recording = honest()
        one = checks.transcript(recording, b"WEBVTT\n\nNOTE No cue.\n", edits=checks.edits("en"))
        seal_files(center, one)
        stamped(center, folder, recording, one)

    page = open_page()
    check(page, package(in_another_spelling))
    choice(page, DERIVED).click()
    expect(page.locator("#transcript-trouble")).to_contain_text("not in the form of a transcript")
    expect(page.locator(".transcript-column")).to_have_count(0)
    expect(
        page.locator("#derivative-list").get_by_role("button", name="Save Derivative 1 as a file")
    ).to_be_enabled()
