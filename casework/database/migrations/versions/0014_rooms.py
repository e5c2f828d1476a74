"""The interview rooms, as the administrator lists them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from casework.database.models import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rooms",
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("retired_at", Instant()),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_rooms")),
    )
