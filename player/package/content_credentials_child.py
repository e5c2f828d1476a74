"""Child process that signs one package's content credentials and exits.

It runs in a sandbox (`casework.sandbox.entry`), with the numbers of its open files as arguments. The key is
made here, for these few signatures, and ends with the process: there is none to store, steal or rotate. The
library that makes credentials is large third-party code that reads whole films. So no other process loads it.
Its settings allow no network requests, no other process can read its memory, and its working folder holds
only its copies of a long film, in unnamed files.

Standard input is JSON: `deployment`, `at` (seconds since 1970), `most` (bytes of a credential), and `files`,
in the order of the open files, each with its `media` type and the `manifest` to sign (C2PA's manifest
definition). Standard output has for each a line with the length of its credential, then the credential; if it
could not be made the length is 0, and the reason goes to standard error.

Specification: C2PA 2.4, Content Credentials; docs/spec/court-package.md.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from casework.sandbox.confinement import keep_memory_private

IN_MEMORY = 64
"""MB of a copy that the library keeps in memory; larger ones are files."""
SETTINGS: Mapping[str, Any] = {
    "builder": {"thumbnail": {"enabled": False}},
    "core": {"allowed_network_hosts": [], "backing_store_memory_threshold_in_mb": IN_MEMORY},
    "verify": {"ocsp_fetch": False, "remote_manifest_fetch": False, "verify_after_sign": True},
}
"""Of the library: no thumbnails, no network requests, no output that its own verification rejects."""
ALGORITHM = b"es256"
"""ECDSA with P-256 and SHA-256, which every reader of C2PA must support (section 13.2)."""
_NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""No expiry (RFC 5280, 4.1.2.5): a credential without a timestamp is valid as long as its certificate, and
only the package around it makes this one credible."""


def main(*numbers: str) -> int:
    """Write the credentials of the requested files; return 0."""
    keep_memory_private()
    request = json.load(sys.stdin)
    import c2pa

    chain, key = _credentials(request["deployment"], datetime.fromtimestamp(request["at"], UTC))
    out = sys.stdout.buffer
    with c2pa.Context.from_dict(dict(SETTINGS)) as context:
        for number, one in zip(map(int, numbers), request["files"], strict=True):
            try:
                made = _signed(context, chain, key, number, one)
                if len(made) > request["most"]:
                    raise ValueError(f"a credential of {len(made)} bytes")
            except (c2pa.C2paError, OSError, ValueError) as error:
                sys.stderr.write(f"{error}\n")
                made = b""
            out.write(b"%d\n" % len(made) + made)
    return 0


def _signed(context: Any, chain: bytes, key: bytes, number: int, file: Mapping[str, Any]) -> bytes:
    import c2pa

    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(ALGORITHM, chain, key, None))
    builder = c2pa.Builder(file["manifest"], context)
    builder.set_no_embed()
    with signer:
        made: bytes = builder.sign(signer, file["media"], OpenFile(number), SameFile(number))
    return made


class OpenFile(io.RawIOBase):
    """The open file with this number, read from its beginning, independent of other readers."""

    def __init__(self, number: int) -> None:
        self._number, self._at = number, 0
        self._size = os.fstat(number).st_size

    def readable(self) -> bool:
        """Return True: the file can be read."""
        return True

    def seekable(self) -> bool:
        """Return True: the file supports random access."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into `buffer` at the current position; return the number of bytes, 0 at the end."""
        read = os.preadv(self._number, [buffer], self._at)
        self._at += read
        return read

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position and return it, in bytes. Raises `ValueError` if it is negative."""
        at = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence] + offset
        if at < 0:
            raise ValueError("a place before the beginning")
        self._at = at
        return at


class SameFile(OpenFile):
    """The library's output file. A separate credential leaves the file unchanged, so the output already
    exists: it is compared, not written again."""

    def writable(self) -> bool:
        """Return True: the library may call `write`."""
        return True

    def write(self, data: Any) -> int:
        """Compare `data` with the file at the current position; advance. Raises `OSError` if they differ."""
        content = bytes(data)
        existing = os.pread(self._number, len(content), self._at)
        if existing != content:
            raise OSError("the library would have altered the file")
        self._at += len(content)
        return len(content)


def _credentials(deployment: str, at: datetime) -> tuple[bytes, bytes]:
    """Make a certificate chain in PEM, the signer's first, and the signer's private key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def name(what: str) -> x509.Name:
        organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"Amana {deployment}")
        return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, what)])

    def certificate(whose: x509.Name, public: ec.EllipticCurvePublicKey, authority: bool) -> bytes:
        usage = dict.fromkeys(
            (
                *("content_commitment", "crl_sign", "data_encipherment", "decipher_only", "encipher_only"),
                *("key_agreement", "key_encipherment"),
            ),
            False,
        )
        begun = (
            x509.CertificateBuilder()
            .subject_name(whose)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(days=1))  # a court's clock may be behind
            .not_valid_after(_NEVER)
            .add_extension(x509.BasicConstraints(authority, 0 if authority else None), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, **usage),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False
            )
        )
        if not authority:
            # The one use that C2PA's readers accept without configuration (section 14.5).
            use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            begun = begun.add_extension(use, critical=False)
        return begun.sign(above, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    above, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer, signer = name("Made for one court package"), name("Content credentials of one court package")
    chain = certificate(signer, own.public_key(), False) + certificate(issuer, above.public_key(), True)
    key = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return chain, key


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
