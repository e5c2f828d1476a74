"""The configuration that a recorder child reads from its standard input: one JSON object, then the end.

The supervisor writes it. It is the only channel for the recorder's private key: not the command line or the
environment, which others on the machine can read, and not the web process, which must not have it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

from chain_of_custody.encoding.json_object import (
    Count,
    Identifier,
    JsonObject,
    base64_bytes,
    list_of,
    one_of,
    text,
)

LOG_LEVELS = ("debug", "info", "warning", "error")
"""What the setting of the log's level may be, for a child and for every other process."""


def _path(value: object, what: str) -> Path:
    return Path(text(1, 4096)(value, what))


def _key(value: object, what: str) -> bytes:
    return b"" if value == "" else base64_bytes(32)(value, what)


@dataclass(frozen=True)
class ChildConfig(JsonObject):
    """Start parameters of one child."""

    what: ClassVar[str] = "configuration of a recorder"

    interview: Identifier
    listener: Count
    """Number of the child's listening Unix socket, which it inherits: it need not be able to create one."""
    spool: Annotated[Path, _path]
    """Root of the parts' durable folders: `<spool>/<evidence>/`."""
    reserve: Count
    """Bytes reserved for sealing."""
    addresses: Annotated[tuple[str, ...], list_of(text(1, 64), 0, 1_000)]
    """IP addresses of this machine to offer to cameras; empty: all but loopback."""
    recover: Identifier | None
    """Evidence id of a part whose child has ended unexpectedly. This child only seals it, and ends."""
    log_level: Annotated[str, one_of(LOG_LEVELS)]
    """The log: `casework.sandbox.process_log`."""
    recorder_key: Annotated[bytes, _key] = field(default=b"", repr=False)
    """Ed25519 private key, 32 bytes; filled in by the supervisor."""

    @classmethod
    def read(cls, data: bytes) -> ChildConfig:
        """Read the JSON text of `to_json`. Raises `ValueError` or `Malformed` for anything else."""
        return cls.from_json(json.loads(data))
