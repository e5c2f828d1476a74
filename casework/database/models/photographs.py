"""Photographs and documents: uploads, sealed items, and guided sets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from casework.database.models.base import Base, Digest, Id


class Photograph(Base):
    """The data in clear of a sealed photograph, document, received file or derivative: codes and numbers,
    nothing personal."""

    __tablename__ = "photographs"

    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    added_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    format: Mapped[str] = mapped_column(String(16))
    """A code, detected from the content: `jpeg`, `heic`, …; `unknown`: stored, and never displayed."""
    size: Mapped[int]
    """Bytes of the original."""
    known_by: Mapped[str | None] = mapped_column(Digest, index=True)
    """SHA-256 over the case's id and the original's SHA-256, to recognise the same file in its case."""
    intimate: Mapped[bool]
    shown: Mapped[bool]
    """Whether viewing copies could be made from it."""
    exam_id: Mapped[str | None] = mapped_column(Id, index=True)
    view: Mapped[str | None] = mapped_column(String(32))
    """Its view in the guided set, a code."""
    injury: Mapped[int | None]
    """The injury of the exam that it shows: 1, 2, …"""
    source: Mapped[str | None] = mapped_column(String(16))
    """Where a received file came from, a code of `received_files.SOURCES`; None for others."""
    request_id: Mapped[str | None] = mapped_column(Id, index=True)
    """The request by which a received file was sent without an account; None for all others."""
    form: Mapped[str | None] = mapped_column(Digest)
    """SHA-256 of the form of the record of an examination; None for all others."""
    corrects: Mapped[str | None] = mapped_column(Id, index=True)
    """The record that this record of an examination corrects."""


class Exam(Base):
    """A guided set of photographs (`exam_sets`). Place and kind of injuries are sealed, in no column."""

    __tablename__ = "exams"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    """1, 2, … within its case."""
    figure: Mapped[str | None] = mapped_column(String(16))
    """The body drawings used (`body_maps.drawings.FIGURES`).

    None after a rebuild from the ledger alone, where it is sealed.
    """
    follows: Mapped[str | None] = mapped_column(Id)
    """The earlier set, days before, that this one follows."""
    opened_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    injuries: Mapped[int]
    """Number of noted injuries."""
    regions: Mapped[int]
    """Number of regions of the body that were examined."""


class IntimateRequest(Base):
    """A request to open one intimate picture, and a second person's decision on it (`intimate_approvals`)."""

    __tablename__ = "intimate_requests"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), index=True)
    requested_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    requested_at: Mapped[datetime]
    purpose: Mapped[str] = mapped_column(String(64))
    decided_by: Mapped[str | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    approved: Mapped[bool | None]
    """None: not decided yet."""
    expires_at: Mapped[datetime]
    """When it expires, approved or not."""


class FileRequest(Base):
    """A request to somebody outside to send files for a case by a link (`file_requests`)."""

    __tablename__ = "file_requests"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    token_digest: Mapped[str] = mapped_column(Digest, unique=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    made_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(16))
    """As in `Photograph`."""
    most: Mapped[int]
    """Bytes that may be sent by it, all files together."""
    ends_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Upload(Base):
    """A file being uploaded. The row is deleted when the file is sealed or given up."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    """The evidence id that it will have."""
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    node: Mapped[str] = mapped_column(String(32))
    """The machine in whose spool it is."""
    kind: Mapped[str] = mapped_column(String(16))
    size: Mapped[int]
    """Announced size in bytes."""
    known_by: Mapped[str | None] = mapped_column(Digest)
    """As in `Photograph`, from the announced digest."""
    format: Mapped[str | None] = mapped_column(String(16))
    """Detected from the content, once the upload is complete."""
    number: Mapped[int | None]
    """As in `Evidence`, from just before it is stated on."""
    intimate: Mapped[bool]
    exam_id: Mapped[str | None] = mapped_column(Id)
    view: Mapped[str | None] = mapped_column(String(32))
    injury: Mapped[int | None]
    source: Mapped[str | None] = mapped_column(String(16))
    """As in `Photograph`."""
    request_id: Mapped[str | None] = mapped_column(ForeignKey("file_requests.id"), index=True)
    """As in `Photograph`."""
    form: Mapped[str | None] = mapped_column(Digest)
    """As in `Photograph`."""
    corrects: Mapped[str | None] = mapped_column(Id)
    """As in `Photograph`."""
    details: Mapped[str | None] = mapped_column(Digest)
    """The commitment to the sealed details of a received file's statement (`SealedDetails`)."""
    begun_at: Mapped[datetime]


class ExaminationDraft(Base):
    """The record of an examination being filled in (`examination_drafts`). No value is in a column in clear:
    `begun` and `sealed` are encrypted to the case's key. Deleted when the record is sealed."""

    __tablename__ = "examination_drafts"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    corrects: Mapped[str | None] = mapped_column(Id)
    """As in `Photograph`."""
    version: Mapped[int]
    """Grows with each save; 0 before the first. Saving over a version other than the one read is refused."""
    begun: Mapped[bytes]
    """What it began with: its form, and what it corrects."""
    sealed: Mapped[bytes]
    """Its values."""
    begun_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    begun_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    saved_at: Mapped[datetime]
