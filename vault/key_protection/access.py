"""Access of this machine to the protection of its keys, with what a person typed to open them.

Locations and file names come from the settings of the keyholder's process. The key files never name the
library or server: otherwise write access to a key file would decide which code runs here.
Secrets are read from their files on use, and appear in no representation.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from vault.errors import KeyFileExposed, ProtectionRefused

MAX_CREDENTIALS = 4096  # bytes


@dataclass(frozen=True)
class Pkcs11:
    """A PKCS#11 token, as of an HSM."""

    module: Path
    """The vendor's library (`.so`), loaded into this process."""
    pin: Path | None = None
    """File with the PIN for keys that open without a person, mode 0600; None: no such file."""
    refused: Path | None = None
    """File that records that the token refused that PIN, so that it is not tried again."""


@dataclass(frozen=True)
class OpenBao:
    """An OpenBao or Vault server."""

    address: str
    """`https://HOST[:PORT]`; `http` on loopback alone."""
    authority: Path | None = None
    """PEM file with the authorities trusted to certify the server; None: the system's."""
    credentials: Path | None = None
    """File with this machine's sign-in credentials, mode 0600 (`vault.key_protection.openbao`); None: no
    such file."""


@dataclass(frozen=True)
class Access:
    """The means with which a key file may be opened."""

    pkcs11: Pkcs11 | None = None
    openbao: OpenBao | None = None
    typed: str | None = field(default=None, repr=False)
    """What a person typed: passphrase, PIN or OpenBao token. None: no person, so only files are used."""

    def by(self, typed: str) -> Access:
        """Return the same access, with what a person typed."""
        return replace(self, typed=typed)


NO_ACCESS = Access()


def read_credentials(path: Path | None, setting: str) -> str:
    """Read a small text file that only its owner may read. Raises `KeyFileExposed`, `ProtectionRefused`."""
    if path is None:
        raise ProtectionRefused(f"nobody is there to type it, and {setting} names no file")
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyFileExposed(f"{path.name} may be read by others: chmod 600 it")
            return file.read(MAX_CREDENTIALS).decode("utf-8").strip()
    except OSError as error:
        raise ProtectionRefused(f"{setting}: {path.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ProtectionRefused(f"{setting}: {path.name} is no text") from None
