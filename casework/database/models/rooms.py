"""Interview rooms, the devices in them, and their appointments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.database.models.base import Base, Digest, Id
from casework.database.models.cases import Case


class RoomDevice(Base):
    """A machine in a room, or the link that registers one (`room_devices`)."""

    __tablename__ = "room_devices"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    room: Mapped[str] = mapped_column(String(64))
    token_digest: Mapped[str] = mapped_column(Digest, unique=True)
    """Digest of the link's token until it is redeemed, then of the device's own token."""
    redeemed: Mapped[bool]
    key_id: Mapped[str | None] = mapped_column(String(16))
    """The id of the browser's key; None until the link is redeemed."""
    added_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    added_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class InterviewRoom(Base):
    """An interview room, as the administrator lists it (`rooms`)."""

    __tablename__ = "rooms"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The room's code in working data; never reused for another room."""
    name: Mapped[str] = mapped_column(String(200))
    """The name for display."""
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Appointment(Base):
    """A room and a time set aside for an interview of a case (`appointments`). It names no person."""

    __tablename__ = "appointments"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(64))
    room: Mapped[str] = mapped_column(String(64))
    begins_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    """About: when the room is expected to be free again."""
    planned_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    planned_at: Mapped[datetime]
    interview_id: Mapped[str | None] = mapped_column(ForeignKey("interviews.id"), unique=True)
    """The interview that was opened for it."""
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str | None] = mapped_column(String(64))
    """Why it was cancelled or changed: a code."""
    moved_to: Mapped[str | None] = mapped_column(Id)
    """The appointment that replaces it; None: it was cancelled, or it is in force."""

    case: Mapped[Case] = relationship(lazy="joined")
