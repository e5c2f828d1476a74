"""Details of statements: names, reasons, notes, which the ledger itself never contains.

A statement commits to its details by a salted digest. The details are stored beside it, encrypted to the
case's public key (HPKE), so they can be written while the vault is locked. They are read through the
keyholder, which has the case's wrapped seed. Destroying that erases them, and every proof stays valid.

Sealed form: `vault.sealing.key_wrapping.wrap(salt (16) ‖ canonical JSON, case public key,
wrap_info(deployment, case))`. Trusts nothing that is read back: details that do not match their commitment
are refused.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from casework.database.models import Case, SealedDetails
from casework.errors import NothingReadable, VaultLocked
from chain_of_custody.encoding import canonical_json
from chain_of_custody.statements.details_commitment import check_details, commit_details, details_bytes
from vault.errors import Altered, ItemEnded, KeysMissing, Locked, StoreUnavailable
from vault.sealing import key_wrapping

if TYPE_CHECKING:
    from casework.center import Center

log = logging.getLogger(__name__)

_SALT = 16


def case_info(deployment: str, case_id: str) -> bytes:
    """Return the wrap info of a case's seed and of everything sealed to its key."""
    return key_wrapping.wrap_info(bytes.fromhex(deployment), bytes.fromhex(case_id))


def keep(center: Center, case: Case, values: Mapping[str, Any]) -> str:
    """Seal `values` to the case and store them, durable on return; return the statement's commitment."""
    commitment, salt = commit_details(values)
    sealed = sealed_to(center, case, salt + canonical_json.serialise(dict(values)))
    with center.database.begin() as session:
        session.add(SealedDetails(commitment=commitment, case_id=case.id, sealed=sealed))
    return commitment


def read(center: Center, case: Case, commitments: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return the details behind these commitments; erased or never stored ones are left out.

    Raises `VaultLocked`, `NothingReadable`, and `chain_of_custody.errors.Altered` for details that are not
    the committed ones.
    """
    return {commitment: values for commitment, (values, _) in _open(center, case, commitments).items()}


def files(center: Center, case: Case, commitments: Iterable[str]) -> dict[str, bytes]:
    """Return the same with their salts, as files for a court package; the salts make them verifiable."""
    opened = _open(center, case, commitments)
    return {commitment: details_bytes(values, salt) for commitment, (values, salt) in opened.items()}


def _open(
    center: Center, case: Case, commitments: Iterable[str]
) -> dict[str, tuple[Mapping[str, Any], bytes]]:
    with center.database() as session:
        rows = session.scalars(
            select(SealedDetails).where(
                SealedDetails.commitment.in_(set(commitments)), SealedDetails.case_id == case.id
            )
        ).all()
    opened = unsealed(center, case, [row.sealed for row in rows])
    if opened is None:
        return {}
    return {row.commitment: _checked(row.commitment, plain) for row, plain in zip(rows, opened, strict=True)}


def sealed_to(center: Center, case: Case, plain: bytes) -> bytes:
    """Seal `plain` to the holder of the case's key; needs no key itself."""
    return key_wrapping.wrap(plain, case.public_key, case_info(center.deployment, case.id))


def unsealed(center: Center, case: Case, sealed: Sequence[bytes]) -> list[bytes] | None:
    """Return what was sealed to the case, in this order; None where no key of the case is left.

    Raises `VaultLocked`, `NothingReadable`.
    """
    try:
        return center.keyholder.open_sealed(case.id, case_info(center.deployment, case.id), sealed)
    except Locked as locked:
        raise VaultLocked("the vault key is locked") from locked
    except (KeysMissing, ItemEnded):
        log.warning("no wrapped key of case %s is left: its details are erased", case.id)
        return None
    except StoreUnavailable as away:
        raise NothingReadable(f"the store of wrapped keys does not answer: {away}") from away
    except Altered as altered:
        raise NothingReadable(f"the details of case {case.id} do not open") from altered


def _checked(commitment: str, plain: bytes) -> tuple[Mapping[str, Any], bytes]:
    salt, text = plain[:_SALT], plain[_SALT:]
    values: Mapping[str, Any] = json.loads(text)
    check_details(commitment, values, salt)
    return values, salt
