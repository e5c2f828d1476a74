"""Hand a database's address to PostgreSQL's programs without showing its password.

    address=$(printf %s "$AMANA_DATABASE" | python -m casework.database.service_file FILE)
    PGSERVICEFILE=FILE pg_dump … "$address"

Everybody on a machine can read the arguments of a program. So an address with a secret in it is written to a
connection service file (PostgreSQL manual, *The Connection Service File*), which only its owner can read, and
the program gets the service's name. `deploy/backup` does this.
"""

from __future__ import annotations

import sys
from pathlib import Path

from casework.database import postgresql

SERVICE = "amana"
_SECRETS = frozenset(
    {"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"}
)


def split(url: str) -> tuple[str, str]:
    """Return an address that may be shown, and the content of the service file that it needs; empty: none.

    Raises `ValueError` for an address that libpq would not take, or that has a secret beside `service=`.
    """
    options = postgresql.options_in(url)
    if not _SECRETS & options.keys():
        return url, ""
    if "service" in options:
        raise ValueError("an address with service= keeps its password in the service file, too")
    if any("\n" in value or value != value.strip() for value in options.values()):
        raise ValueError("a service file has one line for each value, without blanks around it")
    return f"service={SERVICE}", "".join(
        [f"[{SERVICE}]\n", *(f"{name}={value}\n" for name, value in options.items())]
    )


def main(arguments: list[str]) -> int:
    """Read an address from standard input, write the service file, and print what to call programs with."""
    try:
        address, content = split(sys.stdin.read().strip())
    except ValueError as error:
        print(f"AMANA_DATABASE: {error}", file=sys.stderr)
        return 1
    path = Path(arguments[0])
    path.touch(0o600)
    path.chmod(0o600)
    path.write_text(content)
    print(address)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
