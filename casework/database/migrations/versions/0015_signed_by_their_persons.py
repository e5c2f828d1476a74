"""Acts that their persons sign: what waits for a signature, and what was signed in whose name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from casework.database.models import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "prepared_acts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("leads_to", sa.String(200), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("taken_at", Instant()),
        sa.Column("position", sa.BigInteger()),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_prepared_acts_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prepared_acts")),
    )
    op.create_index(op.f("ix_prepared_acts_person_id"), "prepared_acts", ["person_id"])
    op.add_column("people", sa.Column("signed_seen", sa.BigInteger()))
    # Empty for what is there: no page of an earlier version asked anybody to sign.
    op.add_column("statements", sa.Column("credential", sa.String(16)))
    op.create_index(
        "ix_statements_signed",
        "statements",
        ["actor"],
        sqlite_where=sa.text("credential IS NOT NULL"),
        postgresql_where=sa.text("credential IS NOT NULL"),
    )
