"""Cases, access to them, grants, and the person's consent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from casework.database.models.base import Base, Id


class Case(Base):
    """A case: its code, its public key, and what decides how long it is retained."""

    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    public_key: Mapped[bytes]
    """1,216 bytes: details are sealed to it, also while the vault is locked. The keyholder has the private
    key, wrapped; once no wrap is left, the case's details are erased for good."""
    kind: Mapped[str | None] = mapped_column(String(64))
    """The type of case, a code of the retention rules; None: not set, and the longest period applies."""
    keep_until: Mapped[datetime | None]
    """The date set by a court."""
    voided_at: Mapped[datetime | None]
    """When it was voided, because it had been opened in error: nothing is added to it any more."""
    voided_for: Mapped[str | None] = mapped_column(String(64))
    """Why, a code."""


class CaseAccess(Base):
    """A case given to a colleague, who may then work with it within their role (`cases.give`).

    Courts and the defence are not colleagues: they have grants.
    """

    __tablename__ = "case_access"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    given_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Grant(Base):
    """What one person of a court or of the defence may open, why, and from when until when (`grants`)."""

    __tablename__ = "grants"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    """`view`, or `copy`: a package may also be made under it, once authorised."""
    purpose: Mapped[str] = mapped_column(String(64))
    """A code."""
    basis: Mapped[str] = mapped_column(String(16))
    """`consent` or `court-order`."""
    items: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """As in the statement: each `evidence` and `excerpt`; None: every recording of the case."""
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    given_by: Mapped[str] = mapped_column(Id)
    given_at: Mapped[datetime]
    position: Mapped[int]
    """Ledger position of `grant.given`."""
    accepted_at: Mapped[datetime | None]
    """When its receiver accepted the conditions; before that nothing is opened under it."""
    authorised_at: Mapped[datetime | None]
    """When the copy was authorised."""
    withdrawn_at: Mapped[datetime | None]


class Consent(Base):
    """One statement about the person's consent; for a subject only the newest counts (`consent`)."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_subject", "case_id", "subject"),)

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    subject: Mapped[str] = mapped_column(String(64))
    """What it is for. This and the following fields are codes."""
    outcome: Mapped[str] = mapped_column(String(16))
    """`given`, `limited`, `refused`, or `withdrawn`."""
    by: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(Id)
