"""Statement types, and what the body of each must say.

The set of types is closed: a verifier that met a type it does not know could not say what was done to the
evidence. Each has its schema here.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from chain_of_custody import canonical
from chain_of_custody.errors import Malformed
from chain_of_custody.notes import decode_base64
from chain_of_custody.origins import parse_origin

RECORDER_TYPES = frozenset(
    ("recording.started", "recording.progress", "recording.interrupted", "recording.sealed"),
)
"""What a recorder's key signs, and the center's does not."""

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
"""What the registry consists of: the chain about the deployment itself. No other chain has these."""

SEALS: Mapping[str, str] = {
    "photograph": "photograph.sealed",
    "document": "document.sealed",
    "derivative": "derivative.made",
}
"""Of each kind of file, the statement that seals it."""
FILES_SEALED = frozenset(SEALS.values())
"""What the chain of a photograph, of a document or of a derivative begins with, and no other has."""

STATES = frozenset(("complete", "interrupted"))
"""How a recording part ended: stopped by a person, or cut off and sealed afterwards."""

ALGORITHMS = frozenset(("es256", "eddsa", "rs256"))
"""Of people's credentials, as WebAuthn has them: ECDSA on P-256, Ed25519, RSASSA-PKCS1-v1_5; SHA-256."""

KEY_KINDS = frozenset(("vault", "escrow", "ledger"))
"""What kinds of key a center has that may be exchanged."""

RECEIPT_KEYS = frozenset(("at", "key", "organisation", "outcome", "package", "signature"))
OUTCOMES = frozenset(("intact", "consistent"))
"""What a court found when it acknowledged a package."""

BASES = frozenset(("consent", "court-order"))
"""What a grant rests on."""
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
"""What kinds of derivative there are, and the format of each."""
WRITTEN = frozenset(("transcript",))
"""Those of them that people write, and no program makes."""
OF_PHOTOGRAPHS = frozenset(("comparison-sheet",))
"""Those of them that are made from photographs and from nothing else: whether one is intimate is stated."""
RELEASED = frozenset(("redacted-film", "transcript"))
"""Those of them that a second person looks at before they are relied on."""

MAX_ITEMS = 200
"""Items that one grant or one order names, or one derivative is made from."""

MAX_CREDENTIAL_KEY = 2048
"""Bytes of a credential's SubjectPublicKeyInfo."""

_RELYING_PARTY = re.compile(r"[a-z0-9.-]{1,253}")

_Check = Callable[[object, str], object]


def _positive(value: object, what: str) -> int:
    return canonical.integer(value, what, low=1)


def _key_id(value: object, what: str) -> str:
    return canonical.hexadecimal(value, 8, what)


def _key_id_or_none(value: object, what: str) -> None:
    if value is not None:
        _key_id(value, what)


def _public_key(value: object, what: str) -> bytes:
    return canonical.base64_bytes(value, 32, what)


def _sha512(value: object, what: str) -> str:
    return canonical.hexadecimal(value, 64, what)


def _one_of(words: frozenset[str]) -> _Check:
    def check(value: object, what: str) -> None:
        if not isinstance(value, str) or value not in words:
            raise Malformed(f"{what}: none of {', '.join(sorted(words))}")

    return check


def _true(value: object, what: str) -> None:
    if value is not True:
        raise Malformed(f"{what}: not true")


def _not_before(value: object, what: str) -> None:
    fields = canonical.exact_keys(value, frozenset(("root", "size")), what)
    canonical.digest(fields["root"], f"{what} root")
    canonical.integer(fields["size"], f"{what} size")


def _credential_key(value: object, what: str) -> None:
    key = decode_base64(value, what) if isinstance(value, str) else b""
    if not 1 <= len(key) <= MAX_CREDENTIAL_KEY:
        raise Malformed(f"{what}: not 1 to {MAX_CREDENTIAL_KEY} bytes in base64")


def _relying_party(value: object, what: str) -> None:
    if not isinstance(value, str) or not _RELYING_PARTY.fullmatch(value):
        raise Malformed(f"{what}: not a host name")


def _excerpt(value: object, what: str) -> None:
    if value is None:
        return
    fields = canonical.exact_keys(value, frozenset(("from", "to")), what)
    start = canonical.integer(fields["from"], f"{what} from")
    canonical.integer(fields["to"], f"{what} to", low=start + 1)


def _receipt(value: object, what: str) -> None:
    fields = canonical.exact_keys(value, RECEIPT_KEYS, what)
    canonical.instant(fields["at"], f"{what} at")
    _public_key(fields["key"], f"{what} key")
    canonical.code(fields["organisation"], f"{what} organisation")
    _one_of(OUTCOMES)(fields["outcome"], f"{what} outcome")
    canonical.digest(fields["package"], f"{what} package")
    canonical.base64_bytes(fields["signature"], 64, f"{what} signature")


