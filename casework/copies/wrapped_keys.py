"""Hand wrapped keys over to the keyholder, the only one that stores, reads and destroys them.

A recorder wraps its part's data key for every recipient that its ticket names, and writes the wraps to its
spool folder before anything else. From there they are handed to the keyholder: when `recording.started` is
noted, and repeatedly until both copies of the key store have them (`hand_over`). Until then the part stays
in the spool, so that an unavailable keyholder or key store does not prevent recording.

Trusts: nothing. What is handed over has the digests that `recording.started` names.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select

from casework.center import Center
from casework.database.models import Evidence, EvidenceState
from casework.errors import Refused
from casework.files.ticket import FileTicket
from casework.recording.ticket import RecordingTicket
from casework.sealing.ticket import Ticket
from vault.errors import ObjectMissing
from vault.keyholders.protocol import Keyholder
from vault.spool.reader import WRAPS, SpoolReader, evidence_in


def ticket_of(root: Path, evidence: str) -> Ticket[Any]:
    """The ticket of an item of any kind in the spool. Raises as `Ticket.waiting`."""
    is_file = (SpoolReader(root, evidence).folder / FileTicket.FILE).exists()
    kind: type[Ticket[Any]] = FileTicket if is_file else RecordingTicket
    return kind.waiting(root, evidence)


def in_spool(spool: Path, evidence: str) -> dict[str, bytes]:
    """The wraps in a part's spool folder, by recipient. Raises `ObjectMissing`, `Refused` if no ticket."""
    reader = SpoolReader(spool, evidence)
    files = zip(ticket_of(spool, evidence).recipients, WRAPS, strict=False)
    return {recipient: reader.file(name) for recipient, name in files}


def digests_in_spool(spool: Path, evidence: str) -> dict[str, str]:
    """SHA-256 of the wraps in the spool, for `recording.started`. Raises `ObjectMissing` without `wrap`."""
    reader = SpoolReader(spool, evidence)
    digests = {"wrap": sha256(reader.file("wrap")).hexdigest()}
    with contextlib.suppress(ObjectMissing):
        digests["escrow"] = sha256(reader.file("escrow")).hexdigest()
    return digests


def hand_over(spool: Path, keyholder: Keyholder, evidence: str) -> bool:
    """Hand the wraps of an item in the spool to the keyholder; return whether both copies hold them.

    Safe to repeat at any time. Raises `VaultError` of every kind, `Refused`.
    """
    return keyholder.keep_wraps(evidence, in_spool(spool, evidence))


def waiting(center: Center) -> Sequence[str]:
    """The parts in the spool that have begun, whose wraps are to be handed over."""
    there = evidence_in(center.spool)
    if not there:
        return ()
    begun = Evidence.state.in_((EvidenceState.RECORDING, EvidenceState.COMPLETE, EvidenceState.INTERRUPTED))
    return center.database.scalars(select(Evidence.id).where(begun, Evidence.id.in_(there)))


def bring_in(center: Center, evidence: str) -> bool:
    """Hand over wraps that the keyholder lacks, if they are still in the spool; return whether they were."""
    try:
        hand_over(center.spool, center.keyholder, evidence)
    except (ObjectMissing, Refused, OSError):
        return False
    return True
