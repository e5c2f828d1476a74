"""Files made from sealed evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from casework.database.models import Instant

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "derivatives",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("interview_id", sa.String(32)),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("edits", sa.JSON(none_as_null=True)),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("failure", sa.String(64)),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("ordered_by", sa.String(32), nullable=False),
        sa.Column("ordered_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_derivatives_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interviews.id"], name=op.f("fk_derivatives_interview_id_interviews")
        ),
        sa.ForeignKeyConstraint(["ordered_by"], ["people.id"], name=op.f("fk_derivatives_ordered_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_derivatives")),
    )
    op.create_index(op.f("ix_derivatives_case_id"), "derivatives", ["case_id"])
    op.create_index(op.f("ix_derivatives_interview_id"), "derivatives", ["interview_id"])
