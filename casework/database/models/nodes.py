"""The machines of a center, the leases for center-wide work, and the record of their health."""

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
    """Address for the other machines; empty if there are no others."""
    recorder: Mapped[str] = mapped_column(String(16))
    """Key id of its recorder."""
    beat: Mapped[int]
    """Heartbeat counter; grows while it works. Others compare it with its earlier value, never a clock."""
    seen_at: Mapped[datetime]
    """Its own clock at the last heartbeat, for display."""


class WorkLease(Base):
    """The lease of the machine that does center-wide work; exactly one row for each kind of work."""

    __tablename__ = "work_leases"

    work: Mapped[str] = mapped_column(String(32), primary_key=True)
    node: Mapped[str] = mapped_column(String(32))
    term: Mapped[int]
    """Grows with each holder. A write under an older term is refused (`nodes.FencedDatabase`)."""


class HealthDay(Base):
    """What the checks of one machine found on one day (`amana.health.days`)."""

    __tablename__ = "health_days"

    node: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    """Day of the center's local time, `YYYY-MM-DD`."""
    checks: Mapped[int]
    attention: Mapped[str] = mapped_column(String(200))
    """Codes of the tiles that needed attention, separated by spaces."""
