"""Working copies, and the drafts from which they are made."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from casework.database.models.base import Base, Id


class DerivativeState(enum.StrEnum):
    """The state of a derivative: waiting in its machine's queue, being made, made and sealed, failed
    (`failure` has the reason), or cancelled because it is no longer wanted."""

    WAITING = "waiting"
    MAKING = "making"
    MADE = "made"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Derivative(Base):
    """A file made from sealed evidence (`derivatives`), from its order on. Its id becomes the evidence id
    once it is made; it then has an `Evidence` and a `Photograph` row, like every file."""

    __tablename__ = "derivatives"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    interview_id: Mapped[str | None] = mapped_column(ForeignKey("interviews.id"), index=True)
    """The interview whose parts it was made from."""
    kind: Mapped[str] = mapped_column(String(32))
    """A code of `chain_of_custody.statements.types.DERIVATIVES`."""
    number: Mapped[int | None]
    """As in `Evidence`, from just before it is stated on."""
    purpose: Mapped[str] = mapped_column(String(64))
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """The sources as in its statement; `manifest` is null until it is made."""
    edits: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The edits as in its recipe; None after a rebuild, because the recipe is sealed."""
    state: Mapped[DerivativeState]
    failure: Mapped[str | None] = mapped_column(String(64))
    """A code of why it could not be made; after a colon the evidence id of the photograph that caused it."""
    node: Mapped[str] = mapped_column(String(32))
    """The machine that makes it."""
    ordered_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    ordered_at: Mapped[datetime]
    accepted: Mapped[bool | None]
    """The newest decision of a second person (`reviews`); None: not reviewed yet."""
    checked_by: Mapped[str | None] = mapped_column(Id)
    checked_at: Mapped[datetime | None]
    checked_position: Mapped[int | None]
    """Ledger position of that decision."""
    authors: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """Ids of everyone who worked on the draft it was made from: none of them may be its second person."""
    fingerprint: Mapped[bytes | None]
    """Of a copy of a received file: what similar files are recognised by (`similar`), encrypted to the case's
    key. Erased when the copy or the file is destroyed."""


class EditList(Base):
    """The edits agreed before a redacted film is made (`edit_lists`). Working data: it has times and places
    in the picture, and nothing of the testimony."""

    __tablename__ = "edit_lists"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id"), index=True)
    parts: Mapped[list[str]] = mapped_column(JSON)
    """Evidence ids of the parts sealed when it was begun: the film is made of these only."""
    edits: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The edits as in the recipe of the film made from it (`edits`)."""
    version: Mapped[int]
    """Starts at 1, and increases by one with each change."""
    begun_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    begun_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime]
    authors: Mapped[list[str]] = mapped_column(JSON)
    """Everyone who changed it, in the order of their first change."""


class TranscriptDraft(Base):
    """A transcript being written (`drafts`). Testimony is never in a column in clear: `sealed` is encrypted
    to the case's key. Deleted when a version is published, or with its recording."""

    __tablename__ = "transcript_drafts"
    # One draft of each, also during publishing: an interrupted publication can return to its draft.
    __table_args__ = (Index("ix_transcript_drafts_one", "evidence_id", "language", unique=True),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), index=True)
    """The recording part that it transcribes."""
    language: Mapped[str] = mapped_column(String(8))
    translates: Mapped[str | None] = mapped_column(Id)
    """The published transcript that it translates."""
    replaces: Mapped[str | None] = mapped_column(Id)
    """The published version that it continues from."""
    version: Mapped[int]
    """Grows with each save; 0 before the first. Saving over a version other than the one read is refused."""
    sealed: Mapped[bytes]
    """Its cues, encrypted."""
    brought: Mapped[bytes | None]
    """The imported file from which they came, likewise encrypted; None if nothing was imported."""
    begun_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    begun_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    saved_at: Mapped[datetime]
    authors: Mapped[list[str]] = mapped_column(JSON)
    """The person who imported its file, and everyone who saved it, in the order of their first save."""
    kept_as: Mapped[str | None] = mapped_column(Id)
    """The derivative being made from it."""
    kept_whole: Mapped[bool]
    """Whether that derivative is sealed in its machine's spool (`draft_handover`)."""
