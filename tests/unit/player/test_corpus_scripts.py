"""The corpus of court packages in the scripts: the same outcome, step and kind of reason, for every one.

But for links: what a browser makes of them in a chosen folder is seen in a browser
(tests/browser/player/test_browser_corpus.py).
"""

from __future__ import annotations

import pytest

from tests.support.packages.both_verifiers import assert_as_the_corpus_says
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
