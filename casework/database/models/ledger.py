"""The ledger, and the index of its statements."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from casework.database.models.base import Base, Digest, Id


class LedgerEntry(Base):
    """A leaf of the ledger, byte for byte."""

    __tablename__ = "ledger_entries"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leaf: Mapped[bytes]


class LedgerNode(Base):
    """The hash of a complete subtree: leaves [position << level, (position + 1) << level)."""

    __tablename__ = "ledger_nodes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[bytes]


class LedgerCheckpoint(Base):
    """The newest signed checkpoint; exactly one row. Replacing it decides which writer may append."""

    __tablename__ = "ledger_checkpoint"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[bytes]


class StatementIndex(Base):
    """A statement's position in the ledger and in its chain; written in the ledger's own transaction."""

    __tablename__ = "statements"
    __table_args__ = (
        # Two statements can never take the same place in a chain, whichever processes write them.
        UniqueConstraint("chain", "number"),
        Index("ix_statements_type", "type"),
        # Few statements have a person's own signature: a partial index costs nothing for the others.
        Index(
            "ix_statements_signed",
            "actor",
            sqlite_where=text("credential IS NOT NULL"),
            postgresql_where=text("credential IS NOT NULL"),
        ),
    )

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chain: Mapped[str] = mapped_column(Id)
    """The evidence, interview or deployment id the statement is about."""
    number: Mapped[int]
    leaf_hash: Mapped[str] = mapped_column(Digest)
    """Looked up by position, never by hash: an index over random keys caused four fifths of all writes."""
    type: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[str | None] = mapped_column(Id, index=True)
    actor: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    details: Mapped[str | None] = mapped_column(Digest)
    """The commitment to its details; the details themselves are in `SealedDetails`."""
    credential: Mapped[str | None] = mapped_column(String(16))
    """Key id of the acting person's own credential, if one signed it."""


class SealedDetails(Base):
    """Names, reasons and notes beside a statement, encrypted to the case key.

    Written before the statement that commits to them: a crash in between leaves an unused row, never a
    statement whose details are lost.
    """

    __tablename__ = "sealed_details"

    commitment: Mapped[str] = mapped_column(Digest, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    sealed: Mapped[bytes]
