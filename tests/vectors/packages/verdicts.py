"""What the Python verifier says of a package, in the terms of the corpus."""

from __future__ import annotations

from pathlib import Path

from chain_of_custody.errors import Malformed, NotProved, NotWitnessed
from chain_of_custody.package.opening import open_package
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.verify import verify
from tests.vectors.packages.cases import Expected


def verdict(package: Path, policy: bytes | None, passphrase: str | None) -> Expected:
    """As `python -m chain_of_custody verify` finds it."""
    registered = None if policy is None else TrustPolicy.parse(policy)
    try:
        report = verify(open_package(package, lambda: passphrase or ""), registered)
    except NotProved as error:
        outcome = "not witnessed" if isinstance(error, NotWitnessed) else "not proved"
        # What is not in its form is refused at a step like everything else; the corpus tells it apart.
        of_form = type(error) is NotProved and isinstance(error.__cause__, Malformed)
        kind = "Malformed" if of_form else type(error).__name__
        return Expected(outcome, error.step, kind, error.reason, error.where)
    return Expected(report.outcome)
