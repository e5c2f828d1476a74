"""The center's own certificate authority, for a local network without another one.

    <folder>/authority.pem       its certificate, which every machine of the center has to trust
    <folder>/authority-key.pem   its key, mode 0600: used when the service starts, and never sent anywhere
    <folder>/server.pem          the certificate that the service shows, the authority's, and its own key: one
                                 file, mode 0600, so that a crash never leaves two that do not belong together

A browser that trusts a new authority trusts it for every page there is. So this authority limits itself, by
name constraints that browsers enforce: it can vouch for the center's names and for nothing else, and for no
address. With a stolen key an attacker can impersonate only this center, in its network.

Specification: RFC 5280, sections 4.2.1.10 (name constraints) and 4.2.1.12 (extended key usage).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from vault.disk import DISK, replace
from vault.keyholders.certificates import certificate, common_name, key_usage

AUTHORITY, AUTHORITY_KEY = "authority.pem", "authority-key.pem"
SERVER = "server.pem"
AUTHORITY_LASTS = timedelta(days=3652)
SERVER_LASTS = timedelta(days=397)
"""Some browsers refuse more."""
RENEWED_BEFORE = timedelta(days=60)
EARLIER = timedelta(hours=1)
"""Certificates are valid from this long before they are made: the other machine's clock may be slow."""

_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")


class Unfit(ValueError):
    """A name or file is invalid; the message says why."""


@dataclass(frozen=True)
class LocalCertificates:
    """The certificates in the folder."""

    names: Sequence[str]
    ends: datetime
    """Of the server's certificate."""
    authority_ends: datetime
    fingerprint: str
    """SHA-256 of the authority's certificate, in groups of four hex digits."""


def make(folder: Path, names: Sequence[str], moment: datetime) -> LocalCertificates:
    """Make an authority for these host names, the first of which people type, and a certificate of it.

    Raises `Unfit` for an invalid host name, `FileExistsError` if there is an authority already: the
    machines that trust it would not trust another.
    """
    for name in names:
        _check(name)
    if not names:
        raise Unfit("at least one name is needed")
    if (folder / AUTHORITY).exists():
        raise FileExistsError(f"there is an authority already in {folder}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = common_name(f"Amana, only for {names[0]}"[:64])
    own = (
        _builder(subject, subject, key.public_key(), moment, moment + AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(certificates=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_only(names), critical=True)
        .sign(key, hashes.SHA256())
    )
    replace(DISK, folder / AUTHORITY_KEY, _private(key))
    replace(DISK, folder / AUTHORITY, own.public_bytes(serialization.Encoding.PEM))
    _issue(folder, names, moment)
    return read(folder)


def renew(folder: Path, moment: datetime) -> LocalCertificates:
    """Issue a new certificate for the same names. Raises `FileNotFoundError`, `Unfit`."""
    _issue(folder, read(folder).names, moment)
    return read(folder)


def renew_if_due(folder: Path, moment: datetime) -> bool:
    """Renew if little time is left; return whether it was done. Raises as `renew`."""
    due = read(folder).ends - moment < RENEWED_BEFORE
    if due:
        renew(folder, moment)
    return due


def read(folder: Path) -> LocalCertificates:
    """Read the folder. Raises `FileNotFoundError` without an authority, `Unfit` for an invalid one."""
    authority = _load(folder / AUTHORITY)
    server = _load(folder / SERVER)
    try:
        names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        server.verify_directly_issued_by(authority)
    except (InvalidSignature, x509.ExtensionNotFound, ValueError, TypeError):
        raise Unfit(f"{SERVER} is not of this authority") from None
    digest = authority.fingerprint(hashes.SHA256()).hex()
    return LocalCertificates(
        names.get_values_for_type(x509.DNSName),
        server.not_valid_after_utc,
        authority.not_valid_after_utc,
        " ".join(digest[at : at + 4] for at in range(0, len(digest), 4)),
    )


def authority_der(folder: Path) -> bytes:
    """Return the authority's certificate as Windows takes it."""
    return _load(folder / AUTHORITY).public_bytes(serialization.Encoding.DER)


def _issue(folder: Path, names: Sequence[str], moment: datetime) -> None:
    authority = _load(folder / AUTHORITY)
    signer = serialization.load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise Unfit(f"{AUTHORITY_KEY} is no key of this authority")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = common_name(names[0][:64])
    ends = min(moment + SERVER_LASTS, authority.not_valid_after_utc)
    server = (
        _builder(subject, authority.subject, key.public_key(), moment, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    pem = server.public_bytes(serialization.Encoding.PEM)
    chain = pem + authority.public_bytes(serialization.Encoding.PEM)
    replace(DISK, folder / SERVER, chain + _private(key))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return certificate(subject, issuer, key, begins - EARLIER, ends).add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key), critical=False
    )


def _only(names: Sequence[str]) -> x509.NameConstraints:
    """Permit these names, and no address: a constraint on names alone does not restrict addresses."""
    everything = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    return x509.NameConstraints(
        permitted_subtrees=[x509.DNSName(name) for name in names],
        excluded_subtrees=[x509.IPAddress(network) for network in everything],
    )


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Unfit(f"{name[:80]!r} is no host name with a dot in it, such as amana.home.arpa")
    if name.rpartition(".")[2].isdigit():
        raise Unfit(f"{name} is an address: browsers give passkeys only to names")


def _load(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        raise Unfit(f"{path.name} is no certificate") from None


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