def _size_or_null(value: object, what: str) -> None:
    if value is not None:
        canonical.integer(value, what)


def _instant_or_null(value: object, what: str) -> None:
    if value is not None:
        canonical.instant(value, what)


def _items_or_null(value: object, what: str) -> None:
    if value is not None:
        _items(value, what)


def _items(value: object, what: str) -> None:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_ITEMS:
        raise Malformed(f"{what}: not 1 to {MAX_ITEMS} items")
    for item in value:
        fields = canonical.exact_keys(item, frozenset(("evidence", "excerpt")), what)
        canonical.identifier(fields["evidence"], f"{what} evidence")
        _excerpt(fields["excerpt"], f"{what} excerpt")


def check_sources(value: object, what: str) -> None:
    """Raises `Malformed` unless `value` names the evidence that something was made from: each excerpt once,
    and evidence under its one manifest."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_ITEMS:
        raise Malformed(f"{what}: not 1 to {MAX_ITEMS} sources")
    for source in value:
        fields = canonical.exact_keys(source, frozenset(("evidence", "excerpt", "manifest")), what)
        canonical.identifier(fields["evidence"], f"{what} evidence")
        _excerpt(fields["excerpt"], f"{what} excerpt")
        canonical.digest(fields["manifest"], f"{what} manifest")
    spoken = [canonical.serialise(source) for source in value]
    manifests = {(source["evidence"], source["manifest"]) for source in value}
    if len(set(spoken)) < len(value) or len({evidence for evidence, _ in manifests}) < len(manifests):
        raise Malformed(f"{what}: one twice, or evidence under two manifests")


def _year(value: object, what: str) -> int:
    return canonical.integer(value, what, low=1000, high=9999)


_SEALED_FILE: Mapping[str, _Check] = {
    "format": canonical.code,
    "manifest": canonical.digest,
    "records": _positive,
    "root": canonical.digest,
    "wrap": canonical.digest,
}

_SCHEMAS: Mapping[str, Mapping[str, _Check]] = {
    "recorder.enrolled": {"key": _public_key, "name": canonical.code},
    "recorder.revoked": {"key": _key_id, "reason": canonical.code},
    "credential.enrolled": {
        "algorithm": _one_of(ALGORITHMS),
        "key": _credential_key,
        "person": canonical.identifier,
        "rp": _relying_party,
    },
    "credential.revoked": {"key": _key_id, "reason": canonical.code},
    "role.given": {"organisation": canonical.code, "person": canonical.identifier, "role": canonical.code},
    "role.withdrawn": {"person": canonical.identifier, "reason": canonical.code},
    "policy.changed": {"policy": canonical.digest},
    "timestamp.renewed": {
        "authority": canonical.code,
        "root": canonical.digest,
        "size": _positive,
        "token": _sha512,
    },
    "ledger.succeeded": {
        "origin": parse_origin,
        "root": canonical.digest,
        "seen": _size_or_null,
        "size": canonical.integer,
    },
    "interview.opened": {"practice": canonical.boolean},
    "recording.started": {
        "header": canonical.digest,
        "interview": canonical.identifier,
        "not_before": _not_before,
        "part": _positive,
        "recorder": _key_id,
        "wrap": canonical.digest,
    },
    "recording.progress": {"records": _positive, "root": canonical.digest},
    "recording.interrupted": {"reason": canonical.code, "records": _positive, "root": canonical.digest},
    "recording.sealed": {
        "manifest": canonical.digest,
        "records": _positive,
        "root": canonical.digest,
        "state": _one_of(STATES),
    },
    "seal.confirmed": {"manifest": canonical.digest},
    "photograph.sealed": {**_SEALED_FILE, "intimate": canonical.boolean},
    "document.sealed": _SEALED_FILE,
    "derivative.made": {**_SEALED_FILE, "kind": _one_of(frozenset(DERIVATIVES)), "sources": check_sources},
    "derivative.checked": {"accepted": canonical.boolean},
    "photographs.viewed": {"count": _positive},
    "intimate.requested": {"request": canonical.identifier},
    "intimate.approved": {"person": canonical.identifier, "request": canonical.identifier},
    "intimate.refused": {"person": canonical.identifier, "request": canonical.identifier},
    "exam.opened": {"figure": canonical.code},
    "exam.noted": {"injuries": canonical.integer},
    "exam.closed": {"missing": canonical.integer},
    "evidence.viewed": {},
    "evidence.exported": {
        "excerpt": _excerpt,
        "package": canonical.digest,
        "registry": canonical.integer,
    },
    "export.ordered": {"items": _items, "order": canonical.identifier, "viewing": canonical.boolean},
    "evidence.verified": {
        "copy": canonical.code,
        "damaged": canonical.integer,
        "repaired": canonical.integer,
        "sound": canonical.integer,
        "surplus": canonical.integer,
    },
    "evidence.rehashed": {
        "algorithm": _one_of(frozenset(("sha-512",))),
        "manifest": _sha512,
        "records": _positive,
        "root": _sha512,
    },
    "custody.transferred": {"receipt": _receipt},
    "case.described": {},
    "case.given": {"person": canonical.identifier},
    "case.withdrawn": {"person": canonical.identifier},
    "grant.given": {
        "basis": _one_of(BASES),
        "from": canonical.instant,
        "grant": canonical.identifier,
        "items": _items_or_null,
        "kind": _one_of(GRANT_KINDS),
        "person": canonical.identifier,
        "until": canonical.instant,
    },
    "grant.accepted": {"grant": canonical.identifier},
    "grant.withdrawn": {"grant": canonical.identifier, "reason": canonical.code},
    "copy.authorised": {"grant": canonical.identifier},
    "consent.recorded": {
        "by": canonical.code,
        "form": canonical.code,
        "language": canonical.code,
        "outcome": _one_of(CONSENT_OUTCOMES),
        "subject": canonical.code,
    },
    "consent.withdrawn": {"by": canonical.code, "form": canonical.code, "subject": canonical.code},
    "passage.excluded": {"excerpt": _excerpt, "exclusion": canonical.identifier, "reason": canonical.code},
    "passage.restored": {"exclusion": canonical.identifier, "reason": canonical.code},
    "retention.set": {"kind": canonical.code, "until": _instant_or_null},
    "hold.placed": {"hold": canonical.identifier, "reason": canonical.code},
    "hold.lifted": {"hold": canonical.identifier, "reason": canonical.code},
    "disposal.authorised": {"disposal": canonical.identifier, "reason": canonical.code},
    "disposal.refused": {"disposal": canonical.identifier, "reason": canonical.code},
    "evidence.disposed": {
        "disposal": canonical.identifier,
        "list": canonical.digest,
        "objects": canonical.integer,
        "pending": canonical.integer,
        "wraps": canonical.integer,
    },
    "statistics.viewed": {"report": canonical.code, "year": _year},
    "key.rotated": {
        "items": canonical.integer,
        "key": _key_id,
        "kind": _one_of(KEY_KINDS),
        "replaces": _key_id_or_none,
        "state": _one_of(frozenset(("begun", "complete"))),
    },
}

_OPTIONAL: Mapping[str, Mapping[str, _Check]] = {
    "evidence.exported": {"grant": canonical.identifier, "order": canonical.identifier},
    "evidence.viewed": {"grant": canonical.identifier},
    "export.ordered": {"excluded": _true},
    "interview.opened": {"earlier": _positive, "follows": canonical.identifier},
    "recording.started": {"beside": canonical.identifier, "escrow": canonical.digest},
    "photograph.sealed": {
        "agreed": canonical.boolean,
        "escrow": canonical.digest,
        "exam": canonical.identifier,
    },
    "derivative.made": {"escrow": canonical.digest, "intimate": canonical.boolean},
    "document.sealed": {"escrow": canonical.digest, "exam": canonical.identifier},
    "exam.opened": {"follows": canonical.identifier},
}
"""Members that a body may have or not."""

TYPES = frozenset(_SCHEMAS)
"""Every type of statement there is."""


def check_body(type_: str, body: object) -> None:
    """Raises `Malformed` unless `body` says what a statement of `type_` must say, and nothing else."""
    if not isinstance(body, Mapping):
        raise Malformed("statement body: not a JSON object")
    schema = _SCHEMAS.get(type_)
    if schema is None:
        raise Malformed(f"no type of statement: {type_[:64]}")
    optional = {name: check for name, check in _OPTIONAL.get(type_, {}).items() if name in body}
    fields = canonical.exact_keys(dict(body), frozenset(schema) | optional.keys(), f"{type_} body")
    for name, check in (*schema.items(), *optional.items()):
        check(fields[name], f"{type_} {name}")
    if type_ == "derivative.made":
        _check_kind(fields)


def _check_kind(fields: Mapping[str, object]) -> None:
    """What a derivative's kind says of the rest of its body."""
    kind, sources = fields["kind"], fields["sources"]
    assert isinstance(kind, str)
    assert isinstance(sources, list)
    if fields["format"] != DERIVATIVES[kind]:
        raise Malformed("derivative.made format: not that of its kind")
    if ("intimate" in fields) != (kind in OF_PHOTOGRAPHS):
        raise Malformed("derivative.made intimate: of what is made from photographs, and of nothing else")
    if kind in OF_PHOTOGRAPHS and any(source["excerpt"] is not None for source in sources):
        raise Malformed("derivative.made sources: minutes of a photograph")
