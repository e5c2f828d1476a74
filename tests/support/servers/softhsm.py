"""A SoftHSM of a test's own: real PKCS#11, with tokens in a folder that the test made."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
INIT = ("softhsm2-util", "--init-token", "--free")
PIN, SO_PIN = "618033", "271828"


@dataclass(frozen=True)
class SoftHsm:
    """Tokens below `folder`. The library reads from the environment where, each time that it is set up."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> SoftHsm:
        made = cls(folder)
        made.tokens.mkdir(parents=True)
        made.configuration.write_text(
            f"directories.tokendir = {made.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        return made

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens"

    @property
    def configuration(self) -> Path:
        return self.folder / "softhsm2.conf"

    @property
    def environ(self) -> dict[str, str]:
        return {"SOFTHSM2_CONF": str(self.configuration)}

    def token(self, label: str, pin: str = PIN) -> None:
        subprocess.run(
            [*INIT, "--label", label, "--so-pin", SO_PIN, "--pin", pin],
            env={**os.environ, **self.environ},
            check=True,
            capture_output=True,
        )

    def key(self, token: str, label: str, bits: int = 256, **unlike: bool) -> None:
        """An AES key that cannot be taken out, but for what is said in `unlike`."""
        template = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True}
        template |= {Attribute[name.upper()]: value for name, value in unlike.items()}
        with self.session(token) as session:
            session.generate_key(
                KeyType.AES, bits, label=label, id=os.urandom(4), store=True, template=template
            )

    @contextmanager
    def session(self, token: str) -> Iterator[Any]:
        """For setting things up. The library is shut down afterwards, as our own code leaves it."""
        library = pkcs11.lib(str(MODULE))
        try:
            with library.get_token(token_label=token).open(user_pin=PIN, rw=True) as session:
                yield session
        finally:
            library.finalize()

    def flags(self, token: str) -> pkcs11.TokenFlag:
        """What the token says of its PIN."""
        library = pkcs11.lib(str(MODULE))
        try:
            return library.get_token(token_label=token).flags
        finally:
            library.finalize()

    @contextmanager
    def away(self) -> Iterator[None]:
        """While this lasts, no token is there."""
        hidden = self.folder / "pulled-out"
        self.tokens.rename(hidden)
        self.tokens.mkdir()
        try:
            yield
        finally:
            self.tokens.rmdir()
            hidden.rename(self.tokens)
