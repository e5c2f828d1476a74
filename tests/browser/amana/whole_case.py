"""A whole case, as six people play it: what each of them does on the pages, by clicks alone.

Each act is a function of the story; `test_browser_whole_case` tells them in their order. Wherever somebody
can write words, they write some that hold the two stems, so that these can be looked for afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.amana.story_people import Somebody, Trace
from tests.support.centers.story_center import StoryCenter
from tests.support.media.marked_pictures import photograph

LATIN, ARABIC = "Zqvwkjx", "ظغضثخذ"
"""The stems."""
ROOM, ROOM_NAME, COURT = "room-1", "Room wqplt", "court-of-a"
WELL = '#console[data-state="{}"][data-colour="green"]'
SHOWN = "() => document.getElementById('film-wide').currentTime > 1"
INVITED = {
    "nurse": "examiner",
    "prosecutor": "prosecutor",
    "observer": "observer",
    "custodian": "custodian",
    "judge": "court",
}
"""Whom the administrator invites, as what."""


@dataclass
class Words:
    """Makes what people type, and remembers it."""

    typed: list[str] = field(default_factory=list)

    def __call__(self, what: str) -> str:
        self.typed.append(text := f"{what} {LATIN}-{what.replace(' ', '-')} {ARABIC}")
        return text


@dataclass
class Story:
    """Who takes part, and what there is so far."""

    browser: Browser
    center: StoryCenter
    language: str
    look: Callable[[Page, str], None]
    """Takes a picture of a page, where somebody wants to see it."""
    between: Callable[[str], None]
    """Called at moments at which what lies on the disks is worth looking at."""
    trace: Trace = field(default_factory=Trace)
    words: Words = field(default_factory=Words)
    people: dict[str, Somebody] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """Of the case, the set, the interview and the recording."""

    def enters(self, role: str, name: str) -> Somebody:
        somebody = Somebody(self.browser, self.center.address, self.language, name, self.trace)
        self.people[role] = somebody
        return somebody

    def to_the_case(self, role: str) -> Page:
        """From *Today*, as people go there."""
        somebody = self.people[role]
        somebody.home()
        somebody.follows(f"/cases/{self.ids['case']}")
        return somebody.page

    def the_end(self) -> None:
        for somebody in self.people.values():
            somebody.leaves()
        assert self.trace.errors == []


# --- the first day ------------------------------------------------------------------------------------------


def the_administrator_invites_everybody(story: Story) -> None:
    administrator = story.enters("administrator", "Administrator")
    administrator.opens_link(story.center.link)
    story.look(administrator.page, "administrator-home")
    administrator.takes_up("/staff")
    links = {}
    for role, as_what in INVITED.items():
        name = story.words(f"Person {role}")
        organisation = COURT if role == "judge" else ""
        administrator.sends("/staff", {"name": name, "role": as_what, "organisation": organisation})
        expect(administrator.page.locator("[role=status]")).to_contain_text(name)
        links[role] = name, administrator.page.input_value("input[readonly]")
    story.look(administrator.page, "staff")
    for role, (name, link) in links.items():
        story.enters(role, name).opens_link(link)
        story.look(story.people[role].page, f"{role}-home")


def a_machine_becomes_the_rooms(story: Story) -> None:
    administrator = story.people["administrator"]
    administrator.home()
    administrator.follows("/rooms")
    administrator.sends("/rooms", {"code": ROOM, "name": ROOM_NAME})
    story.look(administrator.page, "rooms")
    administrator.follows("/room-machines")
    administrator.sends("/room-machines", {"room": ROOM})
    room = story.enters("room", ROOM)
    room.page.goto(administrator.page.input_value("input[readonly]"))
    expect(room.page.locator("#waiting")).to_be_visible()
    story.look(room.page, "room-waits")


def the_prosecutor_names_a_passkey(story: Story) -> None:
    prosecutor = story.people["prosecutor"]
    prosecutor.page.click("a.bar-name")
    prosecutor.sends("/account/passkeys/name", {"label": story.words("my phone")})
    story.look(prosecutor.page, "account")


# --- the examination ----------------------------------------------------------------------------------------

ASKED = ("recording", "photographs", "intimate-photographs", "share-court")


def the_nurse_opens_a_case(story: Story) -> None:
    nurse = story.people["nurse"]
    page = nurse.page
    nurse.home()
    nurse.form("/cases").locator("button").click()
    page.wait_for_url("**/cases/*")
    story.ids["case"] = page.url.rsplit("/", 1)[1]
    nurse.sends("/description", {"called": story.words("her name"), "notes": story.words("notes")})
    expect(page.locator("dl.facts").first).to_contain_text(LATIN)
    story.look(page, "case-opened")


def the_case_is_handed_on(story: Story) -> None:
    """By the nurse to the prosecutor, who lets the observer in."""
    for giver, receiver in (("nurse", "prosecutor"), ("prosecutor", "observer")):
        if giver == "nurse":
            story.people[giver].takes_up("#share")
        else:
            story.to_the_case(giver)
        page, name = story.people[giver].page, story.people[receiver].name
        before = page.locator("form[action*='/access/']").count()
        form = story.people[giver].form("/access")
        form.locator("label", has_text=name).locator("input").check()
        form.locator("button").click()
        expect(page.locator("#signing-acts li")).to_contain_text([name])
        story.look(page, f"signing-{giver}")
        story.people[giver].signs()
        expect(page.locator("form[action*='/access/']")).to_have_count(before + 1)
        story.look(page, f"case-given-{giver}")


def the_nurse_records_consent(story: Story) -> None:
    page = story.to_the_case("nurse")
    story.people["nurse"].follows("/consent")
    sheet = {"decided_by": "self", "form": "signed", "spoken": "ar"}
    sheet["explained_by"] = story.words("who explained consent")
    for subject in ASKED:
        sheet[f"answer-{subject}"] = "limited" if subject == "share-court" else "given"
        sheet[f"limits-{subject}"] = story.words(f"limits of {subject}")
    story.people["nurse"].sends("/consent", sheet)
    expect(page.locator("#signing-acts li")).to_have_count(len(ASKED))
    story.look(page, "signing-consent")
    story.people["nurse"].signs()
    expect(page.locator("article.card")).to_have_count(len(ASKED))
    story.look(page, "consent")


def picture(story: Story, seed: int) -> Any:
    """A photograph as the browser is given one."""
    name = story.words(f"file {seed}")
    content = photograph(story.words(f"metadata {seed}"), seed)
    return {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": content}


def the_nurse_takes_a_set(story: Story) -> None:
    nurse = story.people["nurse"]
    nurse.home()
    page, before = nurse.page, nurse.touched()
    story.people["nurse"].follows(f"/cases/{story.ids['case']}")
    story.people["nurse"].follows("/photographs")
    story.look(page, "photographs-empty")
    page.click("button[value=woman]")
    page.wait_for_url("**/exams/*")
    story.ids["set"] = page.url.rsplit("/", 1)[1]

    # While the first one is here and not sealed yet, its pieces lie in the spool.
    page.route("**/finish", lambda route: (story.between("a photograph has arrived"), route.continue_()))
    taken(page.locator("#identifying .slot"), picture(story, 1))
    page.unroute("**/finish")

    noting(page, lambda: page.locator(".region:not([hidden]) svg").click(position={"x": 100, "y": 120}))
    injury = page.locator(".injury").first
    noting(page, lambda: injury.locator(".term").select_option("bruise"))
    noting(page, lambda: injury.locator(".words").fill(story.words("oval 30 mm")))
    for at, slot in enumerate(injury.locator(".slot").all()):
        taken(slot, picture(story, 2 + at))
    of_one_injury = nurse.touched()
    page.check("input[value=genital]")
    page.click("#add")
    noting(page, lambda: page.keyboard.press("Enter"))
    intimate = page.locator(".injury").nth(1)
    noting(page, lambda: intimate.locator(".term").select_option("no-injury"))
    noting(page, lambda: intimate.locator(".agreeing input").check())
    taken(intimate.locator(".slot").first, picture(story, 7))
    of_another = nurse.touched() - of_one_injury
    story.look(page, "set")
    page.check("#leaving input")
    page.click("#leaving .grave")
    expect(page.locator(".panel-green").first).to_be_visible()
    expect(page.locator(".agreeing input").nth(1)).to_be_checked()
    assert nurse.touched() - before - of_another <= 15, "touches of a set with one injury, from *Today*"
    story.look(page, "set-closed")


def taken(slot: Locator, file: Any) -> None:
    slot.locator("input").set_input_files(file)
    expect(slot).to_contain_class("filled")


def noting(page: Page, do: Callable[[], object]) -> None:
    """What is done is noted on the other side, once."""
    with page.expect_response("**/notes") as answered:
        do()
    assert answered.value.ok


def the_nurse_looks_at_them(story: Story) -> None:
    page = story.people["nurse"].page
    story.people["nurse"].follows("/photographs")
    page.click("#look")
    for frame in page.locator(".frame").all():  # each is fetched when it comes into sight
        frame.scroll_into_view_if_needed()
    expect(page.locator(".frame img")).to_have_count(6)
    story.look(page, "photographs")
    page.locator(".pictures a").first.click()
    opened(page)
    expect(page.locator("#facts")).to_contain_text(f"metadata 1 {LATIN}")
    story.look(page, "photograph")


def the_nurse_takes_a_kit_and_hands_it_over(story: Story) -> None:
    """To the custodian, who has not confirmed it by the end."""
    page, nurse = story.to_the_case("nurse"), story.people["nurse"]
    nurse.follows("/specimens")
    nurse.follows("/specimens/new")
    nurse.follows("/specimens/new?figure=woman")
    kit = {"kind": "kit", "what": story.words("a kit"), "seal": "K-1001", "place": "front:neck"}
    nurse.sends("/specimens", kit)
    expect(page.locator("#signing-acts li")).to_contain_text(["k-1001"])
    nurse.signs()
    page.wait_for_url(re.compile(r"/specimens/[0-9a-f]{32}$"))
    story.ids["specimen"] = page.url.rsplit("/", 1)[1]
    to = {"organisation": "one-stop-center", "role": "custodian", "intact": "yes"}
    nurse.sends("/hand-over", {**to, "remark": story.words("handed over cold")})
    expect(page.locator("#signing-acts li")).to_contain_text(["k-1001"])
    story.look(page, "signing-specimen")
    nurse.signs()
    expect(page.locator("form[action$='/recall']")).to_be_visible()
    story.look(page, "specimen")


def opened(page: Page) -> None:
    expect(page.locator("#open")).to_be_enabled()  # then the whole form has arrived
    for purpose in page.locator("#opening [type=radio]").all()[:1]:  # none if only one is possible
        purpose.check()
    page.click("#opening .primary")
    expect(page.locator("#large")).to_be_visible()


def an_intimate_one_is_opened_by_two(story: Story) -> None:
    nurse, prosecutor = story.people["nurse"], story.people["prosecutor"]
    story.to_the_case("nurse")
    nurse.follows("/photographs")
    nurse.follows("/intimate")
    nurse.sends("/requests", {"purpose": "charging", "reason": story.words("why this picture")})
    nurse.signs()
    expect(nurse.page.locator("article .panel-amber")).to_be_visible()
    prosecutor.takes_up("/intimate")
    story.look(prosecutor.page, "intimate-asked")
    prosecutor.form("/approve").locator("button").click()
    prosecutor.signs()
    expect(prosecutor.page.locator(".panel-green")).to_be_visible()
    nurse.takes_up("/photographs/")
    opened(nurse.page)
    story.look(nurse.page, "intimate-opened")
