"""What a page shows for a moment. Playwright's `expect` looks about once a second, and may find it over.

Nothing here needs `eval` in the page, which the policy of verify.html forbids to `wait_for_function`.
"""

from __future__ import annotations

from playwright.sync_api import Locator

from tests.support.patience import wait_until

_NOTE = """(element, attribute) => {
  const read = () =>
    attribute ? element.getAttribute(attribute) : element.textContent.replace(/\\s+/g, " ").trim();
  const shown = [read()];
  const note = () => read() === shown.at(-1) || shown.push(read());
  const what = attribute
    ? { attributeFilter: [attribute] }
    : { childList: true, characterData: true, subtree: true };
  new MutationObserver(note).observe(element, what);
  return shown;
}"""


class Shown:
    """Each text of an element, or each value of one of its attributes, from now on. Made before the deed that
    changes it."""

    def __init__(self, element: Locator, attribute: str = "") -> None:
        self._shown = element.evaluate_handle(_NOTE, attribute)

    @property
    def all(self) -> list[str]:
        """In order, the one from the beginning too."""
        found: list[str] = self._shown.json_value()
        return found

    def once(self, text: str) -> None:
        """Wait until it has contained this, though it may do so no more."""
        wait_until(lambda: any(text in one for one in self.all))


def reaches(clock: Locator, time: str) -> None:
    """Wait until a clock that runs shows this time or a later one."""
    wait_until(lambda: (clock.text_content() or "") >= time)
