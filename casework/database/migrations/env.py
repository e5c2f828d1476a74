"""Run by Alembic for each command, with the connection that `casework.database.migrations` hands over."""

from __future__ import annotations

from alembic import context

from casework.database.models import Base

connection = context.config.attributes["connection"]
# SQLite cannot alter most of a table in place; batches make a new one and move the rows over.
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
