"""The center's own certificate authority, and the key that signs papers."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from vault.errors import Altered
from vault.keyholders.document_keys import DocumentKeys


def test_document_keys_come_back_from_their_file() -> None:
    made = DocumentKeys.generate()
    assert DocumentKeys.parse(made.serialise()).serialise() == made.serialise()


def test_the_authority_vouches_for_the_signing_key_and_may_vouch_for_no_further_authority() -> None:
    made = DocumentKeys.generate()
    authority = x509.load_der_x509_certificate(made.authority)
    certificate = x509.load_der_x509_certificate(made.certificate)
    certificate.verify_directly_issued_by(authority)
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert limits.ca and limits.path_length == 0
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert "authority" in authority.subject.rfc4514_string()


def test_a_signature_holds_under_the_certificate() -> None:
    made = DocumentKeys.generate()
    public = x509.load_der_x509_certificate(made.certificate).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(made.sign(b"a paper"), b"a paper", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("field", ["authority", "certificate", "key", "kind"])
def test_a_changed_file_is_refused(field: str) -> None:
    other = DocumentKeys.generate().serialise()
    data = DocumentKeys.generate().serialise()
    for alteration in (data.replace(f'"{field}"'.encode(), b'"x"'), data[:-1], b"[]", b"\xff", other + b" "):
        with pytest.raises(Altered):
            DocumentKeys.parse(alteration)


def test_a_key_that_the_certificate_does_not_name_is_refused() -> None:
    first, second = DocumentKeys.generate(), DocumentKeys.generate()
    with pytest.raises(Altered):
        DocumentKeys.parse(DocumentKeys(first.key, second.certificate, second.authority).serialise())
