"""The first schema: the tables that the models describe.

Nothing has been released yet, so there is no database of an earlier schema, and one definition is enough. The
first release freezes this revision: the first change of a model after it writes the tables out here as they
were released, and adds the next revision. There is no downgrade: to return to an older version of the
software, restore the backup made before the upgrade.
"""

from __future__ import annotations

from alembic import op

from casework.database.models import Base

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, with constraint names by the models' naming convention."""
    Base.metadata.create_all(op.get_bind())
