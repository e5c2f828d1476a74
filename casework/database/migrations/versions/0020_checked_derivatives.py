"""What a second person said of a derivative, and the lists of edits that people agree on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from casework.database.models import Instant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("derivatives", sa.Column("accepted", sa.Boolean()))
    op.add_column("derivatives", sa.Column("checked_by", sa.String(32)))
    op.add_column("derivatives", sa.Column("checked_at", Instant()))
    op.add_column("derivatives", sa.Column("checked_position", sa.BigInteger()))
    op.add_column("derivatives", sa.Column("authors", sa.JSON(none_as_null=True)))
    op.create_table(
        "edit_lists",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("interview_id", sa.String(32), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("edits", sa.JSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("begun_by", sa.String(32), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("changed_by", sa.String(32), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["begun_by"], ["people.id"], name=op.f("fk_edit_lists_begun_by_people")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_edit_lists_case_id_cases")),
        sa.ForeignKeyConstraint(["changed_by"], ["people.id"], name=op.f("fk_edit_lists_changed_by_people")),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interviews.id"], name=op.f("fk_edit_lists_interview_id_interviews")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edit_lists")),
    )
    op.create_index(op.f("ix_edit_lists_case_id"), "edit_lists", ["case_id"])
    op.create_index(op.f("ix_edit_lists_interview_id"), "edit_lists", ["interview_id"])
