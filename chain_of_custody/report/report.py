"""What a verification has proved, if no step has found an alteration; `render` puts it into words.

Specification: docs/spec/court-package.md, section 6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from chain_of_custody.errors import NotWitnessed
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.trust.cosignatures import Witnessing
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.verifier.chains import Chains, Signers
from chain_of_custody.verifier.ledger_history import TimeFindings
from chain_of_custody.verifier.proved_items import FilePart, Part
from chain_of_custody.verifier.specimens import Custody

Outcome = Literal["intact", "consistent"]


@dataclass(frozen=True)
class ProvedStatements:
    """What steps 3 to 10 have proved. `specimens`: id → where it is, in the order in which they were taken;
    `details`: position → details of that statement."""

    policy: TrustPolicy
    checkpoint: Checkpoint
    witnessing: Witnessing
    signers: Signers
    chains: Chains
    specimens: Mapping[str, Custody]
    time_findings: TimeFindings
    details: Mapping[int, Mapping[str, object]]


@dataclass(frozen=True)
class Report(ProvedStatements):
    """The result of a successful verification.

    `outcome`: `intact` under the policy registered beforehand; `consistent` under the policy that came with
    the package, so its origin is not known. `parts`: recordings and excerpts; `files`: all others, as
    they were sealed; `documents`: paths of certificate and custody record, if present; `package`: the package
    digest (hexadecimal).
    """

    outcome: Outcome
    parts: tuple[Part, ...]
    files: tuple[FilePart, ...]
    documents: tuple[str, ...]
    package: str

    def check_quorum(self) -> None:
        """Step 15: check that the witnesses and timestamping authorities required by the policy have signed.

        Raises `NotWitnessed`, which carries this report, if not.
        """
        if not self.witnessing.quorum_met:
            raise NotWitnessed(
                "quorum", "the witnesses that the policy asks for have not cosigned this ledger", None, self
            )
        required = self.policy.third_parties.timestamps
        sealed: Sequence[Part | FilePart] = (*self.parts, *self.files)
        for part in sealed:
            if len(part.covers) < required:
                raise NotWitnessed(
                    "quorum",
                    f"{len(part.covers)} authorities have timestamped its seal, "
                    f"the policy asks for {required}",
                    part.seal.where,
                    self,
                )
