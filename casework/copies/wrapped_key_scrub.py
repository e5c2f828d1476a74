"""Scrub the wrapped keys of a recording in one copy of the key store, through the keyholder.

Only the keyholder accesses that store. This module derives the expected keys from the ledger, and returns
the findings as a scrub does (`copy_reading`, `scrub`). The key of the item's case is read too: without it
the item's details cannot be read. The ledger does not name it, so it is compared with the other copy.

Trusts: the keyholder, as for everything it holds.
"""

from __future__ import annotations

from casework.center import Center
from casework.copies import wrapped_keys
from casework.copies.copy_reading import Finding, Reading
from casework.copies.sealed_item import BEGINNINGS
from casework.database.models import Evidence
from casework.ledger import chains
from chain_of_custody.statements.statement import SignedStatement
from vault.errors import VaultError
from vault.wrapped_keys.scrub import WrapCheck


def read(center: Center, copy: str, part: Evidence) -> Reading:
    """Read every wrap of a part and of its case in `copy`, without repair.

    A wrap that the keyholder does not have is handed over again if it exists elsewhere. Raises
    `StoreUnavailable` if the copy does not answer, and other `VaultError`s.
    """
    digests = stated(center, part.id)
    own = center.keyholder.check_wraps(copy, part.id, digests, False)
    if any(finding.wrap in digests for finding in own.findings) and _brought_in(center, part.id):
        own = center.keyholder.check_wraps(copy, part.id, digests, False)
    case = part.case_id
    its = center.keyholder.check_wraps(copy, case, {}, False)
    read = {*_keys(part.id, own), *_keys(case, its)}
    findings = [*_findings(part.id, own), *_findings(case, its)]
    if not its.read and not its.waiting:
        recipient = next(iter(center.keyholder.public_keys().recipients))
        findings.append(Finding(_key(case, recipient), "missing"))
    whole = not (own.waiting or its.waiting)
    return Reading(frozenset(read), findings, own.size + its.size, whole)


def repair(center: Center, copy: str, part: Evidence) -> frozenset[str]:
    """Repair what can be repaired; return the keys of wraps that were read again and are good."""
    repaired: set[str] = set()
    for item, digests in ((part.id, stated(center, part.id)), (part.case_id, {})):
        wraps = center.keyholder.check_wraps(copy, item, digests, True)
        repaired |= {_key(item, one.wrap) for one in wraps.findings if one.repaired}
    return frozenset(repaired)


def repair_case(center: Center, copy: str, case: str) -> None:
    """Repair a damaged key of a case. No item's chain can state that, so it is only logged."""
    center.keyholder.check_wraps(copy, case, {}, True)


def stated(center: Center, evidence: str) -> dict[str, str]:
    """SHA-256 of the wraps that the ledger names, by their names there (`wrap`, `escrow`)."""
    for leaf in chains.chain(center, evidence).values():
        statement = SignedStatement.parse(leaf).statement
        if statement.type in BEGINNINGS:
            return {name: str(statement.body[name]) for name in ("wrap", "escrow") if name in statement.body}
    return {}


def _brought_in(center: Center, evidence: str) -> bool:
    try:
        return wrapped_keys.bring_in(center, evidence)
    except VaultError:
        return False


def _key(item: str, wrap: str) -> str:
    return f"wraps/{item}/{wrap}"


def _keys(item: str, wraps: WrapCheck) -> list[str]:
    return [_key(item, wrap) for wrap in wraps.read]


def _findings(item: str, wraps: WrapCheck) -> list[Finding]:
    return [Finding(_key(item, one.wrap), one.wrong) for one in wraps.findings]
