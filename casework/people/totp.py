"""Six-digit codes from an app on a phone: derived from a secret, shared once, and the time.

The secret is sealed under the catalogue key for its person, like a name (`sealed_names`): a stolen database
makes no codes. A code is valid in its half minute and the adjacent ones, since phones' clocks are wrong; the
matching step is returned, so that each code can be accepted once.

Specification: RFC 6238 (TOTP), with the parameters that all apps support: SHA-1, six digits, 30 seconds; RFC
4226.
"""

from __future__ import annotations

import secrets
from base64 import b32encode

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from vault.keyholders.protocol import CatalogueSealer

SECRET = 20
"""Bytes: the length of SHA-1's output, as RFC 4226 recommends."""
STEP = 30
"""Seconds."""
DIGITS = 6
BESIDE = 1
"""Steps before and after the present one that are accepted too."""


def new_secret() -> bytes:
    """Return 20 random bytes."""
    return secrets.token_bytes(SECRET)


def seal(keyholder: CatalogueSealer, person_id: str, secret: bytes) -> bytes:
    """Seal a secret for a person. Raises `VaultError` if the keyholder does not answer."""
    [sealed] = keyholder.seal_catalogue([(_place(person_id), secret)])
    return sealed


def opened(keyholder: CatalogueSealer, person_id: str, sealed: bytes) -> bytes:
    """Open a secret. Raises `vault.errors.Altered` if not sealed for this person, `VaultError` as `seal`."""
    [secret] = keyholder.open_catalogue([(_place(person_id), sealed)])
    return secret


def step_of(secret: bytes, code: str, seconds: float) -> int | None:
    """Return the step for which this is the code, near a moment in seconds since 1970; None: it is none.

    All steps are computed whatever the code is, and digits of all scripts are accepted.
    """
    totp = _totp(secret)
    digits = "".join(str(int(one)) for one in code if one.isdecimal()).encode()
    present, matching = int(seconds // STEP), None
    for step in range(present - BESIDE, present + BESIDE + 1):
        if bytes_eq(totp.generate(step * STEP), digits):
            matching = step
    return matching


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a step."""
    return _totp(secret).generate(step * STEP).decode()


def address_of(secret: bytes, account: str) -> str:
    """Return the `otpauth://…` address, which apps read from a QR code."""
    return _totp(secret).get_provisioning_uri(account, "Amana")


def spelled(secret: bytes) -> str:
    """Return the secret for typing: base32 in groups of four."""
    text = b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP)  # noqa: S303  # an HMAC, and the hash that apps support


def _place(person_id: str) -> bytes:
    return f"people/{person_id}/one-time-codes".encode()
