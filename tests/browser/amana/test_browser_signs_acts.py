"""In real Chromium, with its own virtual authenticator: signed acts on pages, signed by their person."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Playwright, expect

from casework.cases import cases, consent, history
from casework.database.models import Person, Role
from casework.people import credentials, people
from casework.retention import legal_holds
from casework.specimens import listing
from tests.support.axe import fits_at, keeps_rules
from tests.support.centers.court_room import CourtRoom
from tests.support.centers.served_center import Served, serving
from tests.support.servers.chromium import SOUND, start

pytestmark = pytest.mark.browser

WIDTHS = (1280, 800)  # CSS pixels
CHALLENGE = b"a challenge of the server's, once"
CREATE = """async ([challenge, id]) => {
  const bytes = (text) => new TextEncoder().encode(text);
  const made = await navigator.credentials.create({ publicKey: {
    challenge: bytes(challenge),
    rp: { id: "localhost", name: "Amana" },
    user: { id: bytes(id), name: id, displayName: id },
    pubKeyCredParams: [{ type: "public-key", alg: -7 }],
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  }});
  return made.toJSON();
}"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    room = CourtRoom.make(tmp_path)
    with ThreadPoolExecutor(1) as thread:  # Playwright keeps an event loop of its own in this one
        thread.submit(lambda: asyncio.run(room.record())).result()
    with serving(room, tmp_path) as served:
        yield served


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = start(playwright, SOUND)
    yield browser
    browser.close()


@pytest.fixture
def person_at(browser: Browser, served: Served) -> Iterator[Callable[..., Page]]:
    """Opens a page for somebody, in a browser of their own; nothing may go wrong in its scripts."""
    made: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(person: Person, language: str = "en", width: int = 1280) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.add_cookies(served.cookies(person, language))
        made.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(served.address)
        return page

    yield open_page
    for context in made:
        context.close()
    assert not errors


@dataclass
class Passkey:
    """A virtual authenticator in somebody's browser, which holds a passkey of theirs."""

    session: CDPSession
    authenticator: str

    @classmethod
    def make(cls, served: Served, page: Page, person: Person) -> Passkey:
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        answered = page.evaluate(CREATE, [CHALLENGE.decode(), person.id])
        credentials.enrol(
            served.room.center,
            None,
            person.id,
            answered,
            challenge=CHALLENGE,
            rp="localhost",
            origin=served.address,
        )
        return cls(session, made["authenticatorId"])

    def verifies(self, whether: bool) -> None:
        """Whether its person passes its check from now on: finger, face or PIN."""
        self.session.send(
            "WebAuthn.setUserVerified",
            {"authenticatorId": self.authenticator, "isUserVerified": whether},
        )


def place_a_hold(page: Page, served: Served, reference: str) -> None:
    """Fill in the form and send it, with the keyboard alone."""
    page.goto(f"{served.address}/cases/{served.room.case.id}/keeping")
    page.locator("summary", has_text="Place legal hold").focus()
    page.keyboard.press("Enter")
    page.focus("#hold-reason")
    page.keyboard.press("ArrowDown")
    page.focus("#hold-reference")
    page.keyboard.type(reference)
    page.keyboard.press("Enter")


def held(room: CourtRoom) -> list[str]:
    """Who signed each hold that was placed over the case."""
    entries = history.of_item(room.center, room.prosecutor, room.case.id)
    return [entry.signed_by for entry in entries if entry.type == "hold.placed"]


def test_a_hold_is_signed_with_the_passkey_and_shown_to_its_person(
    served: Served, person_at: Callable[..., Page]
) -> None:
    room = served.room
    page = person_at(room.prosecutor)
    Passkey.make(served, page, room.prosecutor)
    place_a_hold(page, served, "Appeal 7")
    dialog = page.locator("#signing")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text(room.case.code)
    expect(dialog).to_contain_text("nothing in this case is destroyed")
    assert not legal_holds.over(room.center, room.case.id)
    page.focus("#signing-sign")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("This case is under legal hold.")
    assert held(room) == ["person"]
    page.goto(served.address)
    card = page.locator("section", has_text="Signed in your name").first
    expect(card).to_contain_text("A legal hold was placed")
    expect(card).to_contain_text(room.case.code)
    card.get_by_role("button", name="Confirm: I did all of this").click()
    expect(page.locator("body")).not_to_contain_text("since your last visit")


