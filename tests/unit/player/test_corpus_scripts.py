"""The corpus of court packages in the scripts: the same outcome, step and kind of reason, for every one.

But for links: what a browser makes of them in a chosen folder is seen in a browser
(tests/browser/player/test_browser_corpus.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.packages.both_verifiers import WITHOUT_BOTH, assert_as_the_corpus_says
from tests.support.packages.node_engine import NodeEngine
from tests.vectors.packages.cases import Case, policies
from tests.vectors.packages.corpus import CASES, built

pytestmark = pytest.mark.starts

POLICIES = policies()
LISTED = [case for case in CASES if case.unseen is None]


@pytest.mark.parametrize("case", LISTED, ids=lambda case: case.name)
def test_the_scripts_say_what_the_corpus_says(engine: NodeEngine, case: Case) -> None:
    package = built(case)
    policy = None if case.policy is None else POLICIES[case.policy]
    answer = engine.verify(package, case.passphrase, policy)
    assert_as_the_corpus_says(answer, case, package, policy)


@pytest.fixture(scope="module")
def bare_engine() -> Iterator[NodeEngine]:
    """Like a browser that knows neither Ed25519 nor ML-DSA-44."""
    with NodeEngine() as engine:
        engine.evaluate(WITHOUT_BOTH)
        yield engine


SIGNED = {None, "4 checkpoint", "6 signatures", "15 quorum"}
"""Where verification ends that depends on signatures: the package holds, or fails where they are checked."""


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=[] if case.expected.step in SIGNED else [pytest.mark.repeats])
        for case in LISTED
    ],
)
def test_their_own_code_for_signatures_says_what_the_corpus_says(bare_engine: NodeEngine, case: Case) -> None:
    package = built(case)
    policy = None if case.policy is None else POLICIES[case.policy]
    answer = bare_engine.verify(package, case.passphrase, policy)
    assert_as_the_corpus_says(answer, case, package, policy)
