"""Statement types and the schema of each body.

The set of types is closed: a verifier that met an unknown type could not say what was done to the evidence.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.json_object import (
    Reader,
    base64_bytes,
    hexadecimal,
    object_of,
    one_of,
    or_none,
    whole,
)
from chain_of_custody.encoding.signed_note import decode_base64
from chain_of_custody.errors import Malformed
from chain_of_custody.tlog.origin import parse_origin

RECORDER_TYPES = frozenset(
    ("recording.started", "recording.progress", "recording.interrupted", "recording.sealed"),
)
"""Types that a recorder's key signs and the center's does not."""

REGISTRY_TYPES = frozenset(
    (
        "recorder.enrolled",
        "recorder.revoked",
        "credential.enrolled",
        "credential.revoked",
        "role.given",
        "role.withdrawn",
        "policy.changed",
        "timestamp.renewed",
        "key.rotated",
        "ledger.succeeded",
    )
)
"""Types of the registry, the chain about the deployment itself. No other chain has these."""

SEALS: Mapping[str, str] = {
    "photograph": "photograph.sealed",
    "document": "document.sealed",
    "derivative": "derivative.made",
}
"""Kind of file → type of the statement that seals it."""
FILES_SEALED = frozenset(SEALS.values())
"""Types that begin the chain of a photograph, document or derivative, and occur in no other chain."""

STATES = frozenset(("complete", "interrupted"))
"""How a recording part ended: stopped by a person, or cut off and sealed afterwards."""

ALGORITHMS = frozenset(("es256", "eddsa", "rs256"))
"""Algorithms of people's WebAuthn credentials: ECDSA on P-256, Ed25519, RSASSA-PKCS1-v1_5; SHA-256."""

KEY_KINDS = frozenset(("vault", "escrow", "ledger"))
"""Kinds of a center's keys that may be exchanged."""

OUTCOMES = frozenset(("intact", "consistent"))
"""Results that a court may state when it acknowledges a package."""

BASES = frozenset(("consent", "court-order"))
"""Legal basis of a grant."""
GRANT_KINDS = frozenset(("copy", "view"))
CONSENT_OUTCOMES = frozenset(("given", "limited", "refused"))

DERIVATIVES: Mapping[str, str] = {
    "comparison-sheet": "jpeg",
    "composed-film": "mp4",
    "contact-sheet": "jpeg",
    "redacted-film": "mp4",
    "still": "jpeg",
    "transcript": "vtt",
}
"""Kind of derivative → its format."""
WRITTEN = frozenset(("transcript",))
"""Kinds of derivative that people write; no program makes them."""
OF_PHOTOGRAPHS = frozenset(("comparison-sheet",))
"""Kinds made only from photographs; their statement says whether the derivative is intimate."""
RELEASED = frozenset(("redacted-film", "transcript"))
"""Kinds that a second person checks before they are relied on."""

MAX_ITEMS = 200
"""Maximum items that one grant or one order names, or that one derivative is made from."""

MAX_CREDENTIAL_KEY = 2048
"""Maximum bytes of a credential's SubjectPublicKeyInfo."""

_RELYING_PARTY = re.compile(r"[a-z0-9.-]{1,253}")

_positive = whole(low=1)
_year = whole(1000, 9999)
_key_id = hexadecimal(8)
_sha512 = hexadecimal(64)
_public_key = base64_bytes(32)


def _true(value: object, what: str) -> bool:
    if value is not True:
        raise Malformed(f"{what}: not true")
    return value


def _credential_key(value: object, what: str) -> bytes:
    key = decode_base64(value, what) if isinstance(value, str) else b""
    if not 1 <= len(key) <= MAX_CREDENTIAL_KEY:
        raise Malformed(f"{what}: not 1 to {MAX_CREDENTIAL_KEY} bytes in base64")
    return key


def _relying_party(value: object, what: str) -> str:
    if not isinstance(value, str) or not _RELYING_PARTY.fullmatch(value):
        raise Malformed(f"{what}: not a host name")
    return value


def _span(value: object, what: str) -> Mapping[str, Any]:
    span = object_of(**{"from": canonical_json.integer, "to": canonical_json.integer})(value, what)
    canonical_json.integer(span["to"], f"{what} to", low=span["from"] + 1)
    return span


_excerpt = or_none(_span)


def _several(name: str, read: Reader[Any]) -> Reader[list[Any]]:
    """Return the reader of a list of 1 to `MAX_ITEMS`, whose errors name the list and not its item."""

    def read_all(value: object, what: str) -> list[Any]:
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_ITEMS:
            raise Malformed(f"{what}: not 1 to {MAX_ITEMS} {name}")
        return [read(one, what) for one in value]

    return read_all


