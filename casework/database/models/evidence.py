"""Interviews, evidence items, viewings, and exclusions by a court."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.database.models.base import Base, Digest, Id
from casework.database.models.cases import Case


class InterviewState(enum.StrEnum):
    """The state of an interview: created, checked (preflight passed), recording, on a break, stopped (parts
    may remain to be sealed), sealed (stopped, and every part is over)."""

    OPENED = "opened"
    CHECKED = "checked"
    RECORDING = "recording"
    BREAK = "break"
    STOPPED = "stopped"
    SEALED = "sealed"


class EvidenceState(enum.StrEnum):
    """The state of an evidence item. `OPENING`: a ticket was issued. `VOID`: it was never used, nothing was
    recorded. `DISPOSED`: two people authorised its destruction; from then on nothing opens it."""

    OPENING = "opening"
    RECORDING = "recording"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    VOID = "void"
    DISPOSED = "disposed"

    @property
    def sealed(self) -> bool:
        """Whether it can be opened."""
        return self in (EvidenceState.COMPLETE, EvidenceState.INTERRUPTED)

    @property
    def over(self) -> bool:
        """Whether nothing more is recorded into it."""
        return self.sealed or self is EvidenceState.DISPOSED


class Interview(Base):
    """An interview of a case, with the machine that records it and the parts it consists of."""

    __tablename__ = "interviews"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    state: Mapped[InterviewState]
    practice: Mapped[bool] = mapped_column(default=False)
    """A practice interview never makes a statement and never becomes evidence."""
    purpose: Mapped[str] = mapped_column(String(64))
    room: Mapped[str] = mapped_column(String(64))
    node: Mapped[str | None] = mapped_column(String(32))
    """The machine that records it (`nodes`); None: rebuilt."""
    follows: Mapped[str | None] = mapped_column(Id)
    """The interview that it supplements, or for which it is the cross-examination."""
    opened_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    opened_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    """When it was voided, because it had been opened in error; nothing is recorded in it."""
    voided_for: Mapped[str | None] = mapped_column(String(64))
    """Why, a code."""

    case: Mapped[Case] = relationship(lazy="joined")
    parts: Mapped[list[Evidence]] = relationship(
        primaryjoin="and_(Interview.id == Evidence.interview_id, Evidence.beside.is_(None))",
        order_by="Evidence.number",
        lazy="selectin",
        viewonly=True,
    )
    """The recorder's parts, without safety recordings."""
    safeties: Mapped[list[Evidence]] = relationship(
        primaryjoin="and_(Interview.id == Evidence.interview_id, Evidence.beside.is_not(None))",
        order_by="Evidence.epoch",
        lazy="selectin",
        viewonly=True,
    )


class Evidence(Base):
    """One evidence item: a recording part, photograph, document or derivative (`Photograph` has further
    fields of items that are not recordings)."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index(
            "ix_evidence_part",
            "interview_id",
            "number",
            unique=True,
            sqlite_where=text("beside IS NULL"),
            postgresql_where=text("beside IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    interview_id: Mapped[str | None] = mapped_column(ForeignKey("interviews.id"), index=True)
    """None: a photograph, a document or a derivative."""
    kind: Mapped[str] = mapped_column(String(16), default="recording")
    """`recording`, `photograph`, `document` or `derivative`."""
    number: Mapped[int]
    """Part 1, 2, … of its interview; a safety recording has the number of the part that it accompanies.
    Photographs, documents and derivatives are numbered within their case, each kind separately."""
    beside: Mapped[str | None] = mapped_column(Id)
    """For a safety recording, made by the room's browser (`safety_recordings`): the part that it
    accompanies."""
    state: Mapped[EvidenceState]
    recorder: Mapped[str] = mapped_column(String(16))
    """Key id of the recorder that received the ticket: only its statements are accepted for this part. Empty
    for photographs and documents, which people add."""
    node: Mapped[str | None] = mapped_column(String(32))
    """The machine in whose spool it is; None once every copy has it and the spool does not."""
    epoch: Mapped[datetime]
    """The wall-clock time of the part's timeline 0."""
    opened_at: Mapped[datetime]
    sealed_at: Mapped[datetime | None]
    records: Mapped[int | None]
    duration: Mapped[int | None]
    """µs from the epoch to the end of the last record, known once sealed."""
    manifest_digest: Mapped[str | None] = mapped_column(Digest)
    reason: Mapped[str | None] = mapped_column(String(64))
    """Why it was interrupted: a code."""
    segment_sizes: Mapped[list[int] | None] = mapped_column(JSON)
    """Bytes of each stored segment, so that no copy is queried; what is read is verified by digest."""

    interview: Mapped[Interview | None] = relationship(lazy="joined")
    case: Mapped[Case] = relationship(lazy="joined")

    @property
    def ends_at(self) -> datetime | None:
        """When its last record ends; None until it is sealed."""
        return None if self.duration is None else self.epoch + timedelta(microseconds=self.duration)

    @property
    def recorded_in(self) -> Interview:
        """The interview of a recording part. Raises `LookupError` for a photograph or a document."""
        if self.interview is None:
            raise LookupError(f"{self.kind} {self.id} belongs to no interview")
        return self.interview


class Viewing(Base):
    """One person's temporary permission, stated in the ledger, to see one object.

    The object is a sealed evidence item, a running interview (live), or the photographs of a case.
    """

    __tablename__ = "viewings"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    evidence_id: Mapped[str | None] = mapped_column(ForeignKey("evidence.id"), index=True)
    interview_id: Mapped[str | None] = mapped_column(ForeignKey("interviews.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.id"), index=True)
    """For thumbnails of all photographs of a case, without intimate ones."""
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    grant_id: Mapped[str | None] = mapped_column(Id)
    """The grant under which it was opened."""
    purpose: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    position: Mapped[int | None]
    """Ledger position of its `evidence.viewed`; None for practice, which makes no statements."""


class PackageDownload(Base):
    """When a package, by its order (`export_orders`), was first requested: working state, not stated."""

    __tablename__ = "package_downloads"

    order_id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]


class StatedPurpose(Base):
    """Why a person opens what a grant covers, as stated in one session (`stated_purposes`)."""

    __tablename__ = "stated_purposes"

    session: Mapped[str] = mapped_column(Digest, primary_key=True)
    """Digest of the session's token."""
    grant_id: Mapped[str] = mapped_column(Id, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class Exclusion(Base):
    """A passage of a recording that a court has excluded: it is not used as evidence until restored."""

    __tablename__ = "exclusions"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), index=True)
    begins: Mapped[int | None]
    """µs of the part's timeline; None with `ends` for the whole recording."""
    ends: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(64))
    """A code."""
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]
    position: Mapped[int]
    """Ledger position of `passage.excluded`."""
    restored_by: Mapped[str | None] = mapped_column(Id)
    restored_at: Mapped[datetime | None]
    restored_position: Mapped[int | None]

    @property
    def excerpt(self) -> tuple[int, int] | None:
        """Begin and end, µs; None for the whole recording."""
        return None if self.begins is None or self.ends is None else (self.begins, self.ends)