def test_a_passkey_that_is_not_given_leaves_the_form_as_it_was(
    served: Served, person_at: Callable[..., Page]
) -> None:
    room = served.room
    page = person_at(room.prosecutor)
    key = Passkey.make(served, page, room.prosecutor)
    size = room.center.ledger.size
    key.verifies(False)
    place_a_hold(page, served, "Appeal 8")
    page.click("#signing-sign")
    expect(page.locator("#signing-trouble")).to_contain_text("Nothing was entered")
    page.click("#signing-back")
    expect(page.locator("#signing")).to_be_hidden()
    expect(page.locator("#hold-reference")).to_have_value("Appeal 8")
    assert room.center.ledger.size == size
    key.verifies(True)
    page.focus("#hold-reference")
    page.keyboard.press("Enter")
    expect(page.locator("#signing-sign")).to_be_visible()
    page.keyboard.press("Escape")  # before anything is signed
    expect(page.locator("#signing")).to_be_hidden()
    expect(page.locator("#hold-reference")).to_have_value("Appeal 8")
    assert room.center.ledger.size == size
    page.focus("#hold-reference")
    page.keyboard.press("Enter")
    page.click("#signing-sign")
    expect(page.locator("body")).to_contain_text("This case is under legal hold.")


def test_where_something_else_was_entered_meanwhile_the_person_signs_once_more(
    served: Served, person_at: Callable[..., Page]
) -> None:
    room = served.room
    page = person_at(room.prosecutor)
    Passkey.make(served, page, room.prosecutor)
    place_a_hold(page, served, "Appeal 9")
    expect(page.locator("#signing-sign")).to_be_visible()
    legal_holds.place(room.center, room.prosecutor, room.case.id, reason="other", reference="meanwhile")
    page.click("#signing-sign")
    expect(page.locator("#signing-trouble")).to_contain_text("something else was entered")
    page.click("#signing-sign")
    expect(page.locator("body")).to_contain_text("Appeal 9")
    expect(page.locator("body")).to_contain_text("meanwhile")
    assert held(room) == ["center", "person"]


def test_without_a_passkey_the_same_form_goes_on_as_before(
    served: Served, person_at: Callable[..., Page]
) -> None:
    page = person_at(served.room.prosecutor)
    place_a_hold(page, served, "Appeal 10")
    expect(page.locator("body")).to_contain_text("This case is under legal hold.")


def test_a_refusal_is_told_in_the_page_and_the_form_stays(
    served: Served, person_at: Callable[..., Page]
) -> None:
    room = served.room
    page = person_at(room.prosecutor)
    page.goto(f"{served.address}/cases/{room.case.id}/keeping")
    page.evaluate("document.querySelector('#hold-reference').removeAttribute('required')")
    page.locator("summary", has_text="Place legal hold").click()
    page.select_option("#hold-reason", "appeal")
    page.fill("#hold-text", "words that must not be lost")
    page.get_by_role("button", name="Place hold").click()
    expect(page.locator("#signing-trouble")).to_contain_text("Nothing was changed")
    expect(page.locator("#signing-sign")).to_be_hidden()
    page.click("#signing-back")
    expect(page.locator("#hold-text")).to_have_value("words that must not be lost")


def test_a_package_is_ordered_with_a_signature_and_then_made(
    served: Served, person_at: Callable[..., Page]
) -> None:
    room = served.room
    page = person_at(room.prosecutor)
    Passkey.make(served, page, room.prosecutor)
    page.goto(f"{served.address}/evidence/{room.item}/package")
    page.locator("input[name=purpose][value=hearing]").check(force=True)
    page.fill("#receiver", "Court of N")
    page.locator("input[name=viewing]").uncheck(force=True)
    page.click("#make")
    expect(page.locator("#signing")).to_contain_text("testimony that leaves the center")
    expect(page.locator("#signing-acts li")).to_have_text([re.compile("Recording of .*, part 1")])
    receiver = "Receiver of the package: \u2068Court of N\u2069"
    expect(page.locator("#signing-how")).to_have_text(f"Hearing in court · {receiver}")
    page.click("#signing-sign")
    expect(page.locator("#ready")).to_be_visible()
    ordered = history.of_item(room.center, room.prosecutor, room.interview.id)[-1]
    exported = history.of_item(room.center, room.prosecutor, room.item)[-1]
    assert (ordered.type, ordered.signed_by) == ("export.ordered", "person")
    assert exported.body["order"] == ordered.body["order"] == page.url.split("#")[1]


