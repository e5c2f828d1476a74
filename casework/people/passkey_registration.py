"""What an authenticator answers when it makes a key: verified, and the key in the form of statements.

Trusts nothing of a browser's answer. Imported only where one is verified: the library takes a tenth of a
second of processor time, which each start of the web process and many commands would spend.

Specification: W3C WebAuthn Level 2, section 7.1 (through the library `webauthn`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from webauthn import verify_registration_response
from webauthn.helpers.cose import COSECRV, COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import (
    DecodedEC2PublicKey,
    DecodedOKPPublicKey,
    DecodedRSAPublicKey,
    decode_credential_public_key,
)
from webauthn.helpers.exceptions import WebAuthnException

from casework.errors import Refused
from chain_of_custody.errors import Malformed
from chain_of_custody.statements.webauthn import ED25519_PREFIX, P256_PREFIX, P256_SIZE, load_key


def registered(
    answer: Mapping[str, Any], algorithms: Mapping[int, str], challenge: bytes, rp: str, origin: str
) -> tuple[bytes, str, bytes]:
    """Return credential id, algorithm and public key (SubjectPublicKeyInfo) of a registration.

    `algorithms`: those accepted, as authenticators and as statements name them. Raises `Refused`.
    """
    try:
        verified = verify_registration_response(
            credential=json.dumps(dict(answer)),
            expected_challenge=challenge,
            expected_rp_id=rp,
            expected_origin=origin,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(one) for one in algorithms],
        )
        algorithm, public = _subject_public_key(verified.credential_public_key, algorithms)
        load_key(algorithm, public)
    except (WebAuthnException, Malformed, ValueError, TypeError, KeyError) as refused:
        raise Refused(f"the browser's answer was not taken: {refused}") from refused
    return verified.credential_id, algorithm, public


def _subject_public_key(cose: bytes, algorithms: Mapping[int, str]) -> tuple[str, bytes]:
    """Return the algorithm of a COSE key and its SubjectPublicKeyInfo, whose key is not checked yet."""
    key = decode_credential_public_key(cose)
    algorithm = algorithms[key.alg]
    match key:
        case DecodedEC2PublicKey(crv=COSECRV.P256, x=x, y=y) if len(x) == len(y) == P256_SIZE:
            return algorithm, P256_PREFIX + x + y
        case DecodedOKPPublicKey(crv=COSECRV.ED25519, x=x):
            return algorithm, ED25519_PREFIX + x
        case DecodedRSAPublicKey():
            numbers = RSAPublicNumbers(int.from_bytes(key.e, "big"), int.from_bytes(key.n, "big"))
            spki = numbers.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return algorithm, spki
    raise Malformed("a credential's key is not of the form that its algorithm has")
