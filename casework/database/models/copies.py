"""Progress of each copy of the evidence and of the ledger, and the damage found in it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casework.database.models.base import Base, Digest, Id


class CopyPass(Base):
    """One copy's pass over every sealed item: the one under way, or the last."""

    __tablename__ = "copy_passes"

    copy: Mapped[str] = mapped_column(String(64), primary_key=True)
    began_at: Mapped[datetime]
    """Items sealed before this belong to it."""
    ended_at: Mapped[datetime | None]
    """When the last of them was read; None while the pass is under way."""
    full_at: Mapped[datetime | None]
    """When an earlier pass last ended with every item read whole."""
    trouble: Mapped[str | None] = mapped_column(String(64))
    """A code of why the copy cannot be read; None if it can."""


class CopyReading(Base):
    """The last reading of one copy of one item."""

    __tablename__ = "copy_readings"

    copy: Mapped[str] = mapped_column(String(64), primary_key=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    looked_at: Mapped[datetime | None]
    """When a reading of it last ended, whole or not."""
    read_at: Mapped[datetime | None]
    """When every object of it was last checked against the ledger."""
    size: Mapped[int | None]
    """Bytes read at `read_at`."""
    stated_at: Mapped[datetime | None]
    """Time of the last `evidence.verified` about it."""
    claimed_until: Mapped[datetime | None]
    """End of the claim of the process that reads it, unless renewed before."""


class CopyFinding(Base):
    """An object of a copy that was not as recorded when it was read."""

    __tablename__ = "copy_findings"
    __table_args__ = (Index("ix_copy_findings_item", "copy", "evidence_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    copy: Mapped[str] = mapped_column(String(64))
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"))
    key: Mapped[str] = mapped_column(Text)
    wrong: Mapped[str] = mapped_column(String(16))
    """A code: `missing`, `altered`, … (`copy_reading.Wrong`)."""
    at: Mapped[int | None]
    """Approximate offset of the first wrong byte."""
    span_from: Mapped[int | None]
    span_to: Mapped[int | None]
    """Begin and end in the part, µs."""
    found_at: Mapped[datetime]
    repaired_at: Mapped[datetime | None]
    """When it was read again and was correct (or, if it is surplus, was gone)."""
    position: Mapped[int | None]
    """Ledger position of the statement about it."""


class PublishedCopy(Base):
    """Progress of one copy with data other than the recordings (`database_replication`)."""

    __tablename__ = "published_copies"

    copy: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    """Number of ledger statements that the copy has, each with its details."""
    catalogue: Mapped[int]
    """Number of the newest catalogue that it has; 0 for none."""
    complete: Mapped[int]
    """Number of the complete catalogue that this one has the changes to, or is; 0 for none."""
    checked: Mapped[int | None]
    """Statements checked so far in the current recheck against the ledger; None: no recheck under way."""
    checked_since: Mapped[datetime | None]
    """The beginning of the pass (`CopyPass`) of the current or last recheck."""
    at: Mapped[datetime]
    """When something was last written to it, or found to be in it."""
    failing_since: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(String(64))
    """A code of why it lacks the rest; None if there is no problem."""


class PublishedCatalogue(Base):
    """The newest catalogue; exactly one row. It has everything that was committed when it was numbered."""

    __tablename__ = "published_catalogue"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(Digest)
    """Digest of its content; empty while that is read."""
    at: Mapped[datetime]
