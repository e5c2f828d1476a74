"""The first schema.

Written out, not taken from the models: it must stay what it was when the models have moved on. Constraint
names follow the naming convention of `casework.database.models`. There is no way down: going back to an older
version of the software means restoring the backup made before the upgrade.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    _people()
    _cases()
    _rooms()
    _evidence()
    _photographs()
    _working_copies()
    _retention()
    _nodes()
    _ledger()
    _witnesses()
    _copies()


def _people() -> None:
    op.create_table(
        "challenges",
        sa.Column("token_digest", sa.String(64), primary_key=True),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("client", sa.String(64), nullable=False, index=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "credential_uses",
        sa.Column("key", sa.String(16), primary_key=True),
        sa.Column("counter", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "failed_attempts",
        sa.Column("subject", sa.String(80), primary_key=True),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "known_browsers",
        sa.Column("token_digest", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("sealed_name", sa.LargeBinary),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("organisation", sa.String(200), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_seen", sa.BigInteger),
    )
    op.create_table(
        "credentials",
        sa.Column("key", sa.String(16), primary_key=True),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("credential_id", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("algorithm", sa.String(16), nullable=False),
        sa.Column("relying_party", sa.String(255), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("sealed_label", sa.LargeBinary),
    )
    op.create_table(
        "password_uses",
        sa.Column("person_id", sa.String(32), sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "passwords",
        sa.Column("person_id", sa.String(32), sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("number", sa.String(6), nullable=False, unique=True),
        sa.Column("hash", sa.String(200), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "prepared_acts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("statement", sa.LargeBinary, nullable=False),
        sa.Column("leads_to", sa.String(200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("position", sa.BigInteger),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "sessions",
        sa.Column("token_digest", sa.String(64), primary_key=True),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("method", sa.String(32), nullable=False, server_default="link"),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.Column("address", sa.String(64)),
        sa.Column("browser", sa.String(64)),
        sa.Column("failed_before", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "sign_in_links",
        sa.Column("token_digest", sa.String(64), primary_key=True),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
    )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("code", sa.String(16), nullable=False, unique=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(32), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("kind", sa.String(64)),
        sa.Column("keep_until", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "case_access",
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("people.id"), primary_key=True, index=True),
        sa.Column("given_by", sa.String(32), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "consents",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("form", sa.String(64), nullable=False),
        sa.Column("language", sa.String(64)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(32), nullable=False),
        sa.Index("ix_consents_subject", "case_id", "subject"),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("basis", sa.String(16), nullable=False),
        sa.Column("items", sa.JSON(none_as_null=True)),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.String(32), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.Column("authorised_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    )


def _rooms() -> None:
    op.create_table(
        "rooms",
        sa.Column("code", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "room_devices",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("room", sa.String(64), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=False, unique=True),
        sa.Column("redeemed", sa.Boolean, nullable=False),
        sa.Column("added_by", sa.String(32), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
    )


def _evidence() -> None:
    op.create_table(
        "interviews",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("practice", sa.Boolean, nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("room", sa.String(64), nullable=False),
        sa.Column("node", sa.String(32)),
        sa.Column("follows", sa.String(32)),
        sa.Column("opened_by", sa.String(32), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("interview_id", sa.String(32), sa.ForeignKey("interviews.id"), index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("beside", sa.String(32)),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("recorder", sa.String(16), nullable=False),
        sa.Column("node", sa.String(32)),
        sa.Column("epoch", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True)),
        sa.Column("records", sa.BigInteger),
        sa.Column("duration", sa.BigInteger),
        sa.Column("manifest_digest", sa.String(64)),
        sa.Column("reason", sa.String(64)),
        sa.Column("segment_sizes", sa.JSON),
        sa.Index(
            "ix_evidence_part",
            "interview_id",
            "number",
            unique=True,
            sqlite_where=sa.text("beside IS NULL"),
            postgresql_where=sa.text("beside IS NULL"),
        ),
    )
    op.create_table(
        "exclusions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("evidence_id", sa.String(32), sa.ForeignKey("evidence.id"), nullable=False, index=True),
        sa.Column("begins", sa.BigInteger),
        sa.Column("ends", sa.BigInteger),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("entered_by", sa.String(32), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("restored_by", sa.String(32)),
        sa.Column("restored_at", sa.DateTime(timezone=True)),
        sa.Column("restored_position", sa.BigInteger),
    )
    op.create_table(
        "viewings",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("evidence_id", sa.String(32), sa.ForeignKey("evidence.id"), index=True),
        sa.Column("interview_id", sa.String(32), sa.ForeignKey("interviews.id"), index=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), index=True),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("grant_id", sa.String(32)),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger),
    )


def _photographs() -> None:
    op.create_table(
        "exams",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("figure", sa.String(16), nullable=False),
        sa.Column("follows", sa.String(32)),
        sa.Column("opened_by", sa.String(32), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("injuries", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("known_by", sa.String(64)),
        sa.Column("format", sa.String(16)),
        sa.Column("intimate", sa.Boolean, nullable=False),
        sa.Column("exam_id", sa.String(32)),
        sa.Column("view", sa.String(32)),
        sa.Column("injury", sa.BigInteger),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "intimate_requests",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("evidence_id", sa.String(32), sa.ForeignKey("evidence.id"), nullable=False, index=True),
        sa.Column("requested_by", sa.String(32), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("decided_by", sa.String(32)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("approved", sa.Boolean),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "photographs",
        sa.Column("evidence_id", sa.String(32), sa.ForeignKey("evidence.id"), primary_key=True),
        sa.Column("added_by", sa.String(32), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("known_by", sa.String(64), index=True),
        sa.Column("intimate", sa.Boolean, nullable=False),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("exam_id", sa.String(32), index=True),
        sa.Column("view", sa.String(32)),
        sa.Column("injury", sa.BigInteger),
    )


def _working_copies() -> None:
    op.create_table(
        "derivatives",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("interview_id", sa.String(32), sa.ForeignKey("interviews.id"), index=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("sources", sa.JSON, nullable=False),
        sa.Column("edits", sa.JSON(none_as_null=True)),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("failure", sa.String(64)),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("ordered_by", sa.String(32), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.Boolean),
        sa.Column("checked_by", sa.String(32)),
        sa.Column("checked_at", sa.DateTime(timezone=True)),
        sa.Column("checked_position", sa.BigInteger),
        sa.Column("authors", sa.JSON(none_as_null=True)),
    )
    op.create_table(
        "edit_lists",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("interview_id", sa.String(32), sa.ForeignKey("interviews.id"), nullable=False, index=True),
        sa.Column("parts", sa.JSON, nullable=False),
        sa.Column("edits", sa.JSON, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("begun_by", sa.String(32), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(32), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authors", sa.JSON, nullable=False),
    )
    op.create_table(
        "transcript_drafts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("evidence_id", sa.String(32), sa.ForeignKey("evidence.id"), nullable=False, index=True),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("translates", sa.String(32)),
        sa.Column("replaces", sa.String(32)),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("brought", sa.LargeBinary),
        sa.Column("begun_by", sa.String(32), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(32), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authors", sa.JSON, nullable=False),
        sa.Column("kept_as", sa.String(32)),
        sa.Column("kept_whole", sa.Boolean, nullable=False),
        sa.Index("ix_transcript_drafts_one", "evidence_id", "language", unique=True),
    )


def _retention() -> None:
    op.create_table(
        "disposals",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("item", sa.String(32), nullable=False, index=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("requested_by", sa.String(32), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_position", sa.BigInteger, nullable=False),
        sa.Column("decided_by", sa.String(32)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_position", sa.BigInteger),
        sa.Column("approved", sa.Boolean),
        sa.Column("disposed_at", sa.DateTime(timezone=True)),
        sa.Column("disposed_position", sa.BigInteger),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "hold_standings",
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("place", sa.String(64), primary_key=True),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trouble", sa.String(64)),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("placed_by", sa.String(32), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("lifted_by", sa.String(32)),
        sa.Column("lifted_at", sa.DateTime(timezone=True)),
        sa.Column("lifted_position", sa.BigInteger),
    )
    op.create_table(
        "disposal_places",
        sa.Column("disposal_id", sa.String(32), sa.ForeignKey("disposals.id"), primary_key=True),
        sa.Column("place", sa.String(64), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trouble", sa.String(64)),
    )
    op.create_table(
        "disposed_versions",
        sa.Column("disposal_id", sa.String(32), sa.ForeignKey("disposals.id"), primary_key=True),
        sa.Column("place", sa.String(64), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("wrap", sa.Boolean, nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True)),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True)),
    )


def _nodes() -> None:
    op.create_table(
        "nodes",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("recorder", sa.String(16), nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "work_leases",
        sa.Column("work", sa.String(32), primary_key=True),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("term", sa.BigInteger, nullable=False),
    )


def _ledger() -> None:
    op.create_table(
        "ledger_checkpoint",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ledger_nodes",
        sa.Column("level", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statements",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("chain", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("leaf_hash", sa.String(64), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("case_id", sa.String(32), index=True),
        sa.Column("actor", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", sa.String(64)),
        sa.Column("credential", sa.String(16)),
        sa.UniqueConstraint("chain", "number"),
        sa.Index(
            "ix_statements_signed",
            "actor",
            sqlite_where=sa.text("credential IS NOT NULL"),
            postgresql_where=sa.text("credential IS NOT NULL"),
        ),
        sa.Index("ix_statements_type", "type"),
    )
    op.create_table(
        "sealed_details",
        sa.Column("commitment", sa.String(64), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )


def _witnesses() -> None:
    op.create_table(
        "authority_states",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trouble", sa.String(64)),
    )
    op.create_table(
        "cosignatures",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "ledger_readers",
        sa.Column("token_digest", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("entries", sa.Boolean, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "timestamps",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("authority", sa.String(64), primary_key=True),
        sa.Column("response", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renewed", sa.BigInteger),
    )
    op.create_table(
        "witness_states",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trouble", sa.String(200)),
    )
    op.create_table(
        "alarms",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ours", sa.LargeBinary),
        sa.Column("theirs", sa.LargeBinary),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.Column("seen_by", sa.String(32), sa.ForeignKey("people.id")),
    )


def _copies() -> None:
    op.create_table(
        "copy_passes",
        sa.Column("copy", sa.String(64), primary_key=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("full_at", sa.DateTime(timezone=True)),
        sa.Column("trouble", sa.String(64)),
    )
    op.create_table(
        "published_catalogue",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "published_copies",
        sa.Column("copy", sa.String(64), primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("catalogue", sa.BigInteger, nullable=False),
        sa.Column("checked", sa.BigInteger),
        sa.Column("checked_since", sa.DateTime(timezone=True)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True)),
        sa.Column("trouble", sa.String(64)),
    )
    op.create_table(
        "copy_findings",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("copy", sa.String(64), nullable=False),
        sa.Column("evidence_id", sa.String(32), sa.ForeignKey("evidence.id"), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("wrong", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger),
        sa.Column("span_from", sa.BigInteger),
        sa.Column("span_to", sa.BigInteger),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repaired_at", sa.DateTime(timezone=True)),
        sa.Column("position", sa.BigInteger),
        sa.Index("ix_copy_findings_item", "copy", "evidence_id"),
    )
    op.create_table(
        "copy_readings",
        sa.Column("copy", sa.String(64), primary_key=True),
        sa.Column("evidence_id", sa.String(32), sa.ForeignKey("evidence.id"), primary_key=True),
        sa.Column("looked_at", sa.DateTime(timezone=True)),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.Column("size", sa.BigInteger),
        sa.Column("stated_at", sa.DateTime(timezone=True)),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
    )
