"""How long cases are kept, legal holds, and disposal by two people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("cases", sa.Column("kind", sa.String(64)))
    op.add_column("cases", sa.Column("keep_until", _AT))
    op.create_table(
        "holds",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("placed_by", sa.String(32), nullable=False),
        sa.Column("placed_at", _AT, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("lifted_by", sa.String(32)),
        sa.Column("lifted_at", _AT),
        sa.Column("lifted_position", sa.BigInteger),
    )
    op.create_table(
        "hold_standings",
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("place", sa.String(64), primary_key=True),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("trouble", sa.String(64)),
    )
    op.create_table(
        "disposals",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("item", sa.String(32), nullable=False, index=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("requested_by", sa.String(32), nullable=False),
        sa.Column("requested_at", _AT, nullable=False),
        sa.Column("requested_position", sa.BigInteger, nullable=False),
        sa.Column("decided_by", sa.String(32)),
        sa.Column("decided_at", _AT),
        sa.Column("decided_position", sa.BigInteger),
        sa.Column("approved", sa.Boolean),
        sa.Column("disposed_at", _AT),
        sa.Column("disposed_position", sa.BigInteger),
        sa.Column("finished_at", _AT),
    )
    op.create_table(
        "disposed_versions",
        sa.Column("disposal_id", sa.String(32), sa.ForeignKey("disposals.id"), primary_key=True),
        sa.Column("place", sa.String(64), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("wrap", sa.Boolean, nullable=False),
        sa.Column("locked_until", _AT),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("gone_at", _AT),
    )
    op.create_table(
        "disposal_places",
        sa.Column("disposal_id", sa.String(32), sa.ForeignKey("disposals.id"), primary_key=True),
        sa.Column("place", sa.String(64), primary_key=True),
        sa.Column("at", _AT, nullable=False),
        sa.Column("trouble", sa.String(64)),
    )
