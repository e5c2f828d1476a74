"""The key file of a witness or a monitor: its name and its two private keys, as JSON, mode 0600.

Trusts this machine, as its operators do. No key leaves it.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from amana.errors import Unusable
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import Malformed
from chain_of_custody.trust.cosignatures import Cosigner


def generate(name: str) -> tuple[Cosigner, bytes]:
    """Make new keys; return them, and the contents of their file. Raises `Malformed` for an invalid name."""
    seeds = {kind: encode_base64(secrets.token_bytes(32)) for kind in ("ed25519", "mldsa44")}
    content = {"name": name, **seeds}
    return _cosigner(content), json.dumps(content, indent=2).encode() + b"\n"


def read(path: Path, owner: str, wrong: type[Unusable]) -> Cosigner:
    """Read the key file of an `owner`: `witness` or `monitor`.

    Raises `wrong` if others may read it, or if it is none; `FileNotFoundError`."""
    if path.stat().st_mode & 0o077:
        raise wrong(f"{path} can be read by others; chmod 600 it, and think about who has read it")
    try:
        return _cosigner(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError, Malformed) as error:
        raise wrong(f"{path} is not a {owner}'s key file: {type(error).__name__}") from None


def _cosigner(content: Mapping[str, str]) -> Cosigner:
    return Cosigner(
        content["name"],
        Ed25519PrivateKey.from_private_bytes(base64.b64decode(content["ed25519"])),
        MLDSA44PrivateKey.from_seed_bytes(base64.b64decode(content["mldsa44"])),
    )
