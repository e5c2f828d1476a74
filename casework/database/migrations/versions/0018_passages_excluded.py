"""Passages of recordings that a court has excluded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from casework.database.models import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exclusions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("evidence_id", sa.String(32), nullable=False),
        sa.Column("begins", sa.BigInteger()),
        sa.Column("ends", sa.BigInteger()),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("entered_by", sa.String(32), nullable=False),
        sa.Column("entered_at", Instant(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("restored_by", sa.String(32)),
        sa.Column("restored_at", Instant()),
        sa.Column("restored_position", sa.BigInteger()),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_exclusions_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_exclusions_evidence_id_evidence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exclusions")),
    )
    op.create_index(op.f("ix_exclusions_case_id"), "exclusions", ["case_id"])
    op.create_index(op.f("ix_exclusions_evidence_id"), "exclusions", ["evidence_id"])
