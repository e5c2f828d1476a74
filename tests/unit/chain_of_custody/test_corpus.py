"""The corpus of court packages: made again to the byte, and judged by the Python verifier as it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chain_of_custody.verify import STEPS
from tests.vectors.packages import HERE
from tests.vectors.packages.cases import Case, policies
from tests.vectors.packages.corpus import CASES, built, described, digest, entry
from tests.vectors.packages.deterministic import Mldsa44, in_python
from tests.vectors.packages.verdicts import verdict

AGAIN = "if this change is meant: python -m tests.vectors.packages FOLDER, and see the README of the corpus"
COMMITTED: list[dict[str, Any]] = json.loads((HERE / "corpus.json").read_text("utf-8"))
ENTRIES = {one["name"]: one for one in COMMITTED}
POLICIES = policies()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_package_is_made_again_to_the_byte_and_judged_as_the_corpus_says(case: Case) -> None:
    package = built(case)
    assert entry(case, package) == ENTRIES[case.name], AGAIN
    policy = None if case.policy is None else POLICIES[case.policy]
    assert verdict(package, policy, case.passphrase) == case.expected


def test_the_corpus_has_these_cases_and_no_others_each_once() -> None:
    assert list(ENTRIES) == [case.name for case in CASES] == [one["name"] for one in COMMITTED]
    assert (HERE / "corpus.json").read_text("utf-8") == described(COMMITTED), "in its one spelling"


def test_the_policies_are_those_that_the_packages_are_verified_under() -> None:
    kept = {path.stem: path.read_bytes() for path in (HERE / "policies").iterdir()}
    assert kept == POLICIES


def test_the_package_that_lies_here_to_be_looked_at_is_the_intact_one() -> None:
    assert digest(HERE / "intact") == ENTRIES["intact"]["sha256"], AGAIN


def test_every_step_and_every_outcome_is_in_the_corpus() -> None:
    assert {one["step"] for one in COMMITTED if "step" in one} == {
        f"{number} {name}" for number, name in enumerate(STEPS, start=1)
    }
    assert {one["outcome"] for one in COMMITTED} == {"intact", "consistent", "not witnessed", "not proved"}
    assert {one["form"] for one in COMMITTED} == {"folder", "sealed"}


def test_no_two_cases_are_the_same_question() -> None:
    asked = [(one["sha256"], one["policy"], one["passphrase"]) for one in COMMITTED]
    assert len(set(asked)) == len(asked)


def test_whoever_signs_the_vectors_signs_the_same() -> None:
    """The corpus is the same on every machine, whatever OpenSSL that has."""
    for number in range(3):
        seed, message = bytes([number]) * 32, b"message %d" % number
        assert Mldsa44(seed).sign(message) == in_python(seed, message)
