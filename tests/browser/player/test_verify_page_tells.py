"""What verify.html shows behind its answer: the film, the custody history, the checks; on paper too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.momentary import Shown
from tests.support.packages.court_desk import Open, Package, answered, check, enter, states
from tests.support.packages.made_testimony import PASSPHRASE, Office, made_testimony

pytestmark = pytest.mark.browser


def test_the_film_plays_to_its_end_over_the_gap_with_date_and_time(open_page: Open, whole: Package) -> None:
    page = open_page()
    check(page, whole)
    expect(page.locator("#wall-date")).to_have_text("24 November 2026")
    expect(page.locator("#wall-time")).to_have_text("20:15:03 UTC+2")
    page.locator("#rate").select_option("2")
    page.locator("#play").focus()
    note = page.locator("#stage-note")
    noted = Shown(note)
    page.keyboard.press("Space")
    expect(note).to_have_text("The end of this part.")
    assert [one for one in noted.all if "Nothing was recorded from 00:00:04 to 00:00:07." in one]
    expect(page.locator("#happenings")).to_contain_text("Mark: \u2068the door\u2069")
    expect(page.locator("#happenings")).to_contain_text("Break: the person needed a rest.")
    expect(page.locator("#strip rect")).to_have_count(3)  # verified, nothing recorded, verified


def test_the_custody_history_reads_as_sentences_with_the_names_of_then(
    open_page: Open, whole: Package
) -> None:
    page = open_page()
    check(page, whole)
    history = page.locator("#history > li")
    expect(history).to_have_count(6)
    expect(history.first).to_contain_text("\u2068Person A\u2069 (prosecutor) opened the interview.")
    expect(history.nth(4)).to_contain_text("opened the recording. Purpose: decision on charges.")
    # It names the package, so no details of it are inside: the name is told as the other entry's.
    named = "Prosecutor, number \u2068a0a0a0a0\u2069 (named \u2068Person A\u2069 in entry 3)"
    expect(history.last).to_contain_text(f"{named} made a package for the court. Purpose: hearing in court.")
    expect(page.locator("#registry-title")).to_contain_text("(3 statements)")
    expect(page.locator("#stated")).to_contain_text("She wishes the door to stay open.")
    history.first.locator("summary").click()
    expect(history.first).to_contain_text("Recorded by the center's system; not signed by the person.")


def test_what_was_found_when_a_copy_was_read_again_is_told_in_both_languages(
    open_page: Open, tmp_path: Path
) -> None:
    office = Office()
    watched = office.watched

    def read_again_too(evidence: str) -> None:
        watched(evidence)
        office.read_again(evidence)
        office.read_again(evidence, repaired=2, damaged=1, surplus=3)

    office.watched = read_again_too  # type: ignore[method-assign]
    _, folder = made_testimony(tmp_path / "testimony", office=office, runs=((0, 2),))
    page = open_page()
    check(page, Package(folder, office.policy.data))
    history = page.locator("#history > li .history-what")
    expect(history.nth(5)).to_have_text("The first copy was read again whole: 7 objects, as recorded.")
    expect(history.nth(6)).to_have_text(
        "The first copy was read again: 7 objects are as recorded. "
        "2 were damaged or missing, and were repaired from another copy. "
        "1 was damaged or missing, and could not be repaired. 3 do not belong to it."
    )
    page.click("#other-language")
    expect(history.nth(5)).to_have_text("أُعيدت قراءة النسخة الأولى كاملة: 7 عناصر مخزَّنة، وكلها كما سُجّلت.")


def test_the_parts_of_an_interview_are_shown_one_at_a_time(open_page: Open, tmp_path: Path) -> None:
    office, folder = made_testimony(tmp_path / "testimony", parts=2, runs=((0, 2),))
    page = open_page()
    check(page, Package(folder, office.policy.data))
    parts = page.locator("#items button")
    expect(parts).to_have_text(["Part 1", "Part 2"])
    parts.last.click()
    expect(page.locator("#film-title")).to_contain_text("part 2, of")
    expect(page.locator("#wall-time")).to_have_text("20:17:03 UTC+2")
    expect(parts.last).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    page.locator("#play").click()
    expect(page.locator("#stage-note")).to_have_text("The end of this part.")
    expect(page.locator("#answer")).to_contain_text("Between part 1 and part 2 nothing was recorded")
    expect(page.locator("#history")).to_contain_text("Part 2")


def test_what_was_said_in_the_room_is_text_and_never_markup(open_page: Open, tmp_path: Path) -> None:
    office = Office()
    record = office.record

    def with_markup(film: Any, epoch: str, runs: Any) -> None:
        film_note = film.note
        film.note = lambda type_, at, **fields: film_note(type_, at, **{**fields, "text": "<img src=x>"})
        record(film, epoch, runs)

    office.record = with_markup  # type: ignore[method-assign]
    _, folder = made_testimony(tmp_path / "testimony", office=office, runs=((0, 2),))
    page = open_page()
    check(page, Package(folder, office.policy.data))
    expect(page.locator("#happenings")).to_contain_text("<img src=x>")
    assert page.locator("#happenings img").count() == 0


def test_changing_the_language_keeps_the_answer_and_the_place_in_the_film(
    open_page: Open, plain: Package
) -> None:
    page = open_page("ar")
    check(page, plain)
    expect(page.locator("#answer-title")).to_have_text("سليمة")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    page.keyboard.press("ArrowRight")
    expect(page.locator("#position")).to_have_text("00:00:05")
    page.click("#other-language")
    expect(page.locator("#answer-title")).to_have_text("Intact")
    assert page.evaluate("[document.documentElement.dir, document.documentElement.lang]") == ["ltr", "en"]
    expect(page.locator("#position")).to_have_text("00:00:05")
    assert states(page)[1] == "proved"
    expect(page.locator("#other-language")).to_be_focused()
    page.locator("#play").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#position")).to_have_text("00:00:10")
    page.reload()
    expect(page.locator("#choosing-title")).to_have_text("Is this testimony what was recorded?")


def test_what_was_entered_stays_when_the_language_changes(open_page: Open, whole: Package) -> None:
    page = open_page("ar")
    enter(page, whole)
    page.click("#other-language")
    expect(page.locator("#chosen-name")).to_have_text("testimony.amana")
    expect(page.locator("#passphrase")).to_have_value(PASSPHRASE)
    expect(page.locator("#fingerprint")).to_have_value(whole.fingerprint)
    page.click("#verify")
    expect(answered(page)).to_have_attribute("data-answer", "intact")


def test_the_result_can_be_copied_as_text_and_printed_whole(open_page: Open, plain: Package) -> None:
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    check(page, plain)
    copy = Shown(page.locator("#copy-result"))
    page.click("#copy-result")
    copy.once("Copied")
    text = page.evaluate("navigator.clipboard.readText()")
    assert "\nINTACT\nThis is the testimony as it was recorded" in text
    assert re.search(r"\n15\. Independent confirmation: nothing to check\n", text)
    assert plain.fingerprint in text
    assert "\u2068" not in text
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for gone in ("#player", "#print", ".digest-box button", "#choosing"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator("[data-step=policy] .digest")).to_be_visible()
    expect(page.locator("[data-step=policy] .digest span")).to_have_count(16)
    expect(page.locator(".signing")).to_be_visible()


def test_the_page_can_reach_no_network_and_run_no_other_script(chromium: Browser, page_file: Path) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(page_file.as_uri())
    refused = page.evaluate(
        """async () => {
          const refused = [];
          const note = (event) => refused.push(event.effectiveDirective);
          document.addEventListener("securitypolicyviolation", note);
          for (const address of ["http://127.0.0.1:9/", "data:,x"]) await fetch(address).catch(() => {});
          const script = document.createElement("script");
          script.textContent = "globalThis.ran = true";
          document.body.append(script);
          const image = new Image();
          image.src = "http://127.0.0.1:9/x.png";
          await new Promise((resolve) => setTimeout(resolve, 200));
          return [...refused, globalThis.ran ?? "nothing ran"];
        }"""
    )
    assert sorted(refused) == ["connect-src", "connect-src", "img-src", "nothing ran", "script-src-elem"]
    context.close()


WITHOUT_BOTH = """
const importKey = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = (form, key, algorithm, ...others) =>
  /^(Ed25519|ML-DSA-44)$/.test(algorithm?.name ?? algorithm)
    ? Promise.reject(new DOMException("no such algorithm", "NotSupportedError"))
    : importKey(form, key, algorithm, ...others);
"""


def test_the_steps_say_which_signatures_the_pages_own_code_checked(
    open_page: Open, plain: Package, altered: Package
) -> None:
    own = "This browser cannot check signatures of the kind {} by itself; this page's own code checked them."
    page = open_page()
    check(page, plain)
    assert "by itself" not in (page.locator("#checks").text_content() or "")
    page.add_init_script(WITHOUT_BOTH)
    for package, answer in ((plain, "intact"), (altered, "altered")):
        page.reload()
        expect(check(page, package)).to_have_attribute("data-answer", answer)
        kinds = {"checkpoint": "Ed25519, ML-DSA-44", "signatures": "Ed25519"}
        for step in page.locator("#checks > li").all():
            told = re.sub("[\u2068\u2069]", "", step.text_content() or "")
            kind = kinds.get(step.get_attribute("data-step") or "")
            assert ("by itself" in told) == (kind is not None)
            assert kind is None or own.format(kind) in told


def test_a_browser_without_cryptography_checks_nothing(chromium: Browser, page_file: Path) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.goto(f"{page_file.as_uri()}#en")
    expect(page.locator("#unfit")).to_contain_text("This browser cannot check signatures.")
    expect(page.locator("#verify")).to_be_disabled()
    context.close()
