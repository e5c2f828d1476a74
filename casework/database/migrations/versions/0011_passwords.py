"""Signing in with a password and a code, attempts at that, and how many had failed before a session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from casework.database.models import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passwords",
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(6), nullable=False),
        sa.Column("hash", sa.String(200), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_passwords_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_passwords")),
        sa.UniqueConstraint("number", name=op.f("uq_passwords_number")),
    )
    op.create_table(
        "password_uses",
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("used_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_password_uses_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_password_uses")),
    )
    op.create_table(
        "failed_attempts",
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_failed_attempts")),
    )
    op.create_index(op.f("ix_failed_attempts_last_at"), "failed_attempts", ["last_at"])
    op.create_table(
        "known_browsers",
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_known_browsers")),
    )
    op.add_column("sessions", sa.Column("failed_before", sa.BigInteger(), server_default="0", nullable=False))
