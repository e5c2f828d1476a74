"""Papers for people: typeset the same every time, in both languages, signed so that a PDF reader can tell."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from casework.database.models import Timestamp
from casework.evidence.export import ExportedItem
from chain_of_custody.trust.cosignatures import Cosigner
from chain_of_custody.trust.named_parties import Group, ThirdParties
from chain_of_custody.trust.policy import TrustPolicy
from player.papers import pdf_signature, typeset
from player.papers.certificate_facts import certificate_facts
from player.papers.trust_sheet import trust_sheet
from tests.support.paper_facts import FILE, ITEM, NOW, POLICY, RECEIVED, RECEIVED_STATEMENTS, export_facts
from vault.keyholders.document_keys import DocumentKeys

COURT = Cosigner("court.example/witness", Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate())
NAMED = ThirdParties(
    witnesses=dict(zip(("court-ed25519", "court-mldsa44"), COURT.keys, strict=True)),
    groups={"court": Group(2, ("court-ed25519", "court-mldsa44")), "quorum": Group(1, ("court",))},
    quorum="quorum",
)
WITNESSED = POLICY.make(POLICY.log_keys, POLICY.center, trial=True, third_parties=NAMED)


def facts(item: ExportedItem = ITEM, policy: TrustPolicy = POLICY) -> dict[str, object]:
    return certificate_facts(export_facts(item, policy))


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "paper.pdf").write_bytes(pdf)
    told = subprocess.run(
        ["pdftotext", "-layout", folder / "paper.pdf", "-"], check=True, capture_output=True, text=True
    ).stdout
    return re.sub(r"[\s\u202a-\u202c]+", " ", told)  # and without marks of direction


def test_a_paper_is_the_same_to_the_byte_every_time() -> None:
    assert typeset.typeset("certificate", facts(), NOW) == typeset.typeset("certificate", facts(), NOW)


@pytest.mark.starts
def test_the_certificate_gives_digests_signers_history_and_what_is_not_proved(tmp_path: Path) -> None:
    told = text_of(typeset.typeset("certificate", facts(), NOW), tmp_path)
    digits = told.replace(" ", "")
    assert told.count("2026-0007") == 2, "the number of the case, as the center's pages show it"
    for digest in (ITEM.manifest_digest, ITEM.manifest.root, FILE.sha256, POLICY.fingerprint):
        for line in (digest[:32], digest[32:]):
            assert digits.count(line) >= 2, "once in each language"
    assert POLICY.center_key.id in told
    assert "the recording was sealed" in told
    assert "Person [A] #b" in told, "a name is never markup"
    assert "no later statement" in told
    assert "trial keys" in told


@pytest.mark.starts
def test_an_excerpt_is_called_one_and_stamps_are_told(tmp_path: Path) -> None:
    stamps = [Timestamp(authority="authority-one", size=9, at=NOW, expires_at=NOW)]
    item = replace(ITEM, excerpt=(600_000_000, 1_200_000_000), stamps=stamps)
    told = text_of(typeset.typeset("certificate", facts(item), NOW), tmp_path)
    assert "An excerpt from 00:10:00 to 00:20:00, not the whole recording." in told
    assert "authority-one" in told
    assert "outside the excerpt" in told


@pytest.mark.starts
def test_a_received_file_is_not_called_recorded_and_its_source_is_told(tmp_path: Path) -> None:
    told_of = export_facts()
    given = replace(told_of, exhibits=[RECEIVED], statements={**told_of.statements, **RECEIVED_STATEMENTS})
    told = text_of(typeset.typeset("certificate", certificate_facts(given), NOW), tmp_path)
    assert "Received file 3 of the case, from outside the center, not recorded there" in told
    assert "Source, as the center states it a seizure" in told
    assert "a file received from outside was sealed" in told
    assert "What happened to received files before the center received them" in told
    without = text_of(typeset.typeset("certificate", facts(), NOW), tmp_path)
    assert "eceived file" not in without


@pytest.mark.starts
def test_the_certificate_names_a_witness_once_and_never_says_that_it_has_confirmed_anything(
    tmp_path: Path,
) -> None:
    told = text_of(typeset.typeset("certificate", facts(policy=WITNESSED), NOW), tmp_path)
    assert told.count("court (two keys)") == 1
    assert "ed25519" not in told.replace("Ed25519", "")
    assert "That a witness has confirmed this ledger: this paper was made before that" in told
    without = text_of(typeset.typeset("certificate", facts(), NOW), tmp_path)
    assert "The policy names no witness." in without
    assert "That anybody independent saw this ledger: the policy names no witness." in without


def test_both_languages_have_every_word() -> None:
    for name in ("certificate-words.json", "trust-sheet-words.json"):
        words = json.loads((typeset.FOLDER / name).read_text())
        assert words["ar"].keys() == words["en"].keys()
        for key, value in words["en"].items():
            if isinstance(value, dict):
                assert words["ar"][key].keys() == value.keys(), (name, key)


@pytest.mark.starts
def test_a_pdf_reader_finds_the_signature_valid_and_the_authority_by_name(tmp_path: Path) -> None:
    keys = DocumentKeys.generate()
    signed = pdf_signature.sign(
        typeset.typeset("certificate", facts(), NOW),
        keys.certificate,
        keys.authority,
        keys.sign,
        "Certificate",
    )
    told = verify(signed, keys, tmp_path)
    assert "Signature is Valid" in told
    assert "Certificate is Trusted" in told
    assert "ETSI.CAdES.detached" in told
    assert "Total document signed" in told
    assert "QualifiedPerson" in told and "is not signed" in told, "room for the qualified person's own"


@pytest.mark.starts
def test_a_pdf_reader_finds_a_changed_certificate(tmp_path: Path) -> None:
    keys = DocumentKeys.generate()
    signed = bytearray(
        pdf_signature.sign(
            typeset.typeset("certificate", facts(), NOW), keys.certificate, keys.authority, keys.sign, "…"
        )
    )
    signed[1000] ^= 1
    assert "Signature is Valid" not in verify(bytes(signed), keys, tmp_path)


@pytest.mark.starts
def test_the_trust_sheet_gives_the_three_fingerprints_and_warns_of_trial_keys(tmp_path: Path) -> None:
    told = text_of(trust_sheet(POLICY, b"page", b"authority", NOW), tmp_path)
    for fingerprint in (POLICY.fingerprint, sha256(b"page").hexdigest(), sha256(b"authority").hexdigest()):
        assert told.replace(" ", "").count(fingerprint) == 2, "once in each language"
    assert "Do not register this sheet" in told


@pytest.mark.starts
def test_the_trust_sheet_counts_a_witness_once_and_gives_each_command_on_a_line(tmp_path: Path) -> None:
    told = text_of(trust_sheet(WITNESSED, b"page", b"authority", NOW), tmp_path)
    assert told.count("court (two keys)") == 1
    assert told.count("1 of 1: court") == 1
    assert "court-" not in told
    for command in (
        "certutil -hashfile policy.txt SHA256",
        "shasum -a 256 policy.txt",
        "sha256sum policy.txt",
    ):
        assert told.count(command) == 2, "whole, once in each language"


def verify(pdf: bytes, keys: DocumentKeys, folder: Path) -> str:
    authority = x509.load_der_x509_certificate(keys.authority)
    (folder / "authority.pem").write_bytes(authority.public_bytes(Encoding.PEM))
    (folder / "signed.pdf").write_bytes(pdf)
    database = f"sql:{folder}/nss"
    (folder / "nss").mkdir()
    subprocess.run(["certutil", "-N", "-d", database, "--empty-password"], check=True)
    subprocess.run(
        ["certutil", "-A", "-d", database, "-n", "a", "-t", "CT,CT,CT", "-i", folder / "authority.pem"],
        check=True,
    )
    command = ["pdfsig", "-nssdir", database, folder / "signed.pdf"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout
