"""Certificate chains from a timestamp's signer up to the authority that the policy names.

Validity is checked **at the token's own time**. A court verifies years later, when every certificate of that
day may have expired. What counts is that the token was made while they were valid; renewal extends this.

Only a small part of X.509 is accepted (`certificate_form`, `public_keys`). An unknown condition is refused,
never skipped; name constraints are refused too. No revocation lists are read: a compromised authority is
removed from the policy.

Trusts the anchor. Raises `NotProved`, and `Malformed` for an invalid anchor.

Specification: docs/spec/time.md section 8; RFC 5280 section 6; RFC 3161 section 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chain_of_custody.errors import Malformed, NotProved
from chain_of_custody.timestamping.certificate_form import (
    CONTENT_COMMITMENT,
    DIGITAL_SIGNATURE,
    KEY_CERT_SIGN,
    Certificate,
    parse_certificate,
)
from chain_of_custody.timestamping.public_keys import verifies

STEP = "time"
MAX_ANCHOR = 8_192
"""Maximum bytes of an authority's certificate."""
MAX_CHAIN = 4
"""Maximum certificates above the signer's, including the authority's own."""

_TIME_STAMPING, _ANY_PURPOSE = "1.3.6.1.5.5.7.3.8", "2.5.29.37.0"


def parse_anchor(der: bytes) -> Certificate:
    """Parse the certificate of an authority: self-signed, with a key of an accepted kind.

    Raises `Malformed` if it is no such certificate. Its dates are checked later, at a token's time.
    """
    if len(der) > MAX_ANCHOR:
        raise Malformed(f"authority: its certificate has more than {MAX_ANCHOR} bytes")
    try:
        certificate = parse_certificate(der)
        check_certificate(certificate)
    except (Malformed, NotProved) as error:
        raise Malformed(f"authority: {error}") from error
    if not issued(certificate, certificate):
        raise Malformed("authority: not a certificate that signs itself")
    return certificate


def check_purpose(signer: Certificate) -> None:
    """Raise `NotProved` unless it may sign timestamps, and nothing else (RFC 3161 section 2.3)."""
    check_certificate(signer)
    if signer.purposes is None or not signer.purposes.critical:
        raise NotProved(STEP, "the signer's certificate is not for timestamps")
    if signer.purposes.of != (_TIME_STAMPING,):
        raise NotProved(STEP, "the signer's certificate is not for timestamps alone")
    _check_usage(signer, DIGITAL_SIGNATURE | CONTENT_COMMITMENT)


def chain_to(
    anchor: Certificate, signer: Certificate, others: Sequence[Certificate], at: datetime
) -> list[Certificate]:
    """Return the chain from the signer's certificate to the anchor, all valid at the time `at`.

    Each is issued by the next: the anchor if it issued it, else the first of `others` that did and is not in
    the chain yet. No other way is tried.
    """
    chain = [signer]
    while chain[-1].der != anchor.der:
        if len(chain) > MAX_CHAIN:
            raise NotProved(STEP, f"the chain of certificates is longer than {MAX_CHAIN}")
        candidates = [anchor, *(one for one in others if one not in chain)]
        issuer = next((one for one in candidates if issued(chain[-1], one)), None)
        if issuer is None:
            raise NotProved(STEP, "the signer's certificate is not from this authority")
        check_certificate(issuer)
        _check_authority(issuer, below=len(chain) - 1)
        chain.append(issuer)
    if any(not one.begin <= at <= one.end for one in chain):
        raise NotProved(STEP, "a certificate was not valid at the time of the timestamp")
    return chain


def issued(certificate: Certificate, issuer: Certificate) -> bool:
    """Return whether `issuer` has signed `certificate`, under its own name."""
    return certificate.issuer == issuer.subject and verifies(
        issuer.key, certificate.signing, certificate.signature, certificate.tbs
    )


def check_certificate(certificate: Certificate) -> None:
    """Raise `NotProved` unless key and conditions are of accepted kinds."""
    if certificate.key is None:
        raise NotProved(STEP, "a certificate with a key of a kind that is not taken")
    if certificate.unknown:
        raise NotProved(STEP, "a certificate with a condition that is not known")


def _check_authority(issuer: Certificate, below: int) -> None:
    """Raise `NotProved` unless it may issue certificates with `below` more between it and the signer's."""
    if not issuer.ca:
        raise NotProved(STEP, "a certificate was issued by one that may not issue any")
    if issuer.path_length is not None and issuer.path_length < below:
        raise NotProved(STEP, "a certificate was issued further down than its authority allows")
    _check_usage(issuer, KEY_CERT_SIGN)
    if issuer.purposes is not None and not {_TIME_STAMPING, _ANY_PURPOSE} & {*issuer.purposes.of}:
        raise NotProved(STEP, "a certificate was issued by one that is not for timestamps")


def _check_usage(certificate: Certificate, any_of: int) -> None:
    if certificate.usage is not None and not certificate.usage & any_of:
        raise NotProved(STEP, "a certificate was used for what its key is not for")
