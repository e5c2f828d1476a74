"""The configuration that a recorder child reads from its standard input: one JSON object, then the end.

The supervisor writes it. It is the only channel for the recorder's private key: not the command line or the
environment, which others on the machine can read, and not the web process, which must not have it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ChildConfig:
    """Start parameters of one child."""

    interview: str
    """32 hex digits."""
    socket: Path
    """The child's Unix socket for the web process; created with mode 0600, removed at the end."""
    spool: Path
    """Root of the parts' durable folders: `<spool>/<evidence>/`."""
    reserve: int
    """Bytes reserved for sealing."""
    addresses: tuple[str, ...]
    """IP addresses of this machine to offer to cameras; empty: all but loopback."""
    recover: str | None
    """Evidence id of a part whose child has died. This child only seals it, and ends."""
    log_level: str
    """`debug`, `info`, `warning` or `error`; the log is standard error."""
    recorder_key: bytes = b""
    """Ed25519 private key, 32 bytes; filled in by the supervisor."""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that the child reads from standard input; the private key in base64."""
        return {
            "interview": self.interview,
            "socket": str(self.socket),
            "spool": str(self.spool),
            "reserve": self.reserve,
            "addresses": list(self.addresses),
            "recover": self.recover,
            "log_level": self.log_level,
            "recorder_key": base64.b64encode(self.recorder_key).decode(),
        }

    @classmethod
    def parse(cls, text: str | bytes) -> ChildConfig:
        """Raises `ValueError`, `KeyError` or `TypeError` for anything but the output of `to_json`."""
        return cls.from_json(json.loads(text))

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ChildConfig:
        """Convert the object of `to_json` back. Raises `ValueError`, `KeyError` or `TypeError`."""
        return cls(
            interview=str(values["interview"]),
            socket=Path(values["socket"]),
            spool=Path(values["spool"]),
            reserve=int(values["reserve"]),
            addresses=tuple(str(address) for address in values["addresses"]),
            recover=None if values["recover"] is None else str(values["recover"]),
            log_level=str(values["log_level"]),
            recorder_key=base64.b64decode(values["recorder_key"], validate=True),
        )
