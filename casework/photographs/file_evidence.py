"""Evidence from a sealed file in the spool: the body of its statement, and its row.

The same for files from people (`uploads`) and files that the center made (`compose`).

Trusts: the spool's folder; its manifest and index are checked against each other.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.center import Center
from casework.clock import now
from casework.copies import wrapped_keys
from casework.database.models import Derivative, Evidence, EvidenceState, Upload
from casework.errors import Refused
from chain_of_custody.items.file_manifest import FileManifest
from chain_of_custody.items.record import Record
from vault.errors import VaultError
from vault.spool.reader import SpoolReader

log = logging.getLogger(__name__)


Waiting = TypeVar("Waiting", Upload, Derivative)


def reserved_number(center: Center, table: type[Waiting], id_: str) -> int:
    """Return the number of an upload or derivative among the items of its kind in its case, stated and shown.
    It is reserved once: a statement that is repeated after a crash is the same. From here on the file becomes
    evidence, so no number stays unused.
    """
    with center.database.begin() as session:
        row = session.get_one(table, id_)
        if row.number is None:
            kind = row.kind if isinstance(row, Upload) else "derivative"
            sealed = select(func.max(Evidence.number)).where(
                Evidence.case_id == row.case_id, Evidence.kind == kind
            )
            reserved = select(func.max(table.number)).where(table.case_id == row.case_id)
            if table is Upload:
                reserved = reserved.where(Upload.kind == kind)
            last = session.scalars(sealed.union_all(reserved))
            row.number = max(filter(None, last), default=0) + 1
        return row.number


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

    def body(self, center: Center, format_: str, number: int) -> dict[str, Any]:
        """Return the common part of the body of every statement that seals a file."""
        return {
            "format": format_,
            "manifest": self.manifest.digest,
            "number": number,
            "records": self.manifest.records,
            "root": self.manifest.root,
            **wrapped_keys.digests_in_spool(center.spool, self.manifest.evidence),
        }

    def row(self, center: Center, session: Session, number: int, opened_at: datetime) -> Evidence:
        """Add its row, with the number that was stated, to the session and flush."""
        moment = now()
        row = Evidence(
            id=self.manifest.evidence,
            case_id=self.manifest.case,
            kind=self.manifest.kind,
            number=number,
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
