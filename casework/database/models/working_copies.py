"""Working copies, and the drafts that they are made from."""

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
    """A file made from sealed evidence (`derivatives`), from its order on. Its id is the evidence id that it
    has once it is made; an `Evidence` and a `Photograph` are there for it then, as for every file."""

    __tablename__ = "derivatives"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    interview_id: Mapped[str | None] = mapped_column(ForeignKey("interviews.id"), index=True)
    """The interview whose parts it was made from."""
    kind: Mapped[str] = mapped_column(String(32))
    """A code of `chain_of_custody.statements.types.DERIVATIVES`."""
    purpose: Mapped[str] = mapped_column(String(64))
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """As its statement has them; `manifest` is null until it is made."""
    edits: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """As its recipe has them; None of one that a rebuild found, whose recipe is sealed."""
    state: Mapped[DerivativeState]
    failure: Mapped[str | None] = mapped_column(String(64))
    """Why it could not be made: a code; after a colon the evidence id of the one photograph that is why."""
    node: Mapped[str] = mapped_column(String(32))
    """The machine that makes it."""
    ordered_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    ordered_at: Mapped[datetime]
    accepted: Mapped[bool | None]
    """What a second person said of it last (`reviews`); None: nobody has looked."""
    checked_by: Mapped[str | None] = mapped_column(Id)
    checked_at: Mapped[datetime | None]
    checked_position: Mapped[int | None]
    """Where in the ledger that is said."""
    authors: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """Ids of everybody who worked on what it was made from: none of them is its second person."""


class EditList(Base):
    """What people agree on before a redacted film is made (`edit_lists`). Working data: it names times and
    places in the picture, and nothing that was said."""

    __tablename__ = "edit_lists"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id"), index=True)
    parts: Mapped[list[str]] = mapped_column(JSON)
    """Evidence ids of those that were sealed when it was begun: the film is of these and no others."""
    edits: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As the recipe of what is made from it has them (`edits`)."""
    version: Mapped[int]
    """1, and one more with each change."""
    begun_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    begun_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime]
    authors: Mapped[list[str]] = mapped_column(JSON)
    """Everybody who changed it, in the order in which they first did."""


class TranscriptDraft(Base):
    """A transcript that is being written (`transcript_drafts`). What somebody said is never in a column in
    clear: `sealed` is encrypted to the case's key. Goes when a version is kept, or with its recording."""

    __tablename__ = "transcript_drafts"
    # One of each, also while it is being kept: what is cut off then has its place to go back to.
    __table_args__ = (Index("ix_transcript_drafts_one", "evidence_id", "language", unique=True),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), index=True)
    """The recording part that it is of."""
    language: Mapped[str] = mapped_column(String(8))
    translates: Mapped[str | None] = mapped_column(Id)
    """The kept transcript that it translates."""
    replaces: Mapped[str | None] = mapped_column(Id)
    """The kept version that it goes on from."""
    version: Mapped[int]
    """Grows with each saving; 0 before the first. Who saves over another one than they read is refused."""
    sealed: Mapped[bytes]
    """Its cues."""
    brought: Mapped[bytes | None]
    """Which file they came from, encrypted likewise; None where nothing was brought."""
    begun_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    begun_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    saved_at: Mapped[datetime]
    authors: Mapped[list[str]] = mapped_column(JSON)
    """Whoever brought its file, and everybody who saved it, in the order in which they first did."""
    kept_as: Mapped[str | None] = mapped_column(Id)
    """The derivative that is being made of it."""
    kept_whole: Mapped[bool]
    """Whether that lies sealed in its machine's spool (`draft_handover`)."""
