"""Photographs and documents: on their way here, sealed, and in guided sets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from casework.database.models.base import Base, Digest, Id


class Photograph(Base):
    """What is known in the open of a sealed photograph, document or derivative: codes and numbers, nothing
    personal."""

    __tablename__ = "photographs"

    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    added_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    format: Mapped[str] = mapped_column(String(16))
    """A code, told by the content: `jpeg`, `heic`, …; `unknown`: kept, and shown by nothing."""
    size: Mapped[int]
    """Bytes of the original."""
    known_by: Mapped[str | None] = mapped_column(Digest, index=True)
    """SHA-256 over the case's id and the original's SHA-256: so the same file is recognised in its case."""
    intimate: Mapped[bool]
    shown: Mapped[bool]
    """Whether pictures to be looked at could be made from it."""
    exam_id: Mapped[str | None] = mapped_column(Id, index=True)
    view: Mapped[str | None] = mapped_column(String(32))
    """Which picture of the guided set it is, a code."""
    injury: Mapped[int | None]
    """Of which injury of the exam: 1, 2, …"""


class Exam(Base):
    """A guided set of photographs (`exams`). Where and what injuries are is sealed, in no column."""

    __tablename__ = "exams"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    """1, 2, … within its case."""
    figure: Mapped[str] = mapped_column(String(16))
    """Which drawings are used: `adult` or `child`."""
    follows: Mapped[str | None] = mapped_column(Id)
    """The set, days before, that this one follows."""
    opened_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    injuries: Mapped[int]
    """How many were noted."""


class IntimateRequest(Base):
    """Somebody asks to open one intimate picture, and what a second person says to that (`intimate`)."""

    __tablename__ = "intimate_requests"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), index=True)
    requested_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    requested_at: Mapped[datetime]
    purpose: Mapped[str] = mapped_column(String(64))
    decided_by: Mapped[str | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    approved: Mapped[bool | None]
    """None: nobody has answered yet."""
    expires_at: Mapped[datetime]
    """When it is over, agreed to or not."""


class Upload(Base):
    """A file that is on its way here. Goes when it is sealed, or was given up."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    """The evidence id that it will have."""
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    node: Mapped[str] = mapped_column(String(32))
    """The machine in whose spool it is."""
    kind: Mapped[str] = mapped_column(String(16))
    size: Mapped[int]
    """Bytes that were announced."""
    known_by: Mapped[str | None] = mapped_column(Digest)
    """As in `Photograph`, of the digest that was announced."""
    format: Mapped[str | None] = mapped_column(String(16))
    """Told by its content, once all of it is here."""
    intimate: Mapped[bool]
    exam_id: Mapped[str | None] = mapped_column(Id)
    view: Mapped[str | None] = mapped_column(String(32))
    injury: Mapped[int | None]
    begun_at: Mapped[datetime]
