"""Alembic environment, run for each command with the connection from `casework.database.migrations`."""

from __future__ import annotations

from alembic import context

from casework.database.models import Base

connection = context.config.attributes["connection"]
# SQLite cannot alter most of a table in place; batch mode creates a new table and copies the rows.
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