def test_a_seal_is_confirmed_on_the_cases_page(served: Served, person_at: Callable[..., Page]) -> None:
    room = served.room
    page = person_at(room.prosecutor)
    page.goto(f"{served.address}/cases/{room.case.id}/interviews")
    expect(page.locator("body")).to_contain_text("not confirmed with a person's own signature")
    assert page.get_by_role("button", name="I stopped and sealed it").count() == 0
    Passkey.make(served, page, room.prosecutor)
    page.reload()
    page.get_by_role("button", name="I stopped and sealed it").click()
    page.click("#signing-sign")
    expect(page.locator("body")).to_contain_text("confirmed by the person who stopped it")
    last = history.of_item(room.center, room.prosecutor, room.item)[-1]
    assert (last.type, last.signed_by) == ("seal.confirmed", "person")


def enter_a_swab(page: Page, served: Served, seal: str) -> None:
    """Fill in the form of a specimen and send it."""
    page.goto(f"{served.address}/cases/{served.room.case.id}/specimens/new?figure=woman")
    page.select_option("#kind", "swab")
    page.fill("#seal", seal)
    page.fill("#what", "dry, rubbed twice")
    page.select_option("#place", "front:neck")
    page.locator("form[data-grave] button.primary").click()
    expect(page.locator("#signing-sign")).to_be_visible()


