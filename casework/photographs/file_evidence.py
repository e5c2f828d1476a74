"""Evidence from a sealed file in the spool: the body of its statement, and its row.

The same for files from people (`uploads`) and files that the center made (`compose`).

Trusts: the spool's folder; its manifest and index are checked against each other.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.center import Center
from casework.clock import now
from casework.copies import wrapped_keys
from casework.database.models import Evidence, EvidenceState
from casework.errors import Refused
from chain_of_custody.items.file_manifest import FileManifest
from chain_of_custody.items.record import Record
from vault.errors import VaultError
from vault.spool.reader import SpoolReader

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SealedFile:
    """A complete file in the spool. `records`: proved by its manifest; `sizes`: bytes of each segment."""

    manifest: FileManifest
    records: Sequence[Record]
    sizes: Sequence[int]

    @classmethod
    def in_spool(cls, center: Center, evidence: str) -> SealedFile:
        """Read the file from the spool. Raises `VaultError`, `chain_of_custody.errors.CustodyError`.

        Its wrapped keys are handed to the keyholder, now or later.
        """
        reader = SpoolReader(center.spool, evidence)
        manifest = FileManifest.parse(reader.file("manifest"))
        try:
            wrapped_keys.hand_over(center.spool, center.keyholder, evidence)
        except (VaultError, Refused) as error:  # repeated until the keyholder has them
            log.warning("the wraps of %s wait in the spool: %s", evidence, type(error).__name__)
        records = manifest.open_index(reader.file("index")).records
        return cls(manifest, records, reader.segment_sizes())

    def body(self, center: Center, format_: str) -> dict[str, Any]:
        """The common part of the body of every statement that seals a file."""
        return {
            "format": format_,
            "manifest": self.manifest.digest,
            "records": self.manifest.records,
            "root": self.manifest.root,
            **wrapped_keys.digests_in_spool(center.spool, self.manifest.evidence),
        }

    def row(self, center: Center, session: Session, opened_at: datetime) -> Evidence:
        """Add its row, with the next number of its kind in the case, to the session and flush."""
        last = session.scalar(
            select(func.max(Evidence.number)).where(
                Evidence.case_id == self.manifest.case, Evidence.kind == self.manifest.kind
            )
        )
        moment = now()
        row = Evidence(
            id=self.manifest.evidence,
            case_id=self.manifest.case,
            kind=self.manifest.kind,
            number=(last or 0) + 1,
            state=EvidenceState.COMPLETE,
            recorder="",
            node=center.node,
            epoch=moment,
            opened_at=opened_at,
            sealed_at=moment,
            records=self.manifest.records,
            duration=0,
            manifest_digest=self.manifest.digest,
            segment_sizes=list(self.sizes),
        )
        session.add(row)
        session.flush()
        return row
