"""Two verifiers of one specification: every package that the unit tests make goes through both.

The tests of the Python verifier are run once more here, with the scripts beside it: whatever package they
verify, the scripts are given the same, and must come to the same outcome, at the same step, for the same kind
of reason.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from chain_of_custody import verify as verifier
from chain_of_custody.encoding.file_source import FolderSource, Source
from chain_of_custody.errors import NotProved
from chain_of_custody.report.report import Report
from chain_of_custody.trust.policy import TrustPolicy
from tests.support.packages import court_packages
from tests.support.packages.both_verifiers import assert_both_say
from tests.support.packages.court_packages import Center
from tests.support.packages.node_engine import NodeEngine
from tests.unit.chain_of_custody import (
    test_packages,
    test_reports_claim_no_more,
    test_verify,
    test_verify_lying_centers,
    test_verify_third_parties,
)

pytestmark = pytest.mark.starts

for module in (
    *(test_packages, test_reports_claim_no_more, test_verify),
    *(test_verify_lying_centers, test_verify_third_parties),
):
    tests = {name: test for name, test in vars(module).items() if name.startswith("test_")}
    assert not tests.keys() & globals().keys()
    globals().update(tests)


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Center, Path]:
    """A center and a court package of its that holds. Read it only."""
    return court_packages.honest_package(tmp_path_factory.mktemp("honest") / "folder")


@pytest.fixture
def folder(honest: tuple[Center, Path], tmp_path: Path) -> Path:
    """A copy of the honest package, to be altered."""
    return court_packages.copy_of(honest[1], tmp_path / "folder")


@pytest.fixture(autouse=True)
def both(engine: NodeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """`verify` asks the scripts too."""
    alone = verifier.verify

    def together(source: Source, registered: TrustPolicy | None = None, *rest: object) -> Report:
        policy = None if registered is None else registered.data
        answer = engine.verify(source.root, None, policy) if isinstance(source, FolderSource) else None
        try:
            report = alone(source, registered, *rest)
        except NotProved as error:
            if answer is not None:
                assert_both_say(answer, error)
            raise
        if answer is not None:
            assert_both_say(answer, report)
        return report

    monkeypatch.setattr(verifier, "verify", together)
