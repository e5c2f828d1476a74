"""Capture machines in rooms, enrolled as devices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from casework.database.models import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_devices",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("room", sa.String(64), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("redeemed", sa.Boolean(), nullable=False),
        sa.Column("added_by", sa.String(32), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant()),
        sa.ForeignKeyConstraint(["added_by"], ["people.id"], name=op.f("fk_room_devices_added_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_devices")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_room_devices_token_digest")),
    )