_items = _several("items", object_of(evidence=canonical_json.identifier, excerpt=_excerpt))
_listed_sources = _several(
    "sources",
    object_of(evidence=canonical_json.identifier, excerpt=_excerpt, manifest=canonical_json.digest),
)


def check_sources(value: object, what: str) -> Sequence[Mapping[str, Any]]:
    """Return `value` if it lists sources: each excerpt once, one manifest for each evidence."""
    sources = _listed_sources(value, what)
    spoken = [canonical_json.serialise(source) for source in sources]
    manifests = {(source["evidence"], source["manifest"]) for source in sources}
    if len(set(spoken)) < len(sources) or len({evidence for evidence, _ in manifests}) < len(manifests):
        raise Malformed(f"{what}: one twice, or evidence under two manifests")
    return sources


_SEALED_FILE: Mapping[str, Reader[object]] = {
    "format": canonical_json.code,
    "manifest": canonical_json.digest,
    "records": _positive,
    "root": canonical_json.digest,
    "wrap": canonical_json.digest,
}

_SCHEMAS: Mapping[str, Mapping[str, Reader[object]]] = {
    "recorder.enrolled": {"key": _public_key, "name": canonical_json.code},
    "recorder.revoked": {"key": _key_id, "reason": canonical_json.code},
    "credential.enrolled": {
        "algorithm": one_of(ALGORITHMS),
        "key": _credential_key,
        "person": canonical_json.identifier,
        "rp": _relying_party,
    },
    "credential.revoked": {"key": _key_id, "reason": canonical_json.code},
    "role.given": {
        "organisation": canonical_json.code,
        "person": canonical_json.identifier,
        "role": canonical_json.code,
    },
    "role.withdrawn": {"person": canonical_json.identifier, "reason": canonical_json.code},
    "policy.changed": {"policy": canonical_json.digest},
    "timestamp.renewed": {
        "authority": canonical_json.code,
        "root": canonical_json.digest,
        "size": _positive,
        "token": _sha512,
    },
    "ledger.succeeded": {
        "origin": parse_origin,
        "root": canonical_json.digest,
        "seen": or_none(canonical_json.integer),
        "size": canonical_json.integer,
    },
    "interview.opened": {"practice": canonical_json.boolean},
    "recording.started": {
        "header": canonical_json.digest,
        "interview": canonical_json.identifier,
        "not_before": object_of(root=canonical_json.digest, size=canonical_json.integer),
        "part": _positive,
        "recorder": _key_id,
        "wrap": canonical_json.digest,
    },
    "recording.progress": {"records": _positive, "root": canonical_json.digest},
    "recording.interrupted": {
        "reason": canonical_json.code,
        "records": _positive,
        "root": canonical_json.digest,
    },
    "recording.sealed": {
        "manifest": canonical_json.digest,
        "records": _positive,
        "root": canonical_json.digest,
        "state": one_of(STATES),
    },
    "seal.confirmed": {"manifest": canonical_json.digest},
    "photograph.sealed": {**_SEALED_FILE, "intimate": canonical_json.boolean},
    "document.sealed": _SEALED_FILE,
    "derivative.made": {**_SEALED_FILE, "kind": one_of(DERIVATIVES), "sources": check_sources},
    "derivative.checked": {"accepted": canonical_json.boolean},
    "photographs.viewed": {"count": _positive},
    "intimate.requested": {"request": canonical_json.identifier},
    "intimate.approved": {"person": canonical_json.identifier, "request": canonical_json.identifier},
    "intimate.refused": {"person": canonical_json.identifier, "request": canonical_json.identifier},
    "exam.opened": {"figure": canonical_json.code},
    "exam.noted": {"injuries": canonical_json.integer},
    "exam.closed": {"missing": canonical_json.integer},
    "evidence.viewed": {},
    "evidence.exported": {
        "excerpt": _excerpt,
        "package": canonical_json.digest,
        "registry": canonical_json.integer,
    },
    "export.ordered": {
        "items": _items,
        "order": canonical_json.identifier,
        "viewing": canonical_json.boolean,
    },
    "evidence.verified": {
        "copy": canonical_json.code,
        "damaged": canonical_json.integer,
        "repaired": canonical_json.integer,
        "sound": canonical_json.integer,
        "surplus": canonical_json.integer,
    },
    "evidence.rehashed": {
        "algorithm": one_of(("sha-512",)),
        "manifest": _sha512,
        "records": _positive,
        "root": _sha512,
    },
    "custody.transferred": {
        "receipt": object_of(
            at=canonical_json.instant,
            key=_public_key,
            organisation=canonical_json.code,
            outcome=one_of(OUTCOMES),
            package=canonical_json.digest,
            signature=base64_bytes(64),
        )
    },
    "case.described": {},
    "case.given": {"person": canonical_json.identifier},
    "case.withdrawn": {"person": canonical_json.identifier},
    "grant.given": {
        "basis": one_of(BASES),
        "from": canonical_json.instant,
        "grant": canonical_json.identifier,
        "items": or_none(_items),
        "kind": one_of(GRANT_KINDS),
        "person": canonical_json.identifier,
        "until": canonical_json.instant,
    },
    "grant.accepted": {"grant": canonical_json.identifier},
    "grant.withdrawn": {"grant": canonical_json.identifier, "reason": canonical_json.code},
    "copy.authorised": {"grant": canonical_json.identifier},
    "consent.recorded": {
        "by": canonical_json.code,
        "form": canonical_json.code,
        "language": canonical_json.code,
        "outcome": one_of(CONSENT_OUTCOMES),
        "subject": canonical_json.code,
    },
    "consent.withdrawn": {
        "by": canonical_json.code,
        "form": canonical_json.code,
        "subject": canonical_json.code,
    },
    "passage.excluded": {
        "excerpt": _excerpt,
        "exclusion": canonical_json.identifier,
        "reason": canonical_json.code,
    },
    "passage.restored": {"exclusion": canonical_json.identifier, "reason": canonical_json.code},
    "retention.set": {"kind": canonical_json.code, "until": or_none(canonical_json.instant)},
    "hold.placed": {"hold": canonical_json.identifier, "reason": canonical_json.code},
    "hold.lifted": {"hold": canonical_json.identifier, "reason": canonical_json.code},
    "disposal.authorised": {"disposal": canonical_json.identifier, "reason": canonical_json.code},
    "disposal.refused": {"disposal": canonical_json.identifier, "reason": canonical_json.code},
    "evidence.disposed": {
        "disposal": canonical_json.identifier,
        "list": canonical_json.digest,
        "objects": canonical_json.integer,
        "pending": canonical_json.integer,
        "wraps": canonical_json.integer,
    },
    "statistics.viewed": {"report": canonical_json.code, "year": _year},
    "key.rotated": {
        "items": canonical_json.integer,
        "key": _key_id,
        "kind": one_of(KEY_KINDS),
        "replaces": or_none(_key_id),
        "state": one_of(("begun", "complete")),
    },
}

