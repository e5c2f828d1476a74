"""Packages of the corpus in Debian's Firefox: the same outcome, step and kind of reason.

`make test` takes the first package of each outcome and form; all of them are for `make test-all`, once more
without Ed25519, which this Firefox knows (it does not know ML-DSA-44).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.packages.both_verifiers import (
    WITHOUT_BOTH,
    assert_as_the_corpus_says,
    script_verdict,
)
from tests.support.packages.package_page import written_page
from tests.support.servers.firefox import Firefox
from tests.vectors.packages.cases import Case, policies
from tests.vectors.packages.corpus import CASES, built

pytestmark = pytest.mark.browser

POLICIES = policies()
FIRST = {(case.expected.outcome, case.passphrase is None): case.name for case in CASES[::-1]}
"""The first case of each outcome and form."""
GIVEN = [case for case in CASES if case.name not in ("file-with-newline", "folder-is-a-link")]
"""All but two: WebDriver separates the files that it gives by newlines, and gives no folder, so nothing shows
what Firefox makes of a link to one."""
ALL = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=() if case.name in FIRST.values() else pytest.mark.repeats)
        for case in GIVEN
    ],
)


@pytest.fixture(scope="module")
def firefox() -> Iterator[Firefox]:
    with Firefox() as firefox:
        yield firefox


@pytest.fixture(scope="module")
def package_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that verifies packages."""
    return written_page(tmp_path_factory.mktemp("page"))


def verdict_of_scripts(firefox: Firefox, case: Case) -> None:
    """Raise unless the page that is open says of the package what the corpus says."""
    package = built(case)
    policy = None if case.policy is None else POLICIES[case.policy]
    firefox.choose("#folder" if case.passphrase is None else "#file", package)
    answer = script_verdict(firefox.evaluate, case.passphrase, policy)
    assert_as_the_corpus_says(answer, case, package, policy)
    assert firefox.troubles == []


@ALL
def test_firefox_says_what_the_corpus_says(firefox: Firefox, package_file: Path, case: Case) -> None:
    open_once(firefox, package_file.as_uri())
    verdict_of_scripts(firefox, case)


@pytest.mark.repeats  # test_corpus_scripts does the same in Node
@pytest.mark.parametrize("case", GIVEN, ids=lambda case: case.name)
def test_its_own_code_for_signatures_says_what_the_corpus_says(
    firefox: Firefox, package_file: Path, case: Case
) -> None:
    if open_once(firefox, f"{package_file.as_uri()}?bare"):
        firefox.evaluate(WITHOUT_BOTH)
    verdict_of_scripts(firefox, case)


def open_once(firefox: Firefox, address: str) -> bool:
    """Open this page unless it is open; whether it was not."""
    if firefox.evaluate("() => location.href") == address:
        return False
    firefox.goto(address)
    return True
