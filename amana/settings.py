"""Everything that can be set from outside, read in this one place.

Settings come from the environment (`AMANA_…`) and from the command line, which wins. The rest of the house
gets this frozen object, or values from it; no other module reads the environment. Nothing needs to be set to
try Amana out.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

MIB = 1024 * 1024


class SettingInvalid(ValueError):
    """A setting that cannot be used; the message names it and says what would do."""


@dataclass(frozen=True)
class Settings:
    """Where things are and how much is allowed."""

    data: Path = Path("var/amana")
    """Folder of everything Amana keeps on this machine. `AMANA_DATA`."""
    host: str = "127.0.0.1"
    """Address the web process listens on. `AMANA_HOST`."""
    port: int = 8420
    """TCP port the web process listens on; 0 for any free one. `AMANA_PORT`."""
    address: str = ""
    """What people type, e.g. `https://amana.example`; empty: made from host and port. `AMANA_ADDRESS`."""
    organisation: str = "one-stop-center"
    """The center's code in statements (`a-z`, `0-9`, `.`, `_`, `-`). `AMANA_ORGANISATION`."""
    media_addresses: tuple[str, ...] = ()
    """IP addresses of this machine that the recorder offers to cameras, comma-separated; empty: loopback
    when listening on loopback, else all. `AMANA_MEDIA_ADDRESSES`."""
    reserve: int = 64 * MIB
    """Bytes kept free on the spool's disk per recording, so that a full disk can still be sealed.
    `AMANA_RESERVE_MIB`, in MiB."""
    log_level: str = "info"
    """`debug`, `info`, `warning` or `error`. `AMANA_LOG_LEVEL`."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SettingInvalid(f"AMANA_PORT: {self.port} is no TCP port (0 to 65535)")
        if self.reserve < MIB:
            raise SettingInvalid("AMANA_RESERVE_MIB: at least 1 MiB has to stay free for sealing")
        if self.log_level not in ("debug", "info", "warning", "error"):
            raise SettingInvalid("AMANA_LOG_LEVEL: debug, info, warning or error")
        if not re.fullmatch(r"[a-z0-9._-]{1,64}", self.organisation):
            raise SettingInvalid("AMANA_ORGANISATION: a code of a-z, 0-9, . _ and -, such as ramallah-center")
        if self.address:
            parts = urlsplit(self.address)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
                raise SettingInvalid(
                    "AMANA_ADDRESS: a scheme and a host alone, such as https://amana.example"
                )
        for text in self.media_addresses:
            try:
                ipaddress.ip_address(text)
            except ValueError:
                raise SettingInvalid(f"AMANA_MEDIA_ADDRESSES: {text} is no IP address") from None

    @property
    def database(self) -> Path:
        return self.data / "database.sqlite"

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def spool(self) -> Path:
        return self.data / "spool"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def log(self) -> Path:
        return self.data / "log"

    @property
    def copies(self) -> Mapping[str, Path]:
        """The two copies by name. In production they belong on two machines with two credentials."""
        return {"first-copy": self.data / "first-copy", "second-copy": self.data / "second-copy"}

    @property
    def keyholder_socket(self) -> Path:
        return self.run / "keyholder.sock"

    @property
    def supervisor_socket(self) -> Path:
        return self.run / "supervisor.sock"

    def recorder_socket(self, interview: str) -> Path:
        return self.run / f"recorder-{interview}.sock"


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the environment, defaults for the rest. Raises `SettingInvalid`."""

    def number(name: str, default: int) -> int:
        text = environ.get(name, "")
        try:
            return int(text) if text else default
        except ValueError:
            raise SettingInvalid(f"{name}: {text!r} is no whole number") from None

    default = Settings()
    return Settings(
        data=Path(environ.get("AMANA_DATA") or default.data),
        host=environ.get("AMANA_HOST") or default.host,
        port=number("AMANA_PORT", default.port),
        address=environ.get("AMANA_ADDRESS", "").rstrip("/"),
        organisation=environ.get("AMANA_ORGANISATION") or default.organisation,
        media_addresses=tuple(
            part.strip() for part in environ.get("AMANA_MEDIA_ADDRESSES", "").split(",") if part.strip()
        ),
        reserve=number("AMANA_RESERVE_MIB", default.reserve // MIB) * MIB,
        log_level=environ.get("AMANA_LOG_LEVEL") or default.log_level,
    )
