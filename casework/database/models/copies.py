"""How far each copy of the evidence and of the ledger is, and what is wrong in it."""

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
    """When the last of them had been read; None while it is under way."""
    full_at: Mapped[datetime | None]
    """When a pass before this one last ended with every item read whole."""
    trouble: Mapped[str | None] = mapped_column(String(64))
    """A code of what keeps the copy from being read; None if nothing does."""


class CopyReading(Base):
    """How one copy of one item was last read."""

    __tablename__ = "copy_readings"

    copy: Mapped[str] = mapped_column(String(64), primary_key=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    looked_at: Mapped[datetime | None]
    """When a reading of it last ended, whole or not."""
    read_at: Mapped[datetime | None]
    """When every object of it was last held against the ledger."""
    size: Mapped[int | None]
    """Bytes read then."""
    stated_at: Mapped[datetime | None]
    """The last `evidence.verified` about it."""
    claimed_until: Mapped[datetime | None]
    """A process is at it, and will say so again before this."""


class CopyFinding(Base):
    """An object of a copy that was not as recorded when it was read."""

    __tablename__ = "copy_findings"
    __table_args__ = (Index("ix_copy_findings_item", "copy", "evidence_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    copy: Mapped[str] = mapped_column(String(64))
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"))
    key: Mapped[str] = mapped_column(Text)
    wrong: Mapped[str] = mapped_column(String(16))
    """A code: `missing`, `altered`, … (`expected_objects.Wrong`)."""
    at: Mapped[int | None]
    """The byte from which on it is wrong, as near as can be told."""
    span_from: Mapped[int | None]
    span_to: Mapped[int | None]
    """From and to in the part, µs."""
    found_at: Mapped[datetime]
    repaired_at: Mapped[datetime | None]
    """When it was read again and was right (or, of what does not belong there, was gone)."""
    position: Mapped[int | None]
    """Where in the ledger it is stated."""


class PublishedCopy(Base):
    """How far one copy has what the database holds beside the recordings (`replication`)."""

    __tablename__ = "published_copies"

    copy: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    """The copy has the ledger up to so many statements, each with its details."""
    catalogue: Mapped[int]
    """Number of the newest catalogue that it has; 0 for none."""
    checked: Mapped[int | None]
    """Up to which statement it is being held against the ledger again; None: that is not under way."""
    checked_since: Mapped[datetime | None]
    """The beginning of the pass (`CopyPass`) for which that is, or was, done."""
    at: Mapped[datetime]
    """When something last reached it, or was found to be there."""
    failing_since: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(String(64))
    """A code of what keeps it from having the rest; None if nothing does."""


class PublishedCatalogue(Base):
    """The newest catalogue; exactly one row. Numbered while nobody else writes, so a higher number is
    later."""

    __tablename__ = "published_catalogue"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(Digest)
    """Of what is in it."""
    at: Mapped[datetime]
