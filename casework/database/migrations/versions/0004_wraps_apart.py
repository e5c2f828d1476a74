"""Wrapped keys leave the database: what it held waits in one table until the keyholder has it.

The keyholder cannot be asked in a migration. So the wraps are moved aside in the same transaction in which
the columns go, and the web process hands them over when it runs
(`casework.copies.wrapped_keys.move_from_database`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COLUMNS = (("evidence", "wrapped_key"), ("cases", "wrapped_seed"))


def upgrade() -> None:
    op.create_table(
        "wraps_to_move",
        sa.Column("item", sa.String(32), primary_key=True),
        sa.Column("wrap", sa.LargeBinary, nullable=False),
    )
    for table, column in _COLUMNS:
        op.execute(
            f"INSERT INTO wraps_to_move (item, wrap) SELECT id, {column} FROM {table} "  # noqa: S608  # ours
            f"WHERE {column} IS NOT NULL"
        )
        op.drop_column(table, column)
