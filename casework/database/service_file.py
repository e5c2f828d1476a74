"""Passing a database's address to PostgreSQL's programs without exposing its password. Every user of a
machine can read the arguments of a program. So an address with a secret in it is written to a connection
service file (PostgreSQL manual, *The Connection Service File*), which only its owner can read, and the
program gets the service's name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from casework.database import postgresql

SERVICE = "amana"
_SECRETS = frozenset(
    {"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"}
)


@contextmanager
def address_to_show(url: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the address for a program's arguments, and the variables for its environment.

    Raises `ValueError` as `split`.
    """
    address, content = split(url)
    with tempfile.NamedTemporaryFile("w", prefix="amana-service-") as file:  # readable only by its owner
        file.write(content)
        file.flush()
        yield address, {"PGSERVICEFILE": file.name} if content else {}


def split(url: str) -> tuple[str, str]:
    """Return an address without secrets, and the content of the service file that it needs; empty: none.

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
