"""A court's receipt for a package that it found intact (or consistent), signed with the court's own key.

The court sends the receipt to the center, which states it as `custody.transferred`. So both sides have
signed: the court that it received the package, the center that it registered the receipt.

Trusts: nothing about the court's key, which is in no registry. A receipt proves that the holder of that key
signed exactly this. Only a fingerprint from the court itself shows that the key is the court's.

Specification: docs/spec/statement.md; RFC 8032.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import NotProved, SignatureInvalid
from chain_of_custody.statements.keys import key_id, verify_ed25519
from chain_of_custody.statements.types import check_body

SIGNING_PREFIX = b"amana/receipt/v1\x00"
"""Domain separation: the signature of a receipt is valid for nothing else that the court's key signs."""

_SIGNED = ("at", "organisation", "outcome", "package")


def receipt_message(receipt: Mapping[str, Any]) -> bytes:
    """Return the message that the court's key signs."""
    return SIGNING_PREFIX + canonical_json.serialise({"v": 1} | {name: receipt[name] for name in _SIGNED})


def sign_receipt(
    key: Ed25519PrivateKey, *, at: str, organisation: str, outcome: str, package: str
) -> dict[str, Any]:
    """Return the signed receipt for the package with this digest (hexadecimal). Raises `Malformed`."""
    receipt = {"at": at, "organisation": organisation, "outcome": outcome, "package": package}
    receipt["key"] = encode_base64(key.public_key().public_bytes_raw())
    receipt["signature"] = encode_base64(key.sign(receipt_message(receipt)))
    check_body("custody.transferred", {"receipt": receipt})
    return receipt


def verify_receipt(body: Mapping[str, Any]) -> str:
    """Prove the court's signature in the body of a `custody.transferred`; return the court's key id.

    Raises `Malformed`, `SignatureInvalid`.
    """
    check_body("custody.transferred", body)
    receipt = body["receipt"]
    public = canonical_json.base64_bytes(receipt["key"], 32, "receipt key")
    signature = canonical_json.base64_bytes(receipt["signature"], 64, "receipt signature")
    try:
        verify_ed25519(public, signature, receipt_message(receipt))
    except NotProved as error:
        raise SignatureInvalid(error.step, "the court's signature on its receipt does not hold") from error
    return key_id(public)
