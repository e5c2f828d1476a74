"""Copies read again: passes, readings, findings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "copy_passes",
        sa.Column("copy", sa.String(64), primary_key=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("full_at", sa.DateTime(timezone=True)),
        sa.Column("trouble", sa.String(64)),
    )
    op.create_table(
        "copy_readings",
        sa.Column("copy", sa.String(64), primary_key=True),
        sa.Column("evidence_id", sa.String(32), sa.ForeignKey("evidence.id"), primary_key=True),
        sa.Column("looked_at", sa.DateTime(timezone=True)),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.Column("size", sa.BigInteger),
        sa.Column("stated_at", sa.DateTime(timezone=True)),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "copy_findings",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("copy", sa.String(64), nullable=False),
        sa.Column("evidence_id", sa.String(32), sa.ForeignKey("evidence.id"), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("wrong", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger),
        sa.Column("span_from", sa.BigInteger),
        sa.Column("span_to", sa.BigInteger),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repaired_at", sa.DateTime(timezone=True)),
        sa.Column("position", sa.BigInteger),
        sa.Index("ix_copy_findings_item", "copy", "evidence_id"),
    )
