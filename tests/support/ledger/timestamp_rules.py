"""What vectors of timestamps are made of: an authority whose certificates and tokens obey each rule of
docs/spec/time.md, section 8, but for what they are told otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tests.support.ledger.made_tokens import algorithm, integer, set_of, tlv
from tests.support.ledger.raw_timestamps import (
    CA,
    TIME_STAMPING,
    Certificate,
    EcKey,
    Key,
    RsaKey,
    Token,
    attribute,
    generalized,
    name,
    named,
    purposes,
    utc,
)

ROOT, MIDDLE, SIGNER, STRANGER = (EcKey(seed) for seed in ("root", "middle", "signer", "stranger"))
RSA_ROOT, RSA_SIGNER = RsaKey("root"), RsaKey("signer")
STAMPING = purposes(TIME_STAMPING)


class Vector(NamedTuple):
    """`verdict`: accepted, malformed, altered, signature, or time (its chain does not prove it)."""

    rule: str
    name: str
    verdict: str
    response: bytes
    anchor: bytes


Made = tuple[bytes, bytes]
"""A response, and the certificate of its authority."""
Cases = Iterator[tuple[str, str, Made]]
"""What is made in which way, and the verdict."""
OK, BAD, TIME, WRONG = "accepted", "malformed", "time", "signature"

FALSE = tlv(0x01, b"\x00")
ALWAYS = {"begin": utc("500101000000Z"), "end": generalized("99991231235959Z")}
PSS = algorithm("1.2.840.113549.1.1.10", tlv(0x30))


def vectors(rules: Mapping[str, Cases]) -> Iterator[Vector]:
    for rule, cases in rules.items():
        for what, verdict, made in cases:
            yield Vector(rule, what, verdict, *made)


def text(tag: int, content: bytes) -> bytes:
    """A name that is one string."""
    return name(attribute(tlv(tag, content)))


Told = Mapping[str, Any]


def root(**told: Any) -> Certificate:
    key: Key = told.get("key", ROOT)
    own = named("root")
    parts: Told = {"key": key, "by": key, "subject": own, "issuer": own, "serial": integer(1)}
    return Certificate(**{**parts, "extensions": (CA,), **told})


def below(above: Certificate, name: str, key: Key, **told: Any) -> Certificate:
    parts: Told = {"key": key, "by": above.key, "subject": named(name), "issuer": above.subject}
    return Certificate(**{**parts, **told})


def stamped(
    path: Sequence[Certificate], others: Sequence[bytes] = (), anchor: bytes | None = None, **told: Any
) -> tuple[bytes, bytes]:
    """A response by the key of the last certificate; the first is the authority's and is not sent.

    Returns the response and the authority's certificate."""
    first, *sent = path
    signer = path[-1]
    certificates = [*(one.der for one in reversed(sent)), *others]
    parts: Told = {"issuer": signer.issuer, "serial": signer.serial, "certificates": certificates}
    token = Token(**{"key": signer.key, **parts, **told})
    return token.der(), first.der if anchor is None else anchor


def by(signer: Told | None = None, *, top: Told | None = None, **told: Any) -> tuple[bytes, bytes]:
    """By a signer right below the root."""
    above = root(**(top or {}))
    key = (signer or {}).get("key", SIGNER)
    one = below(above, "signer", **{"key": key, "extensions": (STAMPING,), **(signer or {})})
    return stamped((above, one), **told)


def through(middle: Told | None = None, *, top: Told | None = None, **told: Any) -> tuple[bytes, bytes]:
    """By a signer below an intermediate certificate."""
    above = root(**(top or {}))
    between = below(
        above, "middle", **{"key": MIDDLE, "extensions": (CA,), "serial": integer(2), **(middle or {})}
    )
    return stamped((above, between, below(between, "signer", SIGNER, extensions=(STAMPING,))), **told)


def beside(**told: Any) -> tuple[bytes, bytes]:
    """With a certificate by a stranger, which no chain needs."""
    return by(others=[stranger(**told).der])


def beside_bytes(certificate: bytes) -> tuple[bytes, bytes]:
    return by(others=[certificate])


def stranger(**told: Any) -> Certificate:
    own = named("stranger")
    return Certificate(**{"key": STRANGER, "by": STRANGER, "subject": own, "issuer": own, **told})


def flat(*parts: bytes, tag: int = 0x31) -> bytes:
    """A SET OF in the order in which it is given."""
    return tlv(tag, *parts)


def two_signers(signer: bytes) -> bytes:
    return set_of(signer, signer[:-1] + bytes((signer[-1] ^ 1,)))
