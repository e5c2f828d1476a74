"""PAdES signature of a paper, with an external private key (ETSI EN 319 142-1, baseline B-B)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from io import BytesIO

from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

CENTER_FIELD, PERSON_FIELD = "Center", "QualifiedPerson"
"""Signature fields: the center's own, filled; and an empty one for the qualified person's certificate."""

_PERSON_BOX = (62, 70, 285, 118)
"""Points from the lower left corner of the last page: left, bottom, right, top."""


def sign(
    pdf: bytes, certificate: bytes, authority: bytes, sign_message: Callable[[bytes], bytes], reason: str
) -> bytes:
    """Return the PDF with the center's signature, and an empty field for a person's.

    `certificate` and `authority`: X.509 in DER. `sign_message`: ECDSA over P-256 with SHA-256, in DER.
    """
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    fields.append_signature_field(writer, SigFieldSpec(PERSON_FIELD, on_page=-1, box=_PERSON_BOX))
    meta = signers.PdfSignatureMetadata(
        field_name=CENTER_FIELD,
        md_algorithm="sha256",
        reason=reason,
        subfilter=SigSeedSubFilter.PADES,
    )
    center = _Center(x509.Certificate.load(certificate), x509.Certificate.load(authority), sign_message)
    signer = signers.PdfSigner(meta, center, new_field_spec=SigFieldSpec(CENTER_FIELD))
    signed: BytesIO = asyncio.run(signer.async_sign_pdf(writer))
    return signed.getvalue()


class _Center(signers.Signer):
    """A signer with an external private key."""

    def __init__(
        self, certificate: x509.Certificate, authority: x509.Certificate, sign: Callable[[bytes], bytes]
    ) -> None:
        registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        registry.register(authority)
        super().__init__(signing_cert=certificate, cert_registry=registry)
        self._sign = sign

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if digest_algorithm != "sha256":
            raise ValueError("the documents key signs with SHA-256")
        return bytes(72) if dry_run else await asyncio.to_thread(self._sign, data)