_OPTIONAL: Mapping[str, Mapping[str, Reader[object]]] = {
    "evidence.exported": {"grant": canonical_json.identifier, "order": canonical_json.identifier},
    "evidence.viewed": {"grant": canonical_json.identifier},
    "export.ordered": {"excluded": _true},
    "interview.opened": {"earlier": _positive, "follows": canonical_json.identifier},
    "recording.started": {"beside": canonical_json.identifier, "escrow": canonical_json.digest},
    "photograph.sealed": {
        "agreed": canonical_json.boolean,
        "escrow": canonical_json.digest,
        "exam": canonical_json.identifier,
    },
    "derivative.made": {"escrow": canonical_json.digest, "intimate": canonical_json.boolean},
    "document.sealed": {"escrow": canonical_json.digest, "exam": canonical_json.identifier},
    "exam.opened": {"follows": canonical_json.identifier},
}
"""Optional members of a body."""

TYPES = frozenset(_SCHEMAS)
"""Every statement type."""


def check_body(type_: str, body: object) -> None:
    """Raise `Malformed` unless `body` matches the schema of `type_` exactly."""
    if not isinstance(body, Mapping):
        raise Malformed("statement body: not a JSON object")
    schema = _SCHEMAS.get(type_)
    if schema is None:
        raise Malformed(f"no type of statement: {type_[:64]}")
    optional = {name: check for name, check in _OPTIONAL.get(type_, {}).items() if name in body}
    fields = canonical_json.exact_keys(dict(body), frozenset(schema) | optional.keys(), f"{type_} body")
    for name, check in (*schema.items(), *optional.items()):
        check(fields[name], f"{type_} {name}")
    if type_ == "derivative.made":
        _check_kind(fields)


def _check_kind(fields: Mapping[str, object]) -> None:
    """Check what a derivative's kind requires of the rest of its body."""
    kind, sources = fields["kind"], fields["sources"]
    assert isinstance(kind, str)
    assert isinstance(sources, list)
    if fields["format"] != DERIVATIVES[kind]:
        raise Malformed("derivative.made format: not that of its kind")
    if ("intimate" in fields) != (kind in OF_PHOTOGRAPHS):
        raise Malformed("derivative.made intimate: of what is made from photographs, and of nothing else")
    if kind in OF_PHOTOGRAPHS and any(source["excerpt"] is not None for source in sources):
        raise Malformed("derivative.made sources: minutes of a photograph")
