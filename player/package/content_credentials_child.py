"""Signs the content credentials of one package: `python -I -m player.package.content_credentials_child`, and
then it is gone.

The key is made here, for these few signatures, and ends with the process: there is none to keep, to steal or
to rotate. The library that makes credentials is a large piece of foreign code that reads whole films, so it
is loaded in no other process, and before it reads anything:

1. a network namespace of its own, where the system allows it, and settings under which it asks nobody;
2. a memory that nobody else may read, and an end with the service;
3. limits on memory, on open files and on the size of what it writes;
4. of the file system programs and libraries, and one folder, the caller's scratch folder: of a long film the
   library makes copies for itself, in files without a name, and there they come to lie.

In comes JSON on the standard input: `deployment`, `at` (seconds since 1970), `scratch` (the folder, which
`TMPDIR` names to the library), `size` (bytes that one file may grow to), and `files`, each with the number of
its open `file`, its `media` type and the `manifest` that is to be signed (C2PA's manifest definition). Out
comes for each a line with the length of its credential, and the credential; 0 where it could not be made, and
on the standard error why.

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

from casework.sandbox import confinement

MEMORY = 2 * 1024**3
"""Bytes of address space: the library hashes a long film in pieces of some hundred MB."""
MOST_OPEN = 512
"""Files at once: up to 200 that are to be read (`types.MAX_ITEMS`), and the library's own."""
IN_MEMORY = 64
"""MB of a copy that the library keeps in memory; larger ones are files."""
SETTINGS: Mapping[str, Any] = {
    "builder": {"thumbnail": {"enabled": False}},
    "core": {"allowed_network_hosts": [], "backing_store_memory_threshold_in_mb": IN_MEMORY},
    "verify": {"ocsp_fetch": False, "remote_manifest_fetch": False, "verify_after_sign": True},
}
"""Of the library: no picture of what is signed, nobody asked, nothing given out that it refuses itself."""
ALGORITHM = b"es256"
"""ECDSA with P-256 and SHA-256, which every reader of C2PA has to know (section 13.2)."""
_NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""An end that there is not (RFC 5280, 4.1.2.5): a credential without a timestamp counts as long as its
certificate does, and this one is believed for the package around it alone."""


def main() -> int:
    """Answers about the files that were asked for; 0."""
    parent = os.getppid()
    confinement.leave_network()
    confinement.end_with_parent(parent)
    confinement.keep_memory_private()
    os.nice(10)
    asked = json.load(sys.stdin)
    import c2pa

    chain, key = _credentials(asked["deployment"], datetime.fromtimestamp(asked["at"], UTC))
    confinement.limit(memory=MEMORY, written=int(asked["size"]), opened=MOST_OPEN)
    confinement.confine(asked["scratch"], sys.prefix)
    out = sys.stdout.buffer
    with c2pa.Context.from_dict(dict(SETTINGS)) as context:
        for one in asked["files"]:
            try:
                made = _signed(context, chain, key, one)
            except (c2pa.C2paError, OSError, ValueError) as error:
                sys.stderr.write(f"{error}\n")
                made = b""
            out.write(b"%d\n" % len(made) + made)
    return 0


def _signed(context: Any, chain: bytes, key: bytes, one: Mapping[str, Any]) -> bytes:
    import c2pa

    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(ALGORITHM, chain, key, None))
    builder = c2pa.Builder(one["manifest"], context)
    builder.set_no_embed()
    with signer:
        made: bytes = builder.sign(signer, one["media"], OpenFile(one["file"]), SameFile(one["file"]))
    return made


class OpenFile(io.RawIOBase):
    """A file that is open under this number, read from its beginning, whoever else reads it."""

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

    def tell(self) -> int:
        """Return the current position, in bytes."""
        return self._at


class SameFile(OpenFile):
    """Where the library writes what it has signed. A credential of its own leaves the file as it is, so what
    is written is already there: it is compared, and not written again."""

    def writable(self) -> bool:
        """Return True: the library may call `write`."""
        return True

    def write(self, data: Any) -> int:
        """Compare `data` with the file at the current position; advance. Raises `OSError` if they differ."""
        content = bytes(data)
        there = os.pread(self._number, len(content), self._at)
        if there != content:
            raise OSError("the library would have altered the file")
        self._at += len(content)
        return len(content)


def _credentials(deployment: str, at: datetime) -> tuple[bytes, bytes]:
    """A certificate chain in PEM, the signer's first, and the signer's private key."""
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
            # The one use that C2PA's readers accept without being told (section 14.5).
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
    sys.exit(main())
