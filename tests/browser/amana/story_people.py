"""The people of the story: each with a browser and an authenticator of their own."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, expect

from chain_of_custody.statements.keys import key_id
from tests.support.servers.chromium import SMALL_CAMERAS

TITLES = "title of a page: "
TELL_TITLES = f"""(() => {{
  const tell = () => console.debug({json.dumps(TITLES)} + document.title);
  addEventListener("DOMContentLoaded", () => {{
    tell();
    const all = {{ childList: true, characterData: true, subtree: true }};
    new MutationObserver(tell).observe(document.head, all);
  }});
}})()"""
COUNT_TOUCHES = """(() => {
  addEventListener("pointerdown", (event) => event.isTrusted && window.touched(), true);
  addEventListener("change", ({ target }) => {
    if (target instanceof HTMLSelectElement || target.type === "file") window.touched();
  }, true);
})()"""
"""A choice from a list, or of a file, counts as one: the browser's own parts are not touched here."""
KEPT = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


@dataclass
class Trace:
    """What went between browsers and the center where others may read it, and what went wrong in scripts."""

    addresses: set[str] = field(default_factory=set)
    """URLs that were asked for, and those of pages."""
    headers: set[str] = field(default_factory=set)
    """Lines of requests' and answers' heads, but for cookies."""
    titles: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    """What pages left in their browsers' storage."""
    errors: list[str] = field(default_factory=list)

    def asked(self, request: Request) -> None:
        self.addresses.add(request.url)
        self._heads(request.headers)

    def answered(self, response: Response) -> None:
        self._heads(response.headers)

    def said(self, message: ConsoleMessage) -> None:
        if message.text.startswith(TITLES):
            self.titles.add(message.text.removeprefix(TITLES))

    def _heads(self, headers: dict[str, str]) -> None:
        hidden = ("cookie", "set-cookie")  # random tokens, which nobody types
        self.headers.update(f"{name}: {value}" for name, value in headers.items() if name not in hidden)

    @property
    def bytes(self) -> dict[str, bytes]:
        """By what it is."""
        found = {name: getattr(self, name) for name in ("addresses", "headers", "titles", "kept")}
        return {f"the browsers' {name}": "\n".join(sorted(one)).encode() for name, one in found.items()}


class Somebody:
    """A person, or a machine in a room, with a browser of their own."""

    def __init__(self, browser: Browser, address: str, language: str, name: str, trace: Trace) -> None:
        self.name, self.address, self._trace = name, address, trace
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.context.grant_permissions(["camera", "microphone"], origin=address)
        self.context.add_cookies([{"name": "language", "value": language, "url": address}])
        self.context.add_init_script(TELL_TITLES)
        self._touches = 0
        self.context.expose_binding("touched", lambda _source: self._count_touch())
        self.context.add_init_script(COUNT_TOUCHES)
        if not os.environ.get("PICTURES"):
            self.context.add_init_script(SMALL_CAMERAS)
        self.context.on("request", trace.asked)
        self.context.on("response", trace.answered)
        self.context.on("console", trace.said)
        self.context.on("weberror", lambda error: trace.errors.append(str(error.error)))
        self.page = self.context.new_page()
        self._tools = self.context.new_cdp_session(self.page)
        self._tools.send("WebAuthn.enable")
        made = self._tools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self._authenticator = made["authenticatorId"]

    def opens_link(self, link: str) -> None:
        """The one-time link; and makes a passkey, as the page proposes."""
        self.page.goto(link)
        self.page.wait_for_url("**/passkey")
        self.page.click("#make")
        self.page.wait_for_url(f"{self.address}/")

    @property
    def key(self) -> str:
        """Id of the passkey in the authenticator, as statements name it."""
        told = self._tools.send("WebAuthn.getCredentials", {"authenticatorId": self._authenticator})
        [held] = told["credentials"]
        private = serialization.load_der_private_key(base64.b64decode(held["privateKey"]), None)
        return key_id(
            private.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    def follows(self, path: str, page: Page | None = None) -> None:
        """Clicks the first link on the page whose address ends so, and is given that page."""
        page = page or self.page
        with page.expect_navigation() as gone:
            page.locator(f"main a[href$='{path}'], nav a[href$='{path}']").first.click()
        assert gone.value.ok, f"{gone.value.status} at {gone.value.url}: {page.inner_text('main')}"

    def home(self) -> None:
        with self.page.expect_navigation():
            self.page.click("a.bar-home")

    def takes_up(self, path: str) -> None:
        """Goes to *Today*, finds there what waits, which is counted in the bar, and follows its button."""
        self.home()
        waiting = self.page.locator(".queue > li")
        expect(self.page.locator(".bar-nav .count-waiting")).to_contain_text(str(waiting.count()))
        button = waiting.locator(f"a[href*='{path}']").first
        with self.page.expect_navigation() as gone:
            button.click()
        assert gone.value.ok, f"{gone.value.status} at {gone.value.url}"

    @contextlib.contextmanager
    def touching(self, at_most: int) -> Iterator[None]:
        """What the person does now takes so many touches at most."""
        before = self.touched()
        yield
        assert self.touched() - before <= at_most, f"{self.touched() - before} touches"

    def touched(self) -> int:
        """How often the person has touched a page: clicked it, chosen from a list, or chosen a file."""
        self.page.evaluate("0")  # answered after what the page has told before
        return self._touches

    def _count_touch(self) -> None:
        self._touches += 1

    def form(self, action: str) -> Locator:
        """The form that goes there, on the page."""
        return self.page.locator(f"form[action$='{action}']")

    def sends(self, action: str, fields: dict[str, str], button: str = "button") -> None:
        """Fills in the form that goes there, unfolding it where it is folded, and sends it."""
        form = self.form(action)
        form.wait_for(state="attached")
        folded = self.page.locator("details:not([open])", has=form)
        if folded.count():
            folded.locator("summary").click()
        for name, value in fields.items():
            field = form.locator(f"[name='{name}']").first
            kind = field.evaluate("one => one.type")
            if kind == "radio":
                form.locator(f"[name='{name}'][value='{value}']").check()
            elif kind == "select-one":
                field.select_option(value)
            else:
                field.fill(value)
        form.locator(button).last.click()

    def signs(self, leads_to: str | None = None) -> None:
        """Reads what is to be signed, and gives the passkey."""
        self.page.click("#signing-sign")
        expect(self.page.locator("#signing")).to_be_hidden()
        if leads_to is not None:
            self.page.wait_for_url(leads_to)

    def leaves(self) -> None:
        """Closes the browser; what its pages kept in it is noted."""
        for page in self.context.pages:
            if page.url.startswith(self.address):
                self._trace.addresses.add(page.url)
                self._trace.kept.add(page.evaluate(KEPT))
        state = self.context.storage_state(indexed_db=True)
        self._trace.kept.add(json.dumps(list(state["origins"]), ensure_ascii=False))
        self.context.close()


Look = Callable[[Page, str], None]
"""Takes a picture of a page, where somebody wants to see it."""
