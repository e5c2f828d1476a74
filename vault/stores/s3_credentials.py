"""A user's two keys for a bucket, in their own file.

    access-key AKIAEXAMPLE
    secret-key …

Two lines, for the service's user alone (mode 0600). It is read again for every request, so that keys can be
replaced while the service runs. Its contents never appear in an error, a log or a representation.
"""

from __future__ import annotations

from pathlib import Path

from minio.credentials.credentials import Credentials
from minio.credentials.providers import Provider

from vault.errors import KeyFileExposed, StoreRefused


class FileCredentials(Provider):
    """The keys in `path`, in the form the client requires."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def retrieve(self) -> Credentials:
        """Read the keys. Raises `KeyFileExposed`, `StoreRefused`."""
        name = self._path.name
        try:
            with self._path.open() as file:
                if self._path.stat().st_mode & 0o077:
                    raise KeyFileExposed(f"{name} may be read by others: chmod 600 it")
                lines = [line.split() for line in file.read(4096).splitlines() if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise StoreRefused(f"the credentials in {name} cannot be read: {type(error).__name__}") from None
        keys = {line[0]: line[1] for line in lines if len(line) == 2}
        if keys.keys() != {"access-key", "secret-key"} or len(lines) != 2:
            raise StoreRefused(f"{name} has to hold two lines: access-key … and secret-key …")
        return Credentials(keys["access-key"], keys["secret-key"])
