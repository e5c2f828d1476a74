"""Statement types, and what the body of each must say.

The set of types is closed: a verifier that met a type it does not know could not say what was done to the
evidence. Types in use have a schema here; those whose rooms are not built yet are accepted with any
canonical object as body, and get their schema with their room.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chain_of_custody import canonical
from chain_of_custody.errors import Malformed

RECORDER_TYPES = frozenset(
    ("recording.started", "recording.progress", "recording.interrupted", "recording.sealed"),
)
"""What a recorder's key signs, and the center's does not."""

STATES = frozenset(("complete", "interrupted"))
"""How a recording part ended: stopped by a person, or cut off and sealed afterwards."""

_Check = Callable[[object, str], object]


def _part(value: object, what: str) -> int:
    return canonical.integer(value, what, low=1)


def _records(value: object, what: str) -> int:
    return canonical.integer(value, what, low=1)


def _key_id(value: object, what: str) -> str:
    return canonical.hexadecimal(value, 8, what)


def _public_key(value: object, what: str) -> bytes:
    return canonical.base64_bytes(value, 32, what)


def _state(value: object, what: str) -> None:
    if not isinstance(value, str) or value not in STATES:
        raise Malformed(f"{what}: neither complete nor interrupted")


def _not_before(value: object, what: str) -> None:
    fields = canonical.exact_keys(value, frozenset(("root", "size")), what)
    canonical.digest(fields["root"], f"{what} root")
    canonical.integer(fields["size"], f"{what} size")


_SCHEMAS: Mapping[str, Mapping[str, _Check]] = {
    "recorder.enrolled": {"key": _public_key, "name": canonical.code},
    "interview.opened": {"practice": canonical.boolean},
    "recording.started": {
        "header": canonical.digest,
        "interview": canonical.identifier,
        "not_before": _not_before,
        "part": _part,
        "recorder": _key_id,
        "wrap": canonical.digest,
    },
    "recording.progress": {"records": _records, "root": canonical.digest},
    "recording.interrupted": {"reason": canonical.code, "records": _records, "root": canonical.digest},
    "recording.sealed": {
        "manifest": canonical.digest,
        "records": _records,
        "root": canonical.digest,
        "state": _state,
    },
    "evidence.viewed": {},
    "evidence.exported": {"package": canonical.digest},
}

TYPES = frozenset(_SCHEMAS) | frozenset(
    (
        "photograph.sealed",
        "document.sealed",
        "consent.recorded",
        "consent.withdrawn",
        "grant.given",
        "grant.withdrawn",
        "evidence.verified",
        "copy.authorised",
        "custody.transferred",
        "derivative.made",
        "hold.placed",
        "hold.lifted",
        "disposal.authorised",
        "evidence.disposed",
        "evidence.rehashed",
        "key.rotated",
        "timestamp.renewed",
        "credential.enrolled",
        "credential.revoked",
        "recorder.revoked",
        "role.given",
        "role.withdrawn",
        "policy.changed",
        "ledger.succeeded",
    )
)
"""Every type of statement there is."""


def check_body(type_: str, body: object) -> None:
    """Raises `Malformed` unless `body` says what a statement of `type_` must say, and nothing else."""
    if not isinstance(body, Mapping):
        raise Malformed("statement body: not a JSON object")
    schema = _SCHEMAS.get(type_)
    if schema is None:
        canonical.serialise(dict(body))
        return
    fields = canonical.exact_keys(dict(body), frozenset(schema), f"{type_} body")
    for name, check in schema.items():
        check(fields[name], f"{type_} {name}")
