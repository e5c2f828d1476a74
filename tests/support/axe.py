"""axe-core's rules for pages, and that a page is not wider than its window, in any look that it may have."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Page

WIDTHS = (1280, 800, 390)  # CSS pixels: a desk, a tablet that is held upright, a phone
HEIGHT = 900  # CSS pixels
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RUN = """axe.run(document, {resultTypes: ["violations"]}).then((result) => result.violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)}`)))"""


class Look(NamedTuple):
    """How a page is shown. `width`: of its window, in CSS pixels."""

    width: int
    scheme: Literal["light", "dark"]


def show(page: Page, look: Look) -> None:
    """Show the open page like this: the system prefers the scheme, and the page's own switch is set to it."""
    page.set_viewport_size({"width": look.width, "height": HEIGHT})
    page.emulate_media(color_scheme=look.scheme)
    switch = page.locator("#dark")
    if switch.count() and page.evaluate("document.body.classList.contains('dark')") != (
        look.scheme == "dark"
    ):
        switch.click()


def keeps_rules(page: Page) -> None:
    """Raise where the page, as it is now, breaks a rule or is wider than its window."""
    if not page.evaluate("'axe' in window"):  # half a megabyte: once for each page that is loaded
        assert AXE.exists(), f"{AXE} is missing: `make node_modules/.stamp` installs it"
        page.evaluate(AXE.read_text())
    found = page.evaluate(RUN)
    assert found == [], f"{page.url} at {page.viewport_size}\n" + "\n".join(found)
    fits(page)


def fits(page: Page) -> None:
    width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= window, f"{page.url} is wider than the window ({width} > {window})"


def fits_at(page: Page, widths: Iterable[int], height: int = HEIGHT) -> None:
    """Raise where the page is wider than a window of one of these widths (CSS pixels)."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": height})
        fits(page)
