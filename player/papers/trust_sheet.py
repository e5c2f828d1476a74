"""The trust sheet: the fingerprints that a court registers before it receives the first testimony.

A package contains its own policy and, on the same USB stick, a verifier. A forger would add a policy and a
verifier that accept the forgery. So courts compare both with this sheet, which is handed over in person. The
words are in `documents/trust-sheet-words.json`.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from chain_of_custody.trust.policy import TrustPolicy
from player.papers import typeset
from player.papers.certificate_facts import witness_facts


def trust_sheet(policy: TrustPolicy, verifier: bytes, authority: bytes, made: datetime) -> bytes:
    """Return the unsigned PDF. `verifier`: bytes of verify.html; `authority`: the center's, X.509 in DER."""
    facts = {
        **typeset.center_facts(policy, authority),
        "verifier": sha256(verifier).hexdigest(),
        "witnesses": witness_facts(policy),
        "quorum": _quorum(policy),
        "authorities": sorted(policy.authorities),
        "timestamps": policy.timestamps,
        "made": typeset.moment(made),
    }
    return typeset.typeset("trust-sheet", facts, made)


def _quorum(policy: TrustPolicy) -> dict[str, Any] | None:
    """Return threshold and members, so that readers need not read the policy's lines; None without quorum."""
    quorum = policy.third_parties.quorum_of
    if quorum is None:
        return None
    return {"count": quorum.threshold, "of": len(quorum.members), "names": ", ".join(quorum.members)}
