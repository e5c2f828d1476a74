"""Safety recordings stand beside a part and have its number: numbers are unique among parts alone.

SQLite cannot drop a constraint in place, so the table is made anew there and its rows are moved over.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NAMES = {"uq": "uq_%(table_name)s_%(column_0_name)s"}


def upgrade() -> None:
    op.add_column("evidence", sa.Column("beside", sa.String(32)))
    with op.batch_alter_table("evidence", naming_convention=_NAMES) as table:
        table.drop_constraint("uq_evidence_interview_id", type_="unique")
    op.create_index(
        "ix_evidence_part",
        "evidence",
        ["interview_id", "number"],
        unique=True,
        sqlite_where=sa.text("beside IS NULL"),
        postgresql_where=sa.text("beside IS NULL"),
    )
