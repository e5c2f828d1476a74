"""The machines of a center, and which of them does the work of the whole."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from casework.database.models.base import Base


class Node(Base):
    """A machine of this center that runs the service (`nodes`)."""

    __tablename__ = "nodes"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    address: Mapped[str] = mapped_column(String(300))
    """Where the other machines reach it; empty where there are no others."""
    recorder: Mapped[str] = mapped_column(String(16))
    """Key id of its recorder."""
    beat: Mapped[int]
    """Grows for as long as it works. Others compare it with what they saw before, never a clock."""
    seen_at: Mapped[datetime]
    """Its own clock at the last beat: for people."""


class WorkLease(Base):
    """Which machine does the work of the whole center; exactly one row for each work."""

    __tablename__ = "work_leases"

    work: Mapped[str] = mapped_column(String(32), primary_key=True)
    node: Mapped[str] = mapped_column(String(32))
    term: Mapped[int]
    """Grows with each holder. Who writes under an older one is refused (`nodes.Fenced`)."""
