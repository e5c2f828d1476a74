"""The corpus of court packages in a real Chromium: the same outcome, step and kind of reason, for every one.

The page's policy allows it no network, and it lies on the disk, as verify.html does. Packages are made anew
for this; that they are those of the corpus is for tests/unit/chain_of_custody/test_corpus.py to show.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from chain_of_custody import errors
from chain_of_custody.opening import open_package
from chain_of_custody.policy import TrustPolicy
from chain_of_custody.verify import verify
from tests.support.packages.package_page import KINDS, assert_both_say, verify_in_browser
from tests.vectors.packages.cases import Case, policies
from tests.vectors.packages.corpus import CASES

pytestmark = pytest.mark.browser

POLICIES = policies()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_browser_says_what_the_corpus_says(package_page: Page, case: Case, tmp_path: Path) -> None:
    package = case.build(tmp_path)
    policy = None if case.policy is None else POLICIES[case.policy]
    answer = verify_in_browser(package_page, package, case.passphrase, policy)
    expected, failure = case.expected, answer["failure"]
    said = None if failure is None else f"{failure['number']} {failure['step']}"
    assert (answer["outcome"], said) == (expected.outcome, expected.step), failure
    assert answer.get("unchecked", []) == [], "a browser without these signatures was not meant here"
    if expected.step is None:
        report = verify(
            open_package(package, lambda: case.passphrase or ""), policy and TrustPolicy.parse(policy)
        )
        assert_both_say(answer, report)  # the same findings, and the same left unproved
    elif case.unseen is None:
        assert failure["kind"] in codes(expected.kind), (failure, expected)
        assert expected.where is None or failure["where"] == expected.where, (failure, expected)


def codes(kind: str | None) -> frozenset[str]:
    """What the browser calls a class of Python's."""
    if kind == "Malformed":
        return frozenset({"malformed"})
    assert kind is not None
    return frozenset(KINDS[getattr(errors, kind)]) - {"malformed"}