def test_a_nurse_signs_that_she_took_a_specimen(served: Served, person_at: Callable[..., Page]) -> None:
    room = served.room
    nurse = people.add(room.center, room.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(room.center, room.prosecutor, room.case.id, nurse.id)
    page = person_at(nurse)
    Passkey.make(served, page, nurse)
    enter_a_swab(page, served, "12-345")
    expect(page.locator("#signing")).to_contain_text("You state that you took a specimen")
    expect(page.locator("#signing-acts li")).to_have_text(
        ["Specimen 1 · swab · seal \u206612-345\u2069 · Front, neck · \u2068dry, rubbed twice\u2069"]
    )
    if folder := os.environ.get("PICTURES"):
        for language, width in itertools.product(("ar", "en"), (1280, 390)):
            shown = person_at(nurse, language, width)
            enter_a_swab(shown, served, "12-345")
            fits_at(shown, [width])
            shown.screenshot(path=f"{folder}/signing-specimen-{language}-{width}.png")
    page.click("#signing-back")
    expect(page.locator("#what")).to_have_value("dry, rubbed twice")
    page.fill("#seal", "S-8")
    page.get_by_role("button", name="Enter the specimen").click()
    expect(page.locator("#signing-acts li")).to_contain_text(["Specimen 1 · swab · seal \u2066s-8"])
    page.click("#signing-sign")
    expect(page.locator("h1")).to_have_text("Specimen 1 · swab")
    [entry] = listing.chain(room.center, nurse, page.url.rsplit("/", 1)[1])
    assert (entry.type, entry.signed_by, entry.body["seal"]) == ("specimen.taken", "person", "s-8")


def test_consent_is_taken_back_at_once_also_where_the_passkey_is_not_at_hand(
    served: Served, person_at: Callable[..., Page]
) -> None:
    room = served.room
    page = person_at(room.prosecutor)
    key = Passkey.make(served, page, room.prosecutor)

    def answer(outcome: str) -> None:
        page.goto(f"{served.address}/cases/{room.case.id}/consent")
        for name, code in (("answer-recording", outcome), ("decided_by", "self"), ("form", "oral")):
            page.check(f"input[name={name}][value={code}]")
        page.fill("#explained", "Person E")
        page.select_option("#spoken", "ar")
        page.get_by_role("button", name="Record the answers").click()

    def take_back() -> None:
        page.locator("details summary").first.click()
        page.select_option("select[name=decided_by]", "self")
        page.select_option("select[name=form]", "oral")
        page.get_by_role("button", name="Record withdrawal").first.click()

    answer("given")
    expect(page.locator("#signing-sign")).to_be_visible()
    expect(page.locator("#signing-without")).to_be_hidden()
    expect(page.locator("#signing-acts li")).to_have_text(["Recording of the interview: given"])
    expect(page.locator("#signing-how")).to_contain_text("Who answered: the person")
    page.click("#signing-sign")
    expect(page.locator("details summary")).to_have_count(1)
    take_back()
    expect(page.locator("#signing")).to_contain_text("can be opened any more")
    page.click("#signing-sign")
    expect(page.locator("details summary")).to_have_count(0)
    answer("given")
    page.click("#signing-sign")
    expect(page.locator("details summary")).to_have_count(1)
    key.verifies(False)
    take_back()
    page.click("#signing-sign")
    expect(page.locator("#signing-trouble")).to_contain_text("Nothing was entered")
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/signing-without-en.png")
    page.click("#signing-without")
    expect(page.locator("details summary")).to_have_count(0)
    said = history.of_item(room.center, room.prosecutor, room.case.id)
    assert [(one.type, one.signed_by) for one in said if one.type.startswith("consent.")] == [
        ("consent.recorded", "person"),
        ("consent.withdrawn", "person"),
        ("consent.recorded", "person"),
        ("consent.withdrawn", "center"),
    ]


def test_a_guardian_entered_with_an_answer_of_hers_alone_is_refused_and_stays_in_the_form(
    served: Served, person_at: Callable[..., Page]
) -> None:
    room = served.room
    page = person_at(room.prosecutor)
    Passkey.make(served, page, room.prosecutor)
    page.goto(f"{served.address}/cases/{room.case.id}/consent")
    for name, code in (("answer-examination", "given"), ("decided_by", "self"), ("form", "oral")):
        page.check(f"input[name={name}][value={code}]")
    page.fill("#explained", "Person E")
    page.select_option("#spoken", "ar")
    page.fill("#guardian", "Person G, her aunt")
    page.select_option("#ground", "appointed-guardian")
    page.get_by_role("button", name="Record the answers").click()
    expect(page.locator("#signing-trouble")).to_contain_text("The person answered alone")
    page.click("#signing-back")
    assert not consent.listed(room.center, room.prosecutor, room.case.id)
    expect(page.locator("#guardian")).to_have_value("Person G, her aunt")
    expect(page.locator("#ground")).to_have_value("appointed-guardian")
    page.check("input[name=decided_by][value=guardian]")
    page.get_by_role("button", name="Record the answers").click()
    expect(page.locator("#signing-how")).to_contain_text("Person G, her aunt")
    page.click("#signing-sign")
    expect(page.locator("article")).to_contain_text("Person G, her aunt")


@pytest.mark.parametrize(
    ("language", "width"),
    [
        ("en", 1280),
        ("ar", 800),
        pytest.param("en", 800, marks=pytest.mark.repeats),
        pytest.param("ar", 1280, marks=pytest.mark.repeats),
    ],
)
def test_the_pages_keep_axes_rules_in_both_languages(
    served: Served, person_at: Callable[..., Page], language: str, width: int
) -> None:
    room = served.room
    page = person_at(room.prosecutor, language, width)
    Passkey.make(served, page, room.prosecutor)

    def look(name: str) -> None:
        fits_at(page, sorted(WIDTHS, key=lambda one: one == width))
        keeps_rules(page)
        if folder := os.environ.get("PICTURES"):
            page.screenshot(path=f"{folder}/signing-{name}-{language}-{width}.png", full_page=name != "ask")

    page.goto(f"{served.address}/signed")
    look("empty")
    page.goto(f"{served.address}/cases/{room.case.id}/keeping")
    page.locator("details", has=page.locator("#hold-reference")).locator("summary").click()
    page.select_option("#hold-reason", "appeal")
    page.fill("#hold-reference", "4/2076")
    page.press("#hold-reference", "Enter")
    expect(page.locator("#signing-sign")).to_be_visible()
    look("ask")
    legal_holds.place(room.center, room.prosecutor, room.case.id, reason="other", reference="meanwhile")
    page.click("#signing-sign")
    expect(page.locator("#signing-trouble")).to_be_visible()
    look("again")
    page.click("#signing-sign")
    expect(page.locator(".panel-green")).to_be_visible()
    page.goto(served.address)
    look("home")
    page.goto(f"{served.address}/signed")
    look("list")
    page.goto(f"{served.address}/cases/{room.case.id}")
    look("case")
    page.goto(f"{served.address}/cases/{room.case.id}/consent")
    for name, code in (("answer-recording", "refused"), ("decided_by", "self"), ("form", "oral")):
        page.check(f"input[name={name}][value={code}]")
    page.fill("#explained", "Person E")
    page.select_option("#spoken", "ar")
    page.locator("form:has(#explained) button").click()
    expect(page.locator("#signing-without")).to_be_visible()
    look("no")


def test_nobody_without_a_session_reads_what_was_signed(served: Served, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{served.address}/signed")
    assert page.url.endswith("/sign-in")
    other = people.add(served.room.center, served.room.administrator, "Person Q", Role.PROSECUTOR)
    page.context.add_cookies(served.cookies(other))
    page.goto(f"{served.address}/signed")
    expect(page.locator("body")).to_contain_text("Nothing yet.")
    page.context.close()
