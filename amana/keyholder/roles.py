"""The operations of the keyholder that each role may request: one table.

The supervisor makes every connection to the keyholder, and states the role in which the process at its other
end has it (`amana.supervisor.broker`). Recorders and decoders get none. An operation in no row is refused, so
a new one must be added here, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["web", "command", "supervisor"]
"""The web process; a command of the service's user at a terminal; the supervisor."""

ALLOWED: Mapping[Role, frozenset[str]] = {
    "web": frozenset(
        {
            *("status", "public_keys", "unlock_key", "unlock_sealed", "lock"),
            *("keep_wraps", "check_wraps", "items_in", "noticed_wraps", "hold_wraps", "lift_wraps"),
            *("wraps_left", "destroy_wraps", "refuse_disposal"),
            *(
                "open_item",
                "message_keys",
                "open_sealed",
                "make_case_key",
                "seal_catalogue",
                "open_catalogue",
            ),
            *("sign_statement", "sign_document", "sign_checkpoint", "confirm", "take_over", "memory"),
            *("key_store", "rewrap", "drop_exchanged"),
        }
    ),
    # Workers of the web process alone hand in wrapped keys, carry out holds and disposals, and exchange keys.
    "command": frozenset(
        {
            *("status", "public_keys", "unlock_key", "unlock_sealed", "lock"),
            *("check_wraps", "items_in", "wraps_left"),
            *("open_item", "message_keys", "open_sealed", "seal_catalogue", "open_catalogue"),
            *("sign_statement", "sign_document", "sign_checkpoint", "confirm", "take_over", "memory"),
            *("key_store", "rewrapped"),
        }
    ),
    "supervisor": frozenset({"status"}),  # whether it answers yet
}
"""The operations (`amana.keyholder.operations`) of each role."""


@dataclass(frozen=True)
class Peer:
    """The process at the other end of a connection."""

    role: Role
    process: int
    """Its process id, as the supervisor knew it when it made the connection."""


def read_role(value: object) -> Role:
    """Return the role of this name. Raises `ValueError`."""
    for role in ALLOWED:
        if value == role:
            return role
    raise ValueError(f"no role {str(value)[:32]!r}; there are {', '.join(get_args(Role))}")
