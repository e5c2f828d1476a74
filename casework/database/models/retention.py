"""How long evidence is kept, and how it ends."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casework.database.models.base import Base, Id


class Hold(Base):
    """A legal hold over a case: while one is in force nothing of the case is destroyed."""

    __tablename__ = "holds"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    reason: Mapped[str] = mapped_column(String(64))
    """A code."""
    placed_by: Mapped[str] = mapped_column(Id)
    placed_at: Mapped[datetime]
    position: Mapped[int]
    """Where `hold.placed` stands in the ledger."""
    lifted_by: Mapped[str | None] = mapped_column(Id)
    lifted_at: Mapped[datetime | None]
    lifted_position: Mapped[int | None]


class HoldStanding(Base):
    """How far one copy is with the holds over a case (`hold_enforcement`)."""

    __tablename__ = "hold_standings"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True)
    """A copy of the media, or of the wrapped keys."""
    held: Mapped[bool]
    """Whether holding was asked for, or its end."""
    at: Mapped[datetime]
    """When that was last tried."""
    trouble: Mapped[str | None] = mapped_column(String(64))
    """None: everything that is there is held (or free). A code otherwise: `away`, `failed`, `no-locks`."""


class Disposal(Base):
    """The destruction of one item, or of the details of a case: requested by one, decided by another."""

    __tablename__ = "disposals"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    item: Mapped[str] = mapped_column(Id, index=True)
    """Evidence; or the case itself, for its details."""
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
    """None: nobody has decided yet."""
    disposed_at: Mapped[datetime | None]
    """When every version of every wrapped key was gone; stated as `evidence.disposed`."""
    disposed_position: Mapped[int | None]
    finished_at: Mapped[datetime | None]
    """When nothing at all of it was left in any place."""


class DisposedVersion(Base):
    """One version of one object that a disposal has to destroy, or has."""

    __tablename__ = "disposed_versions"

    disposal_id: Mapped[str] = mapped_column(ForeignKey("disposals.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(Text, primary_key=True)
    wrap: Mapped[bool]
    """Whether it is a wrapped key."""
    locked_until: Mapped[datetime | None]
    """The end of its lock when it was last looked at."""
    held: Mapped[bool]
    """Whether it was under legal hold then."""
    gone_at: Mapped[datetime | None]


class DisposalPlace(Base):
    """How it went when a place was last looked through for what a disposal has to destroy."""

    __tablename__ = "disposal_places"

    disposal_id: Mapped[str] = mapped_column(ForeignKey("disposals.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
    trouble: Mapped[str | None] = mapped_column(String(64))
    """A code of why it could not be looked through; None if it was."""
