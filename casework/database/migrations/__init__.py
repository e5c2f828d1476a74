"""Bringing a database to the present schema, from nothing or from any released version.

The same migrations on SQLite and PostgreSQL. They run when the service starts, before anything uses the
database; there is no configuration file and no command to remember. A test holds them equal to `models`.

To add one: change `models`, then `python -m casework.database.migrations "what changes"` writes the draft.
"""

from __future__ import annotations

import functools
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from casework.database import postgresql
from casework.database.engine import writing

_FOLDER = Path(__file__).parent


def upgrade(engine: Engine) -> None:
    """Apply what is missing, in one transaction; a database that is up to date is left alone."""
    if current(engine) != newest():
        # Two processes that start at once: the second waits for the lock, and finds nothing left to do.
        with writing(engine).connect() as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                postgresql.allow_long(connection)
            command.upgrade(configuration(connection), "head")


def current(engine: Engine) -> str | None:
    """The revision the database is at; None if it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@functools.cache
def newest() -> str:
    """The revision this version of the software wants."""
    head = ScriptDirectory(str(_FOLDER)).get_current_head()
    assert head is not None
    return head


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for these migrations on this connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
