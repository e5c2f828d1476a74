"""The protocol between the keyholder and its clients: one JSON object a line, one response for each.

    → {"op": "sign_statement", "message": "…"}
    ← {"ok": {"signature": "…"}}     or     {"error": {"code": "locked", "message": "…"}}

`amana.keyholder.operations` defines the operations, `amana.keyholder.wire_values` the encoding of values.
Responses come in the order of the requests, so they carry no numbers; a client with concurrent requests opens
several connections. Both sides bound a line before reading it.

The keyholder closes idle connections. It writes nothing on them, which would be read as the response to the
next request. A request that arrives at that moment is answered with `NOT_TAKEN`, or meets a closed connection
(`amana.keyholder.client`): in both cases it is not executed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from socket import SO_PEERCRED, SOL_SOCKET, socket
from typing import Any, BinaryIO

from chain_of_custody.errors import LedgerDiverged
from vault.errors import (
    Altered,
    ItemEnded,
    KeysMissing,
    Locked,
    NotContinued,
    NotOpen,
    ObjectExists,
    OpeningOver,
    ProtectionAway,
    ProtectionRefused,
    StillKept,
    StoreUnavailable,
    UnlockSlowed,
    UnlockUnread,
    Unproven,
    VaultError,
    WriteFailed,
    WrongPassphrase,
)

MAX_LINE = 1024 * 1024  # bytes, line end included
MAX_REQUESTS = 1000  # members of a list in one request; the client splits longer lists of message keys

NOT_TAKEN = "not-taken"
"""Error code: the connection was being closed, and the request was not executed."""


class NotAllowed(VaultError):
    """The operation is not for the role in which the connection was made (`amana.keyholder.roles`)."""


CODES: Mapping[str, type[Exception]] = {
    "not-allowed": NotAllowed,
    "altered": Altered,
    "locked": Locked,
    "keys-missing": KeysMissing,
    "ended": ItemEnded,
    "not-open": NotOpen,
    "not-continued": NotContinued,
    "opening-over": OpeningOver,
    "unproven": Unproven,
    "still-kept": StillKept,
    "exists": ObjectExists,
    "not-written": WriteFailed,
    "away": StoreUnavailable,
    "wrong-passphrase": WrongPassphrase,
    "slowed": UnlockSlowed,
    "unlock-unread": UnlockUnread,
    "protection-refused": ProtectionRefused,
    "protection-away": ProtectionAway,
    "diverged": LedgerDiverged,
}
"""Error codes and the exceptions that the client raises for them; narrower errors before wider ones."""


class LineError(VaultError):
    """A line is too long, cut off, or not the required JSON object."""


def read_line(stream: BinaryIO) -> dict[str, Any] | None:
    """Return the next object, or None at the end of the stream. Raises `LineError`."""
    line = stream.readline(MAX_LINE + 1)
    if not line:
        return None
    if len(line) > MAX_LINE or not line.endswith(b"\n"):
        raise LineError("a line that is too long or cut off")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise LineError("a line that is not JSON") from None
    if not isinstance(message, dict):
        raise LineError("a line that is not a JSON object")
    return message


def write_line(stream: BinaryIO, message: Mapping[str, Any]) -> None:
    """Write one object. Raises `OSError` when the other side is gone."""
    stream.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
    stream.flush()


def peer_of(connection: socket) -> tuple[int, int]:
    """Return process id and user id of the process at the other end, as reported by the kernel."""
    credentials = connection.getsockopt(SOL_SOCKET, SO_PEERCRED, struct.calcsize("3i"))
    process, user, _group = struct.unpack("3i", credentials)
    return int(process), int(user)
