"""The wrapped keys of a recording in one copy of the key store: read again and put right by the keyholder.

The keyholder alone reaches that store; here is only what must be there, from the ledger, and what was found,
in the words of a scrub (`expected_objects`, `scrub`). With an item the key of its case is read too: without
that the item's details cannot be read. The ledger does not name it, so it is held against the other copy.

Trusts: the keyholder, as for everything it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework.copies import wrapped_keys
from casework.copies.expected_objects import Finding, Reading
from casework.copies.sealed_item import BEGINNINGS
from casework.ledger import chains
from chain_of_custody.statements.statement import SignedStatement
from vault.errors import VaultError

if TYPE_CHECKING:
    from casework.center import Center
    from casework.database.models import Evidence
    from vault.wrapped_keys.scrub import WrapsRead


def read(center: Center, copy: str, part: Evidence) -> Reading:
    """Read every wrap of a part and of its case in `copy`; nothing is put right yet.

    A wrap that the keyholder has nowhere is handed over once more, if it is left anywhere else. Raises
    `StoreUnavailable` where the copy does not answer, and other `VaultError`s.
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
    """Put right what can be; the keys of what was read again afterwards and is right."""
    repaired: set[str] = set()
    for item, digests in ((part.id, stated(center, part.id)), (part.case_id, {})):
        found = center.keyholder.check_wraps(copy, item, digests, True)
        repaired |= {_key(item, one.wrap) for one in found.findings if one.repaired}
    return frozenset(repaired)


def missing(center: Center, copy: str, evidence: str) -> bool:
    """Whether a copy of the key store has lost what it had of an item. Raises `StoreUnavailable`."""
    return not center.keyholder.wraps_in(copy, evidence)


def repair_case(center: Center, copy: str, case: str) -> None:
    """Put right the key of a case that was met damaged. No item's chain can state that; the log says it."""
    center.keyholder.check_wraps(copy, case, {}, True)


def stated(center: Center, evidence: str) -> dict[str, str]:
    """SHA-256 of the wraps that the ledger names, by what it calls them (`wrap`, `escrow`)."""
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


def _keys(item: str, found: WrapsRead) -> list[str]:
    return [_key(item, wrap) for wrap in found.read]


def _findings(item: str, found: WrapsRead) -> list[Finding]:
    return [Finding(_key(item, one.wrap), one.wrong) for one in found.findings]
