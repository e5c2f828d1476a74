"""Signing in with passkeys: challenges, what authenticators have counted, and how a session began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from casework.database.models import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "challenges",
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_challenges")),
    )
    op.create_index(op.f("ix_challenges_client"), "challenges", ["client"])
    op.create_table(
        "credential_uses",
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("used_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_credential_uses")),
    )
    # Until now every session began with a link.
    op.add_column("sessions", sa.Column("method", sa.String(32), server_default="link", nullable=False))
