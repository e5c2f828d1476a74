"""A court acknowledges a package: its key, and the receipt it sends back.

The key is the court's own. It is in a file that only its owner can read, made when it is first needed. The
center learns its fingerprint through another channel than the receipt. (`court_receipt` defines the content
and signature of a receipt.)

Trusts: the report, which `verify` has made. Specification: docs/spec/statement.md.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from errno import EACCES, EEXIST, ENOTDIR
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from chain_of_custody.statements.court_receipt import sign_receipt, verify_receipt

if TYPE_CHECKING:
    from chain_of_custody.report.report import Report

MAX_RECEIPT = 4096
_MAX_KEY = 4096


def acknowledge(report: Report, key: Ed25519PrivateKey, organisation: str, file: Path) -> None:
    """Write the receipt for a proved package into `file`, which must not exist yet.

    Raises `Malformed` if `organisation` is no code, `FileExistsError`, `OSError`.
    """
    receipt = sign_receipt(
        key,
        at=canonical_json.instant_text(datetime.now(UTC)),
        organisation=organisation,
        outcome=report.outcome,
        package=report.package,
    )
    with file.open("xb") as out:
        out.write(canonical_json.serialise(receipt))


def check_prepared(key: Path, organisation: str, file: Path) -> None:
    """Check beforehand, as far as possible, that `acknowledge` can succeed. Creates nothing.

    Raises `Malformed` if `organisation` is no code, an existing key cannot be used, or `file` is the key's;
    `FileExistsError`, and other `OSError` if no file can be made.
    """
    canonical_json.code(organisation, "the organisation")
    if os.path.lexists(file):
        raise FileExistsError(EEXIST, os.strerror(EEXIST), str(file))
    if os.path.abspath(key) == os.path.abspath(file):  # noqa: PTH100  # for files that do not exist yet
        raise Malformed("the key and the receipt cannot be one file")
    _check_folder(file)
    try:
        _read_key(key)
    except FileNotFoundError:
        _check_folder(key)


def _check_folder(file: Path) -> None:
    """Raise `OSError` unless a new file can be made there."""
    folder = file.parent
    if not stat.S_ISDIR(folder.stat().st_mode):
        raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR), str(file))
    if not os.access(folder, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES), str(folder))


def read_receipt(data: bytes) -> Mapping[str, Any]:
    """Read a receipt from its file's bytes and prove its signature.

    Raises `Malformed`, `SignatureInvalid`.
    """
    if len(data) > MAX_RECEIPT:
        raise Malformed(f"receipt: longer than {MAX_RECEIPT} bytes")
    receipt = canonical_json.parse_object(data, "receipt")
    verify_receipt({"receipt": receipt})
    return receipt


def court_key(path: Path) -> tuple[Ed25519PrivateKey, bool]:
    """Return the court's key, and whether it was just made.

    Raises `Malformed` for a file that contains no key, or that others can read; `OSError`.
    """
    try:
        return _read_key(path), False
    except FileNotFoundError:
        return _make_key(path), True


def fingerprint(public: bytes) -> str:
    """Return the SHA-256 of the 32-byte public key, in groups of four hexadecimal digits, to read out and
    compare."""
    digits = sha256(public).hexdigest()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def is_fingerprint(typed: str, public: bytes) -> bool:
    """Whether a typed fingerprint, in groups of any kind, is that of the public key."""
    return "".join(typed.split()).replace(":", "").lower() == fingerprint(public).replace(" ", "")


def _read_key(path: Path) -> Ed25519PrivateKey:
    with path.open("rb") as file:
        if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
            raise Malformed(f"others can read {path}; make it its owner's alone: chmod 600 {path}")
        content = file.read(_MAX_KEY)
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Malformed(f"{path} holds no key that can be used") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Malformed(f"{path} holds a key of another kind than Ed25519")
    return key


def _make_key(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    return key
