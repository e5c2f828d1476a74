"""The files that a court registers beforehand, to recognise packages of this center."""

from __future__ import annotations

from collections.abc import Mapping

from casework.center import Center
from casework.clock import now
from casework.witnesses import trust_file
from chain_of_custody.trust.policy import TrustPolicy
from player.package import verifier_page
from player.papers.trust_sheet import trust_sheet

POLICY, VERIFIER, AUTHORITY, SHEET = "policy.txt", "verify.html", "authority.der", "trust-sheet.pdf"


def published(center: Center) -> tuple[TrustPolicy, Mapping[str, bytes]]:
    """Return the center's policy, and by name the files whose SHA-256 is on the trust sheet.

    Raises `Refused` where the trust file cannot be understood, `VaultError` while the keyholder is away.
    """
    policy, authority = trust_file.policy(center), center.keyholder.public_keys().authority
    return policy, {POLICY: policy.data, VERIFIER: verifier_page.build(), AUTHORITY: authority}


def sheet_of(policy: TrustPolicy, files: Mapping[str, bytes]) -> bytes:
    """Return the trust sheet of what `published` returned: a PDF, dated now."""
    return trust_sheet(policy, files[VERIFIER], files[AUTHORITY], now())
