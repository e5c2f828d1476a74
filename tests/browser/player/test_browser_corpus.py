"""Packages of the corpus in a real Chromium: the same outcome, step and kind of reason.

The page's policy allows it no network, and it lies on the disk, as verify.html does. `make test` hands it the
first package of each outcome, step and form, and of each kind of item; all the others go through the same
scripts in Node (tests/unit/player/test_corpus_scripts.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.packages.both_verifiers import WITHOUT_BOTH, assert_as_the_corpus_says
from tests.support.packages.package_page import open_package_page, verify_in_browser
from tests.vectors.packages.cases import Case, policies
from tests.vectors.packages.corpus import CASES, built

pytestmark = pytest.mark.browser

POLICIES = policies()


ITEMS = {
    "intact-excerpt", "intact-interrupted", "intact-safety-recording", "intact-without-viewing-copies",
    "intact-renewed", "intact-eddsa", "intact-rs256", "photograph-intact-intimate",
    "derivative-intact-redacted", "derivative-intact-transcript", "derivative-intact-of-an-excerpt",
    "credential-intact", "film-is-a-link", "folder-is-a-link",
}  # fmt: skip
"""One of each kind of item and of signature; and the links, which Chromium passes over by itself."""


def first_of_each_kind() -> set[str]:
    """The first case of each outcome, step and form."""
    kinds = {
        (case.expected.outcome, case.expected.step, case.passphrase is None): case for case in CASES[::-1]
    }
    return {case.name for case in kinds.values()}


SHOWN = ITEMS | first_of_each_kind()
EACH = [
    pytest.param(case, id=case.name, marks=() if case.name in SHOWN else pytest.mark.repeats)
    for case in CASES
]


@pytest.mark.parametrize("case", EACH)
def test_the_browser_says_what_the_corpus_says(package_page: Page, case: Case) -> None:
    package = built(case)
    policy = None if case.policy is None else POLICIES[case.policy]
    answer = verify_in_browser(package_page, package, case.passphrase, policy)
    assert_as_the_corpus_says(answer, case, package, policy)


@pytest.fixture(scope="module")
def bare_page(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The same in a browser that knows neither Ed25519 nor ML-DSA-44."""
    with open_package_page(chromium, tmp_path_factory.mktemp("bare")) as page:
        page.evaluate(WITHOUT_BOTH)
        yield page


@pytest.mark.repeats  # test_corpus_scripts does the same in Node
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_its_own_code_for_signatures_says_what_the_corpus_says(bare_page: Page, case: Case) -> None:
    package = built(case)
    policy = None if case.policy is None else POLICIES[case.policy]
    answer = verify_in_browser(bare_page, package, case.passphrase, policy)
    assert_as_the_corpus_says(answer, case, package, policy)
