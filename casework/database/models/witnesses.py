"""Cosignatures, alarms and timestamps of the ledger, and its other readers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casework.database.models.base import Base, Digest, Id


class Cosignature(Base):
    """A cosignature by one key of a witness: this tree extends every tree of the ledger it saw before."""

    __tablename__ = "cosignatures"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    """Name and key id, `name+0a1b2c3d`."""
    root: Mapped[str] = mapped_column(Digest)
    line: Mapped[str] = mapped_column(Text)
    """The note's signature line, with its newline."""
    at: Mapped[datetime]


class WitnessState(Base):
    """The state of a witness: the newest tree that it signed, and the last problem."""

    __tablename__ = "witness_states"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    asked_at: Mapped[datetime]
    trouble: Mapped[str | None] = mapped_column(String(200))
    """A code of the problem at the last request; None if there was none."""


class Alarm(Base):
    """A witness contradicts the ledger; both texts are stored as proof."""

    __tablename__ = "alarms"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(64))
    """The witness that reported it."""
    at: Mapped[datetime]
    ours: Mapped[bytes | None]
    theirs: Mapped[bytes | None]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class LedgerReader(Base):
    """A witness or monitor that may read the ledger over HTTP, by the digest of its token."""

    __tablename__ = "ledger_readers"

    token_digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    entries: Mapped[bool]
    """Whether it may read entries, not only checkpoints and hashes."""
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Timestamp(Base):
    """An authority's RFC 3161 response over the checkpoint of `size` entries, verified on receipt."""

    __tablename__ = "timestamps"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    authority: Mapped[str] = mapped_column(String(64), primary_key=True)
    response: Mapped[bytes]
    """The whole TimeStampResp, in DER."""
    at: Mapped[datetime]
    """The time stated by the authority."""
    expires_at: Mapped[datetime]
    """When the first certificate of its chain expires."""
    renewed: Mapped[int | None]
    """Ledger position of the `timestamp.renewed` that names it."""


class AuthorityState(Base):
    """The result of the last timestamp request to an authority."""

    __tablename__ = "authority_states"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    asked_at: Mapped[datetime]
    trouble: Mapped[str | None] = mapped_column(String(64))
    """A code of the problem; None if there was none."""
