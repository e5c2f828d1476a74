"""Every page that the application has keeps axe-core's rules: in both languages, in a light and in a dark
scheme, on a desk, on a tablet and on a phone.

No list says which pages there are: each route is requested in every role with every id that exists. A route
that gives no role a page must be in `NO_PAGES` with what it gives instead; a new one is not, and fails.

Each page is loaded once in each language, and changes its look while it is open. Whether it fits is measured
at every width each time.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import AXE, WIDTHS, Look, fits_at, keeps_rules, show
from tests.support.centers.court_room import CourtRoom
from tests.support.centers.peopled_center import PeopledCenter
from tests.support.centers.running_center import RunningCenter

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS = [Look(width, scheme) for width in WIDTHS for scheme in ("light", "dark")]
CHOSEN = {"en": [Look(1280, "light"), Look(800, "dark")], "ar": [Look(390, "dark")]}
"""By language, how axe-core sees each page in `make test`: each language, each width and each scheme."""
IN_LOOKS = pytest.mark.parametrize(
    ("language", "looks"),
    [
        *(pytest.param(language, looks, id=f"{language}-chosen") for language, looks in CHOSEN.items()),
        *(
            pytest.param(
                language,
                [look for look in LOOKS if look not in looks],
                id=f"{language}-others",
                marks=pytest.mark.repeats,
            )
            for language, looks in CHOSEN.items()
        ),
    ],
)
FOR_EVERY_ROLE = frozenset({"/", "/cases/{case_id}"})
"""Pages that are another one for each role."""
NO_PAGES = {
    "/cases/{case_id}/consent/form.pdf": "a file",
    "/cases/{case_id}/disclosures.csv": "a file",
    "/cases/{case_id}/disclosures.json": "a file",
    "/cases/{case_id}/disposals/{disposal_id}/certificate.{kind}": "a file",
    "/cases/{case_id}/history.csv": "a file",
    "/cases/{case_id}/history.json": "a file",
    "/cases/find": "the list of cases",
    "/custody/specimen": "for a page's script",
    "/derivatives/{derivative_id}/progress": "for a page's script",
    "/examinations/{examination_id}/values": "for a page's script",
    "/give/request": "for a page's script",
    "/healthz": "for programs",
    "/interviews/{interview}/events": "for a page's script",
    "/interviews/{interview}/live/messages/{part}/{index}": "for a page's script",
    "/interviews/{interview}/live/records": "for a page's script",
    "/interviews/{interview}/next-door": "for a page's script",
    "/interviews/{interview}/observe/events": "for a page's script",
    "/interviews/{interview}/preview/{camera}": "for a page's script",
    "/interviews/{interview}/safety/{evidence}": "for a page's script",
    "/interviews/{interview}/status": "for a page's script",
    "/ledger/checkpoint": "for programs",
    "/ledger/tile/{place:path}": "for programs",
    "/metrics": "for programs",
    "/packages/{order_id}": "for a page's script",
    "/packages/{order_id}/{name}": "a file",
    "/redactions/{list_id}/edits": "for a page's script",
    "/redactions/{list_id}/faces": "for a page's script",
    "/room/next": "for a page's script",
    "/rooms/state": "for a page's script",
    "/staff/find": "the staff page",
    "/trust/{name}": "a file",
    "/uploads/{upload_id}": "for a page's script",
    "/viewings/{viewing_id}/messages/{index}": "for a page's script",
    "/viewings/{viewing_id}/proof": "for a page's script",
    "/viewings/{viewing_id}/transcript-drafts/{draft_id}": "for a page's script",
}
"""What addresses give that are no pages."""


@pytest.fixture(scope="module")
def peopled(center: RunningCenter) -> PeopledCenter:
    return PeopledCenter.make(center)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Of all routes of the application that are asked with GET."""
    app = CourtRoom.make(tmp_path_factory.mktemp("routes")).app
    found = set()
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute) and "GET" in (context.methods or ()):
            found.add(str(context.path))
    return sorted(found)


@pytest.fixture(scope="module")
def pages(peopled: PeopledCenter, paths: list[str]) -> list[tuple[str, str, str]]:
    """Path of the route, who sees it, and where."""
    found = []
    for path in paths:
        seen = list(seen_at(peopled, path))
        known = NO_PAGES.get(path)
        assert bool(seen) == (known is None), f"{path} was a page for {seen[:1]}; here stands: {known}"
        found += [(path, role, address) for role, address in seen]
    return found


