"""Specimens: who has each of them, and the one-time links by which people without an account act."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casework.database.models.base import Base, Digest, Id


class Specimen(Base):
    """A specimen as its statements describe it (`projection_specimens`), for lists and the work queue. What
    was taken, from which place on the body, and all names are sealed, in no column."""

    __tablename__ = "specimens"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    """1, 2, … within its case. Reserved before it is stated, so a number may be missing."""
    stated: Mapped[int]
    """Number of its statements that this row follows; 0: its taking is not stated yet."""
    claimed_until: Mapped[datetime | None]
    """Until when a process may be stating an act about it, or about what is in it (`custody.acting`)."""
    kind: Mapped[str] = mapped_column(String(16))
    seal: Mapped[str] = mapped_column(String(64))
    """The number of its seal now."""
    storage: Mapped[str | None] = mapped_column(String(16))
    """How it has to be kept, a code; None: nothing was asked."""
    kit_id: Mapped[str | None] = mapped_column(Id, index=True)
    """The kit that it was put into."""
    apart: Mapped[bool]
    """Whether it is in no kit, or has left it."""
    taken_by: Mapped[str] = mapped_column(Id)
    taken_at: Mapped[datetime]
    holder: Mapped[str] = mapped_column(Id)
    """Id of the person who has it; of somebody without an account, an id of no row. While it is in a kit, the
    kit's holder has it."""
    holder_organisation: Mapped[str] = mapped_column(String(64))
    holder_role: Mapped[str] = mapped_column(String(64))
    handover: Mapped[str | None] = mapped_column(Id, index=True)
    """Its handover that waits for a receipt."""
    to_organisation: Mapped[str | None] = mapped_column(String(64))
    to_role: Mapped[str | None] = mapped_column(String(64))
    """To whom it was handed over; these four are None without such a handover."""
    handed_at: Mapped[datetime | None]
    receipt_until: Mapped[datetime | None]
    """Until when the receipt was to be confirmed."""
    ended_at: Mapped[datetime | None]
    """When it was destroyed or withdrawn."""
    withdrawn: Mapped[bool] = mapped_column(default=False)
    """Whether its taker stated that it was entered in error."""


class SpecimenLink(Base):
    """A link by which somebody without an account acts about one specimen (`links`). Not in the ledger: after
    a rebuild from it, the giver makes a new one."""

    __tablename__ = "specimen_links"

    token_digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    specimen_id: Mapped[str] = mapped_column(Id, index=True)
    handover: Mapped[str | None] = mapped_column(Id)
    """The handover whose receipt it confirms; None for the link of somebody who has the specimen."""
    holder: Mapped[str | None] = mapped_column(Id)
    """Who acts by it; None for a receipt, whose confirmer gets an id by it."""
    made_at: Mapped[datetime]
    ends_at: Mapped[datetime]
