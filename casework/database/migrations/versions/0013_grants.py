"""Grants to courts and the defence, consent, and interviews that are linked.

Until now a court was given a whole case, and nothing was stated of that. Such a gift becomes a grant without
an end, a purpose or a place in the ledger: what was not stated then is not made up now. It can be withdrawn
like any other, and its receiver undertakes the agreement before the next opening.
"""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from casework.database.models import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

OUTSIDE = ("court", "defence")


def upgrade() -> None:
    grants = op.create_table(
        "grants",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("basis", sa.String(16), nullable=False),
        sa.Column("items", sa.JSON(none_as_null=True)),
        sa.Column("begins_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant()),
        sa.Column("given_by", sa.String(32), nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        sa.Column("position", sa.BigInteger()),
        sa.Column("accepted_at", Instant()),
        sa.Column("authorised_at", Instant()),
        sa.Column("withdrawn_at", Instant()),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_grants_case_id_cases")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_grants_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index(op.f("ix_grants_case_id"), "grants", ["case_id"])
    op.create_index(op.f("ix_grants_person_id"), "grants", ["person_id"])
    op.create_table(
        "consents",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("form", sa.String(64), nullable=False),
        sa.Column("language", sa.String(64)),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("recorded_by", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_consents_case_id_cases")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_subject"), "consents", ["case_id", "subject"])
    op.add_column("interviews", sa.Column("follows", sa.String(32)))
    op.add_column("viewings", sa.Column("grant_id", sa.String(32)))
    _courts_have_grants(op.get_bind(), grants)


def _courts_have_grants(connection: sa.Connection, grants: sa.Table) -> None:
    access = sa.table(
        "case_access",
        sa.column("case_id", sa.String(32)),
        sa.column("person_id", sa.String(32)),
        sa.column("given_by", sa.String(32)),
        sa.column("given_at", Instant()),
        sa.column("withdrawn_at", Instant()),
    )
    people = sa.table("people", sa.column("id", sa.String(32)), sa.column("role", sa.String(32)))
    outside = sa.select(people.c.id).where(people.c.role.in_(OUTSIDE))
    given = connection.execute(sa.select(access).where(access.c.person_id.in_(outside))).all()
    rows = [
        {
            "id": uuid4().hex,
            "case_id": row.case_id,
            "person_id": row.person_id,
            "kind": "view",
            "purpose": "unstated",
            "basis": "unstated",
            "items": None,
            "begins_at": row.given_at,
            "given_by": row.given_by,
            "given_at": row.given_at,
            "withdrawn_at": row.withdrawn_at,
        }
        for row in given
    ]
    if rows:
        connection.execute(sa.insert(grants), rows)
    connection.execute(sa.delete(access).where(access.c.person_id.in_(outside)))