def seen_at(peopled: PeopledCenter, path: str) -> Iterator[tuple[str, str]]:
    """Who is given a page there, and at which address: one of those who are, or all of them."""
    for address in peopled.named_by(path):
        given = (role for role in peopled.people if is_page(peopled, role, address))
        for role in given if path in FOR_EVERY_ROLE else itertools.islice(given, 1):
            yield role, address


def is_page(peopled: PeopledCenter, role: str, address: str) -> bool:
    """Whether somebody of this role is given a page there, and not led to another one."""
    client = peopled.people[role]
    with client.stream("GET", address, headers={"accept": "text/html"}, follow_redirects=False) as answer:
        return answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")


def keeps_rules_in(page: Page, looks: list[Look], name: str = "") -> None:
    """Raise where the open page breaks a rule in one of these looks, or is too wide for any window; keep a
    picture of each look if it has a `name` and `PICTURES` is set."""
    fits_at(page, WIDTHS)
    for look in looks:
        show(page, look)
        keeps_rules(page)
        if name and (folder := os.environ.get("PICTURES")):
            place = Path(folder) / f"{name}-{look.width}-{look.scheme}.png"
            page.screenshot(path=place, full_page=True)


@IN_LOOKS
def test_every_page_of_every_route(
    chromium_with_cameras: Browser,
    peopled: PeopledCenter,
    pages: list[tuple[str, str, str]],
    language: str,
    looks: list[Look],
    errors: list[str],
) -> None:
    context = chromium_with_cameras.new_context()
    context.grant_permissions(["camera", "microphone"], origin=peopled.running.address)
    context.add_init_script(path=AXE)
    page = context.new_page()  # one for all roles: it has the styles and scripts already
    page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
    for role in peopled.people:
        context.clear_cookies()
        context.add_cookies(peopled.cookies(role, language))  # type: ignore[arg-type]
        for number, (path, seen_by, address) in enumerate(pages):
            if seen_by != role:
                continue
            page.goto(peopled.running.address + address, wait_until="load")
            name = re.sub(r"\W+", "-", path).strip("-") or "home"
            keeps_rules_in(page, looks, f"page-{name}-{role}-{number}-{language}")
            assert page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr"), address
            assert not re.search(r"\{\w+\}", page.inner_text("main")), f"a value is missing at {address}"
    context.close()


def test_a_granted_photograph_is_fetched_once_it_is_uncovered(
    chromium_with_cameras: Browser, peopled: PeopledCenter, errors: list[str]
) -> None:
    context = chromium_with_cameras.new_context()
    context.add_cookies(peopled.cookies("court", "en"))  # type: ignore[arg-type]
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.goto(f"{peopled.running.address}/cases/{peopled.ids['case_id'][0]}")
    button = page.locator("[data-uncover]")
    expect(button).to_be_enabled()
    photograph = button.get_attribute("data-uncover")
    assert asked == [] and page.locator(".frame img").count() == 0
    button.click()
    expect(page.locator(".frame .viewer-mark")).to_contain_text("UTC")
    assert page.locator(".frame img").evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    assert [url for url in asked if url.endswith("/viewings")] == [
        f"{peopled.running.address}/evidence/{photograph}/viewings"
    ]
    keeps_rules(page)
    context.close()


@IN_LOOKS
def test_pages_that_answer_a_form(
    chromium_with_cameras: Browser, peopled: PeopledCenter, language: str, looks: list[Look]
) -> None:
    """What is shown once, after something was sent; and what is shown where there is nothing to show."""
    chosen = "[name=role][value=court]"  # for no role is chosen before somebody does
    added = f"Person {language.upper()} {len(looks)}"  # a second person with one name is asked about
    sent: dict[str, list[tuple[str, str | None, dict[str, str], str]]] = {
        "administrator": [
            (
                "/staff",
                "main form[action='/staff'] button",
                {"#name": added, chosen: ""},
                "input[readonly]",
            ),
            ("/room-machines", "main form .primary", {}, "input[readonly]"),
            ("/nothing-here", None, {}, "h1"),
        ],
        "monitoring": [("/statistics", "button[value=page]", {}, "table"), ("/staff", None, {}, "h1")],
    }
    for role, visits in sent.items():
        context = chromium_with_cameras.new_context()
        context.add_cookies(peopled.cookies(role, language))  # type: ignore[arg-type]
        page = context.new_page()
        for address, button, fields, shows in visits:
            page.goto(peopled.running.address + address)
            for place, text in fields.items():
                page.check(place) if place == chosen else page.fill(place, text)
            if button:
                page.click(button)
            page.wait_for_selector(shows)
            keeps_rules_in(page, looks)
        context.close()
