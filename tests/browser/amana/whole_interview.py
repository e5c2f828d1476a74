"""The interview of the whole case, and what becomes of its recording: see `whole_case`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from amana.http.error_messages import ERROR_MESSAGES
from amana.languages import say
from tests.browser.amana.whole_case import ROOM, SHOWN, WELL, Story

RECORDED = 1_500  # ms, before the break and after it: longer than a fragment
FILES = ("testimony", "verifier", "sheet")


def the_prosecutor_opens_an_interview(story: Story) -> None:
    page = story.to_the_case("prosecutor")
    story.look(page, "case-before-the-interview")
    page.click("a[href$='/interviews/new']")
    story.look(page, "new-interview")
    page.select_option("#room", ROOM)
    page.fill("#place", story.words("place"))
    for at in range(2):
        page.fill(f"#who-{at}", story.words(f"present {at}"))
        page.fill(f"#role-{at}", story.words(f"as what {at}"))
    page.fill("#wish", story.words("wish"))
    story.people["prosecutor"].form("/interviews").locator("button").last.click()
    page.wait_for_url("**/console")
    story.ids["interview"] = page.url.split("/")[-2]
    room = story.people["room"].page
    room.wait_for_url(f"**/interviews/{story.ids['interview']}/room")
    room.select_option("#close-device", label="fake_device_2")
    page.wait_for_selector(WELL.format("checked"))  # its recorder is there, and keeps what waits
    page.click("#tab-protocol")
    page.select_option("#protocol-choice", "child")
    page.fill("#note-wish", story.words("note of the checklist"))
    page.check("#tick-wish")
    expect(page.locator("#protocol-count")).to_have_text("1 / 16")
    story.between("something waits for the recording")


def the_prosecutor_records(story: Story) -> None:
    page = story.people["prosecutor"].page
    story.look(page, "console-checked")
    story.look(story.people["room"].page, "room-set-up")
    page.click("#begin")
    page.wait_for_selector(WELL.format("recording"))
    page.wait_for_function(SHOWN)  # what is recorded is seen, which is stated
    page.fill("#mark-text", story.words("mark"))
    page.click("#mark")
    page.click("#tab-people")
    page.click("#person")
    page.fill("#person-who", story.words("who enters"))
    page.click("#person-dialog .primary")
    expect(page.locator(".entry-mark, .entry-person")).to_have_count(2)


def a_question_comes_from_next_door_and_is_asked(story: Story) -> None:
    console, watching = story.people["prosecutor"].page, story.people["observer"].page
    story.people["observer"].home()
    story.people["observer"].follows("/observe")
    watching.wait_for_function(SHOWN)
    question = story.words("question from next door")
    watching.fill("#ask-text", question)
    watching.click("#ask")
    expect(slip(watching, question)).to_be_visible()
    tablet = story.people["prosecutor"].context.new_page()
    tablet.set_viewport_size({"width": 1024, "height": 768})
    tablet.goto(story.center.address)
    story.people["prosecutor"].follows("/interviewer", tablet)
    console.click("#tab-questions")
    slip(console, question).locator("button[data-deed$=' put']").click()
    expect(tablet.locator("#question")).to_have_text(question)
    story.look(tablet, "tablet")
    story.look(watching, "next-door")
    story.look(console, "console-recording")
    story.look(story.people["room"].page, "room-recording")
    tablet.click("#asked")
    expect(tablet.locator("#question")).to_be_hidden()
    for page in (console, watching):
        expect(slip(page, question)).to_contain_class("slip-asked")
    tablet.close()


def slip(page: Page, text: str) -> Locator:
    return page.locator("#slips .slip").filter(has_text=text)


def there_is_a_break(story: Story) -> None:
    page = story.people["prosecutor"].page
    page.wait_for_timeout(RECORDED)
    page.click("#break")
    page.check("#break-form input[value=rest]")
    page.fill("#break-words", story.words("words of the break"))
    page.click("#break-dialog .primary")
    page.wait_for_selector('#console[data-state="break"]')
    story.look(page, "console-break")
    page.click("#resume")
    page.wait_for_selector(WELL.format("recording"))
    page.wait_for_timeout(RECORDED)
    story.between("it is being recorded")


def it_is_sealed_and_confirmed(story: Story) -> None:
    page = story.people["prosecutor"].page
    page.click("#stop")
    page.click("#stop-dialog .grave")
    page.wait_for_selector(WELL.format("sealed"))
    story.look(page, "console-sealed")
    story.ids["recording"] = str(page.get_attribute("#after-evidence", "href")).rsplit("/", 1)[1]
    page.click("#after-confirm button")
    story.people["prosecutor"].signs(f"**/cases/{story.ids['case']}/interviews")
    story.look(page, "case-sealed")


def the_custodian_states_its_type_and_places_a_hold(story: Story) -> None:
    custodian, page = story.people["custodian"], story.people["custodian"].page
    custodian.takes_up("/keeping")
    custodian.sends("/retention", {"kind": "sexual-violence", "reference": story.words("file of the type")})
    custodian.signs()
    expect(page.locator("details", has=custodian.form("/retention"))).not_to_have_attribute("open", "")
    hold = {"reference": story.words("file number"), "text": story.words("more about the hold")}
    custodian.sends("/holds", {"reason": "investigation", **hold})
    custodian.signs()
    expect(page.locator(".panel-green")).to_be_visible()
    story.look(page, "keeping")


# --- the court ----------------------------------------------------------------------------------------------


def the_prosecutor_grants_it_to_the_judge(story: Story) -> None:
    page = story.to_the_case("prosecutor")
    story.people["prosecutor"].follows("/sharing")
    story.people["prosecutor"].follows("/grants/new")
    form = story.people["prosecutor"].form("/grants")
    grant = {
        "person": str(form.locator("option", has_text=story.people["judge"].name).get_attribute("value")),
        "purpose": "deliberation",
        "extent": "all",
        "basis": "consent",
        "reference": story.words("reference"),
        "until": f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}",
        "reason": story.words("reason of the grant"),
        "agreement": story.words("agreement"),
    }
    story.people["prosecutor"].sends("/grants", grant)
    story.people["prosecutor"].signs()
    expect(page.locator("article[id^=grant-]")).to_have_count(1)
    story.look(page, "sharing")


def the_judge_agrees_and_watches(story: Story) -> None:
    judge, page = story.people["judge"], story.people["judge"].page
    judge.takes_up("/grants/")
    expect(page.locator("main")).to_contain_text(story.words.typed[-1])
    story.look(page, "agreement")
    judge.form("/accept").locator("button").click()
    page.wait_for_url(f"**/cases/{story.ids['case']}")
    story.look(page, "judge-case")
    judge.follows(f"/evidence/{story.ids['recording']}")
    page.click("#open")
    expect(page.locator("#happened")).to_be_visible()
    expect(page.locator("#happenings")).to_contain_text("question from next door")
    page.click("#play")
    page.wait_for_function("() => document.querySelector('#cameras video').currentTime > 1")
    expect(page.locator(".viewer-mark").first).to_contain_text(judge.name)
    page.dispatch_event("#verify-all", "click")  # hidden where playing has verified these few seconds already
    expect(page.locator("#verdict")).to_have_text(say(story.language, "Everything verified"))
    proved = page.locator("#checks .tag")
    assert set(proved.all_inner_texts()[1:]) == {say(story.language, "proved")}
    story.look(page, "judge-verified")


def consent_is_withdrawn(story: Story) -> None:
    page = story.to_the_case("nurse")
    story.people["nurse"].follows("/consent")
    answer = {"decided_by": "self", "form": "oral", "text": story.words("note of the withdrawal")}
    story.people["nurse"].sends("/consent/share-court/withdraw", answer)
    story.people["nurse"].signs()
    expect(page.locator("article.card")).to_have_count(5)
    story.look(page, "consent-withdrawn")


def the_judge_is_refused(story: Story) -> None:
    judge, page = story.people["judge"], story.people["judge"].page
    page.reload()
    why = ERROR_MESSAGES["consent-gone"]
    for sentence in (why.what, why.meaning, why.todo):
        expect(page.locator("main")).to_contain_text(say(story.language, sentence))
    assert page.locator("video").count() == 0
    story.look(page, "judge-refused")
    judge.home()
    expect(page.locator("main")).to_contain_text(say(story.language, "consent was withdrawn"))
    story.look(page, "judge-home-afterwards")


def what_does_not_fit_is_refused(story: Story) -> None:
    """In forms, in JSON, in addresses: what a log might be tempted to repeat. Sent without a page."""
    case, words, headers = f"/cases/{story.ids['case']}", story.words, {"origin": story.center.address}
    prosecutor, nurse, judge = (
        story.people[role].context.request for role in ("prosecutor", "nurse", "judge")
    )
    address = story.center.address
    kind = {"kind": words("kind"), "name": words("name")}
    sheet = {"answer-recording": words("no answer")}
    answers = [
        prosecutor.post(f"{address}{case}/consent", form=sheet, headers=headers),
        nurse.post(f"{address}{case}/uploads", data=kind, headers=headers),
        nurse.post(f"{address}{case}/uploads", data=words("no JSON").encode(), headers=headers),
        judge.get(f"{address}/cases/{words('an address')}"),
        judge.get(f"{address}/cases", params={"q": words("a query")}),
        judge.get(f"{address}{case}/photographs", headers={"referer": "/elsewhere"}),
    ]
    assert {answer.status for answer in answers} <= {200, 400, 403, 404, 422}


def a_package_is_made(story: Story, folder: Path) -> tuple[Path, str]:
    """The sealed package, saved in `folder`, and its nine words."""
    folder.mkdir()
    page = story.to_the_case("prosecutor")
    story.people["prosecutor"].follows("/package")
    page.check("input[name=purpose][value=hearing]")
    page.fill("#receiver", story.words("receiver"))
    page.uncheck("input[name=viewing]")
    story.look(page, "package-order")
    page.click("#make")
    story.people["prosecutor"].signs()
    expect(page.locator("#ready")).to_be_visible()
    for name in FILES:
        with page.expect_download() as download:
            page.click(f"#file-{name}")
        download.value.save_as(folder / download.value.suggested_filename)
    story.look(page, "package-ready")
    page.click("#show-words")
    expect(page.locator("#words .word")).to_have_count(9)
    return folder / "testimony.amana", " ".join(page.locator("#words .word").all_inner_texts())


def the_court_sends_a_receipt(story: Story, receipt: tuple[Path, str]) -> None:
    """The prosecutor enters it beside the package, with the fingerprint that the court gave by telephone."""
    file, fingerprint = receipt
    page = story.to_the_case("prosecutor")
    story.people["prosecutor"].follows("/sharing")
    expect(page.locator("article h2").first).to_contain_text(story.words.typed[-1])
    expect(page.locator("article").first).to_contain_text(re.compile("Download begun|بدأ تنزيلها"))
    page.click("#receipt summary")
    page.set_input_files("#receipt-file", file)
    page.fill("#receipt-key", fingerprint)
    story.look(page, "receipt")
    with page.expect_navigation():
        page.click("#receipt button")
    expect(page.locator("article").first).to_contain_text("court.n")
    expect(page.locator("article .tag-green").first).to_be_visible()
    story.look(page, "sharing-received")
