"""How this machine reaches what protects its keys, and what a person typed to open them.

Places and file names come from the settings of the keyholder's process; the key files themselves never say
which library is loaded or which server is asked, since whoever could write one would choose what runs here.
Secrets are read from their files when they are used, and stand in no representation.
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
    """File with the PIN for keys that open without a person, mode 0600; None: there is none."""
    refused: Path | None = None
    """Where it is noted that the token refused the PIN in that file, so that it is not tried again."""


@dataclass(frozen=True)
class OpenBao:
    """An OpenBao or Vault server."""

    address: str
    """`https://HOST[:PORT]`; `http` on loopback alone."""
    authority: Path | None = None
    """PEM file with the authorities that vouch for the server; None: the system's."""
    credentials: Path | None = None
    """File with what this machine signs in with, mode 0600 (`vault.key_protection.openbao`); None: there is
    none."""


@dataclass(frozen=True)
class Access:
    """What may be used to open a key file."""

    pkcs11: Pkcs11 | None = None
    openbao: OpenBao | None = None
    typed: str | None = field(default=None, repr=False)
    """What a person typed: passphrase, PIN or OpenBao token. None: nobody is there, so files have to do."""

    def by(self, typed: str) -> Access:
        """The same ways, with what a person typed."""
        return replace(self, typed=typed)


NO_ACCESS = Access()


def read_credentials(path: Path | None, setting: str) -> str:
    """A small text file that nobody else may read. Raises `KeyFileExposed`, `ProtectionRefused`."""
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
