"""Transcripts that are being written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from casework.database.models import Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transcript_drafts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("evidence_id", sa.String(32), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("translates", sa.String(32)),
        sa.Column("replaces", sa.String(32)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("brought", sa.LargeBinary()),
        sa.Column("begun_by", sa.String(32), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("saved_by", sa.String(32), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("kept_as", sa.String(32)),
        sa.Column("kept_whole", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_transcript_drafts_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_transcript_drafts_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(
            ["begun_by"], ["people.id"], name=op.f("fk_transcript_drafts_begun_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["saved_by"], ["people.id"], name=op.f("fk_transcript_drafts_saved_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcript_drafts")),
    )
    op.create_index(op.f("ix_transcript_drafts_case_id"), "transcript_drafts", ["case_id"])
    op.create_index(op.f("ix_transcript_drafts_evidence_id"), "transcript_drafts", ["evidence_id"])
    op.create_index(
        op.f("ix_transcript_drafts_one"), "transcript_drafts", ["evidence_id", "language"], unique=True
    )
