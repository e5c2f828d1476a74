"""Migrate a database to the current schema, from an empty one or from any released version.

The migrations are the same on SQLite and PostgreSQL. They run when the service starts, before anything uses
the database; no configuration file or command is needed. A test checks that they match `models`.

Until the first release there is one, which makes what `models` describes (docs/decisions/0041): a change of
`models` needs no other, and a database made before it is not changed. After the release, to add one: change
`models`, then `python -m casework.database.migrations "what changes"` writes the draft; its revision is then
`NEWEST`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from casework.database import postgresql
from casework.database.engine import writing

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0001"
"""The revision that this version of the software requires. A test compares it with the migrations."""

_FOLDER = Path(__file__).parent


def upgrade(engine: Engine) -> None:
    """Apply missing migrations, in one transaction; a database that is up to date stays unchanged."""
    if current(engine) != NEWEST:
        from alembic import command  # slow to import, and seldom needed: most databases are up to date

        # If two processes start at once, the second waits for the lock, and finds nothing left to do.
        with writing(engine).connect() as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                postgresql.allow_long(connection)
            command.upgrade(configuration(connection), "head")


def current(engine: Engine) -> str | None:
    """The revision of the database; None if it is empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision


def configuration(connection: Connection) -> Config:
    """Build Alembic's configuration for these migrations on this connection."""
    from alembic.config import Config  # as in `upgrade`

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
