"""People's names sealed under the catalogue key.

Names from before are sealed in the same transaction as their column goes, so it happens to all or to none.
What SQLite's file held of them is overwritten; a PostgreSQL server's is, once `VACUUM FULL people` has run
(docs/operations.md). Backups from before have the names in clear.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PEOPLE = sa.table(
    "people",
    sa.column("id", sa.String),
    sa.column("name", sa.String),
    sa.column("sealed_name", sa.LargeBinary),
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")  # what is taken out is overwritten
    # It may be empty: SQLite cannot make a column afterwards that must have a value.
    op.add_column("people", sa.Column("sealed_name", sa.LargeBinary))
    found = connection.execute(sa.select(_PEOPLE.c.id, _PEOPLE.c.name)).all()
    sealer = context.config.attributes.get("sealer")
    for person, name in found:
        if sealer is None:
            raise RuntimeError("names in this database have to be sealed, and no keyholder was given")
        # As people's names were sealed then, whatever becomes of them later.
        [sealed] = sealer.seal_catalogue([(f"people/{person}/name".encode(), name.encode())])
        connection.execute(_PEOPLE.update().where(_PEOPLE.c.id == person).values(sealed_name=sealed))
    op.drop_column("people", "name")
