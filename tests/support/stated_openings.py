"""A proof of openings that holds, for tests of the vault alone, which has no ledger."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from vault.errors import Unproven
from vault.wrapped_keys.end_records import Proof


@dataclass
class StatedOpenings:
    """What is proved: item → when its opening was stated, in seconds since 1970-01-01 UTC."""

    at: dict[str, float] = field(default_factory=dict)

    def state(self, item: str) -> None:
        self.at[item] = time.time()

    def of_opening(self, item: str, proof: Proof) -> float:
        if item not in self.at:
            raise Unproven(f"nothing shown says that a person opened {item}")
        return self.at[item]
