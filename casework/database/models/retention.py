"""Legal holds on evidence, and its disposal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casework.database.models.base import Base, Id


class Hold(Base):
    """A legal hold on a case: while one is in force, nothing of the case is destroyed."""

    __tablename__ = "holds"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    reason: Mapped[str] = mapped_column(String(64))
    """A code."""
    placed_by: Mapped[str] = mapped_column(Id)
    placed_at: Mapped[datetime]
    position: Mapped[int]
    """Ledger position of `hold.placed`."""
    lifted_by: Mapped[str | None] = mapped_column(Id)
    lifted_at: Mapped[datetime | None]
    lifted_position: Mapped[int | None]


class HoldStanding(Base):
    """Enforcement status of the holds on a case in one copy (`hold_enforcement`)."""

    __tablename__ = "hold_standings"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True)
    """A copy of the media, or of the wrapped keys."""
    held: Mapped[bool]
    """Whether a hold was requested, or its end."""
    at: Mapped[datetime]
    """When that was last tried."""
    trouble: Mapped[str | None] = mapped_column(String(64))
    """None: everything in the copy is held (or free). Otherwise a code: `away`, `failed`, `no-locks`."""


class Disposal(Base):
    """The destruction of an item, or of a case's details: requested by one person, decided by another."""

    __tablename__ = "disposals"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    item: Mapped[str] = mapped_column(Id, index=True)
    """Id of the evidence; or of the case, for its details."""
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    reason: Mapped[str] = mapped_column(String(64))
    """A code."""
    requested_by: Mapped[str] = mapped_column(Id)
    requested_at: Mapped[datetime]
    requested_position: Mapped[int]
    decided_by: Mapped[str | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    decided_position: Mapped[int | None]
    approved: Mapped[bool | None]
    """None: not decided yet."""
    disposed_at: Mapped[datetime | None]
    """When every version of every wrapped key was gone; stated as `evidence.disposed`."""
    disposed_position: Mapped[int | None]
    finished_at: Mapped[datetime | None]
    """When nothing of it was left in any place."""


class DisposedVersion(Base):
    """One version of one object that a disposal has to destroy, or has destroyed."""

    __tablename__ = "disposed_versions"

    disposal_id: Mapped[str] = mapped_column(ForeignKey("disposals.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(Text, primary_key=True)
    wrap: Mapped[bool]
    """Whether it is a wrapped key."""
    locked_until: Mapped[datetime | None]
    """The end of its lock at the last check."""
    held: Mapped[bool]
    """Whether it was under legal hold at the last check."""
    gone_at: Mapped[datetime | None]


class DisposalPlace(Base):
    """The result of the last search of a place for what a disposal has to destroy."""

    __tablename__ = "disposal_places"

    disposal_id: Mapped[str] = mapped_column(ForeignKey("disposals.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
    trouble: Mapped[str | None] = mapped_column(String(64))
    """A code of why it could not be searched; None if it was."""
