"""Photographs and documents are evidence of a case, without an interview; guided sets; files on their way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from casework.database.models import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence", sa.Column("case_id", sa.String(32)))
    op.execute(
        "UPDATE evidence SET case_id ="
        " (SELECT interviews.case_id FROM interviews WHERE interviews.id = evidence.interview_id)"
    )
    with op.batch_alter_table("evidence") as table:
        table.alter_column("case_id", existing_type=sa.String(32), nullable=False)
        table.alter_column("interview_id", existing_type=sa.String(32), nullable=True)
        table.create_foreign_key(op.f("fk_evidence_case_id_cases"), "cases", ["case_id"], ["id"])
    op.create_index(op.f("ix_evidence_case_id"), "evidence", ["case_id"])
    op.create_table(
        "photographs",
        sa.Column("evidence_id", sa.String(32), nullable=False),
        sa.Column("added_by", sa.String(32), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("known_by", sa.String(64)),
        sa.Column("intimate", sa.Boolean(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("exam_id", sa.String(32)),
        sa.Column("view", sa.String(32)),
        sa.Column("injury", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_photographs_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(["added_by"], ["people.id"], name=op.f("fk_photographs_added_by_people")),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_photographs")),
    )
    op.create_index(op.f("ix_photographs_known_by"), "photographs", ["known_by"])
    op.create_index(op.f("ix_photographs_exam_id"), "photographs", ["exam_id"])
    op.create_table(
        "exams",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("figure", sa.String(16), nullable=False),
        sa.Column("follows", sa.String(32)),
        sa.Column("opened_by", sa.String(32), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant()),
        sa.Column("injuries", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_exams_case_id_cases")),
        sa.ForeignKeyConstraint(["opened_by"], ["people.id"], name=op.f("fk_exams_opened_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exams")),
    )
    op.create_index(op.f("ix_exams_case_id"), "exams", ["case_id"])
    op.create_table(
        "intimate_requests",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("evidence_id", sa.String(32), nullable=False),
        sa.Column("requested_by", sa.String(32), nullable=False),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("decided_by", sa.String(32)),
        sa.Column("decided_at", Instant()),
        sa.Column("approved", sa.Boolean()),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_intimate_requests_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["people.id"], name=op.f("fk_intimate_requests_requested_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intimate_requests")),
    )
    op.create_index(op.f("ix_intimate_requests_evidence_id"), "intimate_requests", ["evidence_id"])
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("known_by", sa.String(64)),
        sa.Column("format", sa.String(16)),
        sa.Column("intimate", sa.Boolean(), nullable=False),
        sa.Column("exam_id", sa.String(32)),
        sa.Column("view", sa.String(32)),
        sa.Column("injury", sa.BigInteger()),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_uploads_case_id_cases")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_uploads_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_case_id"), "uploads", ["case_id"])
    op.create_index(op.f("ix_uploads_person_id"), "uploads", ["person_id"])
    with op.batch_alter_table("viewings") as table:
        table.add_column(sa.Column("case_id", sa.String(32)))
        table.create_foreign_key(op.f("fk_viewings_case_id_cases"), "cases", ["case_id"], ["id"])
    op.create_index(op.f("ix_viewings_case_id"), "viewings", ["case_id"])
