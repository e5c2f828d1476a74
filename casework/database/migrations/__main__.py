"""Draft the next migration from the models: `python -m casework.database.migrations "what changes"`.

The draft is empty as long as the first migration makes whatever the models describe (docs/decisions/0041).
"""

from __future__ import annotations

import sys

from alembic import command

from casework.database.engine import connect
from casework.database.migrations import configuration, upgrade


def main() -> int:
    """Draft against an empty database migrated to the newest revision."""
    if len(sys.argv) != 2:
        print('usage: python -m casework.database.migrations "what changes"', file=sys.stderr)
        return 2
    engine = connect("sqlite://")
    upgrade(engine)
    with engine.connect() as connection:
        command.revision(configuration(connection), message=sys.argv[1], autogenerate=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
