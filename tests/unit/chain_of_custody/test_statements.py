from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Altered, CustodyError, Incomplete, Malformed, SignatureInvalid
from chain_of_custody.statements import statement as statements
from chain_of_custody.statements.court_receipt import sign_receipt
from chain_of_custody.statements.sheets import ALONE
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import Actor, Head, KeyRecord, SignedStatement, Statement
from chain_of_custody.statements.types import RECORDER_TYPES, TYPES
from chain_of_custody.statements.webauthn import Assertion
from chain_of_custody.tlog import merkle
from tests.support.ledger.mutations import mutated

CENTER = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
RECORDER = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
EVIDENCE, CASE, DIGEST, SHA512 = "e0" * 16, "c0" * 16, "d1" * 32, "d2" * 64
KEY = base64.b64encode(b"\x05" * 32).decode()


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


CENTER_RECORD = KeyRecord(public(CENTER), "center")
RECORDER_RECORD = KeyRecord(public(RECORDER), "recorder", "room-1", enrolled=0)
KEYS = {record.id: record for record in (CENTER_RECORD, RECORDER_RECORD)}

SEALED_FILE = {
    "format": "jpeg",
    "manifest": DIGEST,
    "number": 3,
    "records": 5,
    "root": DIGEST,
    "wrap": DIGEST,
}

SEEN = {"intact": True, "proof": "account", "seal": "s-1002", "stored": None}
PARTY = {"organisation": "police", "person": "a0" * 16, "role": "officer"}

BODIES: dict[str, dict[str, Any]] = {
    "photograph.sealed": {**SEALED_FILE, "intimate": False},
    "document.sealed": SEALED_FILE,
    "evidence.received": {**SEALED_FILE, "source": "seizure"},
    "evidence.received-again": {"request": "60" * 16, "source": "person"},
    "evidence.requested": {"request": "60" * 16, "until": "2026-12-24T00:00:00.000Z"},
    "request.withdrawn": {"request": "60" * 16},
    "derivative.made": {
        **SEALED_FILE,
        "format": "mp4",
        "kind": "composed-film",
        "sources": [
            {"evidence": "e1" * 16, "excerpt": {"from": 0, "to": 5}, "manifest": DIGEST},
            {"evidence": "e1" * 16, "excerpt": {"from": 9, "to": 12}, "manifest": DIGEST},
            {"evidence": "e2" * 16, "excerpt": None, "manifest": DIGEST},
        ],
    },
    "derivative.checked": {"accepted": True},
    "specimen.taken": {"kind": "swab", "number": 2, "seal": "s-1002", "storage": "cooled"},
    "specimen.handed-over": {
        **SEEN,
        "giver": PARTY,
        "handover": "80" * 16,
        "to": {"organisation": "police", "role": "officer"},
        "until": "2026-12-24T00:00:00.000Z",
    },
    "specimen.received": {**SEEN, "handover": "80" * 16, "receiver": PARTY},
    "specimen.recalled": {"handover": "80" * 16},
    "specimen.link-made": {"holder": PARTY},
    "specimen.destroyed": {**SEEN, "giver": PARTY, "reason": "court-order"},
    "specimen.withdrawn": {"reason": "entered-twice"},
    "photographs.viewed": {"count": 12},
    "intimate.requested": {"request": "60" * 16},
    "intimate.approved": {"person": "a0" * 16, "request": "60" * 16},
    "intimate.refused": {"person": "a0" * 16, "request": "60" * 16},
    "exam.opened": {},
    "exam.noted": {"injuries": 2, "regions": 4},
    "exam.closed": {"missing": 0},
    "exam.reported": {"paper": DIGEST},
    "examination.certified": {"paper": DIGEST},
    "recorder.enrolled": {"key": KEY, "name": "room-1"},
    "interview.opened": {"practice": False},
    "interview.decided": {"consent": "refused"},
    "interview.voided": {"reason": "duplicate"},
    "recording.started": {
        "header": DIGEST,
        "interview": "10" * 16,
        "not_before": {"root": DIGEST, "size": 4},
        "part": 1,
        "recorder": "ab" * 8,
        "wrap": DIGEST,
    },
    "recording.progress": {"records": 12, "root": DIGEST},
    "recording.interrupted": {"reason": "power", "records": 12, "root": DIGEST},
    "recording.sealed": {"manifest": DIGEST, "records": 12, "root": DIGEST, "state": "complete"},
    "evidence.viewed": {},
    "seal.confirmed": {"manifest": DIGEST},
    "export.ordered": {
        "items": [
            {"evidence": EVIDENCE, "excerpt": None},
            {"evidence": CASE, "excerpt": {"from": 0, "to": 5}},
        ],
        "order": "30" * 16,
        "viewing": True,
    },
    "evidence.exported": {"excerpt": None, "package": DIGEST, "registry": 0},
    "recorder.revoked": {"key": "ab" * 8, "reason": "stolen"},
    "credential.enrolled": {
        "algorithm": "es256",
        "key": KEY,
        "person": "a0" * 16,
        "proof": "key",
        "rp": "amana.example",
    },
    "credential.revoked": {"key": "ab" * 8, "proof": "center", "reason": "lost"},
    "role.given": {"organisation": "court", "person": "a0" * 16, "role": "judge"},
    "role.withdrawn": {"person": "a0" * 16, "reason": "retired"},
    "policy.changed": {"policy": DIGEST},
    "timestamp.renewed": {"authority": "authority-1", "root": DIGEST, "size": 1, "token": SHA512},
    "ledger.succeeded": {"origin": "amana/" + "d0" * 16 + "/2", "root": DIGEST, "seen": None, "size": 0},
    "evidence.verified": {"copy": "first-copy", "damaged": 1, "repaired": 2, "sound": 9, "surplus": 0},
    "evidence.rehashed": {"algorithm": "sha-512", "manifest": SHA512, "records": 12, "root": SHA512},
    "case.voided": {"reason": "duplicate"},
    "case.given": {"person": "a0" * 16},
    "case.withdrawn": {"person": "a0" * 16},
    "grant.given": {
        "basis": "consent",
        "from": "2026-11-24T00:00:00.000Z",
        "grant": "60" * 16,
        "items": [
            {"evidence": "e0" * 16, "excerpt": None},
            {"evidence": "e1" * 16, "excerpt": {"from": 0, "to": 1}},
        ],
        "kind": "copy",
        "person": "a0" * 16,
        "until": "2026-12-24T00:00:00.000Z",
    },
    "grant.accepted": {"grant": "60" * 16},
    "grant.withdrawn": {"grant": "60" * 16, "reason": "court-order"},
    "copy.authorised": {"grant": "60" * 16},
    "consent.recorded": {
        "by": "self",
        "form": "oral",
        "language": "ar",
        "outcome": "limited",
        "subject": "share-court",
    },
    "consent.withdrawn": {"by": "self", "form": "oral", "subject": "share-court"},
    "passage.excluded": {
        "excerpt": {"from": 0, "to": 5},
        "exclusion": "60" * 16,
        "reason": "question",
    },
    "passage.restored": {"exclusion": "60" * 16, "reason": "appeal"},
    "retention.set": {"kind": "child", "until": "2050-01-01T00:00:00.000Z"},
    "hold.placed": {"hold": "40" * 16, "reason": "appeal"},
    "hold.lifted": {"hold": "40" * 16, "reason": "ended"},
    "disposal.authorised": {"disposal": "50" * 16, "reason": "retention-ended"},
    "disposal.refused": {"disposal": "50" * 16, "reason": "still-needed"},
    "evidence.disposed": {
        "disposal": "50" * 16,
        "list": DIGEST,
        "objects": 8,
        "pending": 0,
        "wraps": 4,
    },
    "statistics.viewed": {"report": "cases", "year": 2076},
    "key.rotated": {
        "items": 3,
        "key": "a" * 16,
        "kind": "vault",
        "replaces": "b" * 16,
        "state": "complete",
    },
    "custody.transferred": {
        "receipt": sign_receipt(
            Ed25519PrivateKey.from_private_bytes(b"\x03" * 32),
            at="2026-11-25T09:00:00.000Z",
            organisation="court",
            outcome="intact",
            package=DIGEST,
        ),
    },
}
RECEIPT = BODIES["custody.transferred"]["receipt"]


def sources(count: int, manifest: str | None = DIGEST, **other: Any) -> list[dict[str, Any]]:
    """What a derivative may have been made from, each of another id."""
    return [
        {"evidence": f"{number:032x}", "excerpt": None, "manifest": manifest, **other}
        for number in range(count)
    ]


def statement(type_: str = "evidence.viewed", head: Head | None = None, **fields: Any) -> Statement:
    given_fields: dict[str, Any] = {
        "evidence": EVIDENCE,
        "case": CASE,
        "actor": Actor("a0" * 16, "prosecutor", "prosecution"),
        "at": "2026-11-24T20:15:03.120Z",
        "purpose": "court",
        "body": BODIES.get(type_, {}),
    }
    return statements.follow(head, type=type_, **(given_fields | fields))


def respell(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(data)
    change(value)
    return rfc8785.dumps(value)


# --- One statement, one spelling -------------------------------------------------------------------------


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_every_type_is_read_back_as_it_was_written(type_: str) -> None:
    written = statement(type_)
    assert statements.parse(written.canonical()) == written


def test_a_statement_is_spelled_as_the_specification_shows() -> None:
    assert statement().canonical() == (
        b'{"actor":{"id":"a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0","organisation":"prosecution","role":"prosecutor"},'
        b'"at":"2026-11-24T20:15:03.120Z","body":{},"case":"c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0","details":null,'
        b'"evidence":"e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0","number":0,"previous":null,"purpose":"court",'
        b'"type":"evidence.viewed","v":1}'
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b",", b", ", 1),
        lambda data: data + b"\n",
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.replace(b'"v":1', b'"v":1.0'),
        lambda data: data.replace(b'"v":1', b'"v":1e0'),
        lambda data: data.replace(b'"v":1', b'"v":1,"v":1'),
        lambda data: data.replace(b'"number":0', b'"number":-0'),
        lambda data: data.replace(b'"number":0', b'"number":NaN'),
        lambda data: data.replace(b'"number":0', b'"number":9007199254740992'),
        lambda data: data.replace(b'"number":0', b'"number":' + b"1" * 5000),
        lambda data: data.replace(b"court", b"c\\u006furt"),
        lambda data: data.replace(b"court", b"c\xffurt"),
        lambda data: data.replace(b'"court"', b"[" * 100_000 + b"]" * 100_000),
        lambda data: data[::-1],
        lambda data: b"[" + data + b"]",
        lambda data: b"",
        lambda data: b"null",
    ],
)
def test_another_spelling_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Malformed):
        statements.parse(change(statement().canonical()))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda value: value.update(v=2), "version not known"),
        (lambda value: value.update(v=True), "whole number"),
        (lambda value: value.update(more=1), "not known: more"),
        (lambda value: value.pop("details"), "missing: details"),
        (lambda value: value.update(type="evidence.burned"), "not known"),
        (lambda value: value.update(type=["evidence.viewed"]), "not known"),
        (lambda value: value.update(evidence="E0" * 16), "lower-case hexadecimal"),
        (lambda value: value.update(evidence="e0" * 15), "16 bytes"),
        (lambda value: value.update(evidence=17), "16 bytes"),
        (lambda value: value.update(case=""), "16 bytes"),
        (lambda value: value.update(at="2026-11-24T20:15:03Z"), "not a time"),
        (lambda value: value.update(at="2026-11-24T20:15:03.120+02:00"), "not a time"),
        (lambda value: value.update(at="2026-02-30T20:15:03.120Z"), "no such time"),
        (lambda value: value.update(at="2026-02-28T24:00:00.000Z"), "not a time"),
        (lambda value: value.update(purpose="to look at her"), "code"),
        (lambda value: value.update(number=1), "number 0 and only number 0"),
        (lambda value: value.update(number=-1), "whole number"),
        (lambda value: value.update(number=False), "whole number"),
        (lambda value: value.update(previous=DIGEST), "number 0 and only number 0"),
        (lambda value: value.update(number=3, previous="00"), "32 bytes"),
        (lambda value: value.update(details="secret"), "32 bytes"),
        (lambda value: value.update(body=[]), "not a JSON object"),
        (lambda value: value["actor"].update(id="Amal"), "16 bytes"),
        (lambda value: value["actor"].update(id=None), "not text"),
        (lambda value: value["actor"].update(role="The Prosecutor"), "code"),
        (lambda value: value["actor"].update(name="Amal"), "not known: name"),
        (lambda value: value.update(actor=None), "not a JSON object"),
        (lambda value: value["body"].update(reason="asked"), "not known: reason"),
    ],
)
def test_a_field_that_is_not_of_its_form_is_named(change: Callable[[Any], object], reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        statements.parse(respell(statement().canonical(), change))


@pytest.mark.parametrize(
    ("type_", "wrong"),
    [
        ("recorder.enrolled", {"key": KEY[:-4], "name": "room-1"}),
        ("recorder.enrolled", {"key": KEY.replace("=", ""), "name": "room-1"}),
        ("recorder.enrolled", {"key": KEY[:-2] + "V=", "name": "room-1"}),
        ("recorder.enrolled", {"key": KEY, "name": "Room of Amal"}),
        ("interview.opened", {"practice": 0}),
        ("interview.decided", {"consent": "given"}),
        ("interview.voided", {}),
        ("evidence.received", SEALED_FILE),
        ("evidence.received", SEALED_FILE | {"source": "hearsay"}),
        ("evidence.received", SEALED_FILE | {"source": "person", "exam": "60" * 16}),
        ("evidence.received", BODIES["evidence.received"] | {"request": "a request"}),
        ("evidence.received-again", {}),
        ("evidence.received-again", {"source": "hearsay"}),
        ("evidence.received-again", {"source": "person", "request": "a request"}),
        ("evidence.received-again", BODIES["evidence.received"]),
        ("evidence.requested", {"request": "60" * 16}),
        ("evidence.requested", BODIES["evidence.requested"] | {"until": None}),
        ("request.withdrawn", {}),
        ("recording.started", BODIES["recording.started"] | {"part": 0}),
        ("recording.started", BODIES["recording.started"] | {"not_before": {"root": DIGEST}}),
        ("recording.started", BODIES["recording.started"] | {"recorder": "ab" * 16}),
        ("recording.progress", {"records": 0, "root": DIGEST}),
        ("recording.interrupted", {"records": 12, "root": DIGEST}),
        ("recording.sealed", BODIES["recording.sealed"] | {"state": "nearly"}),
        ("recording.sealed", BODIES["recording.sealed"] | {"state": []}),
        ("evidence.exported", {}),
        ("evidence.exported", {"package": DIGEST}),
        ("evidence.exported", {"excerpt": {"from": 5, "to": 5}, "package": DIGEST, "registry": 0}),
        ("evidence.exported", {"excerpt": {"from": -1, "to": 5}, "package": DIGEST, "registry": 0}),
        ("evidence.exported", {"excerpt": None, "order": "5", "package": DIGEST, "registry": 0}),
        ("seal.confirmed", {"manifest": "00"}),
        ("seal.confirmed", {}),
        ("export.ordered", BODIES["export.ordered"] | {"items": []}),
        ("export.ordered", BODIES["export.ordered"] | {"items": [{"evidence": EVIDENCE}]}),
        ("export.ordered", BODIES["export.ordered"] | {"items": [{"evidence": "5", "excerpt": None}]}),
        ("export.ordered", BODIES["export.ordered"] | {"items": BODIES["export.ordered"]["items"] * 101}),
        ("export.ordered", BODIES["export.ordered"] | {"viewing": 1}),
        ("export.ordered", BODIES["export.ordered"] | {"order": None}),
        ("export.ordered", BODIES["export.ordered"] | {"excluded": False}),
        ("evidence.exported", {"excerpt": [0, 5], "package": DIGEST, "registry": 0}),
        ("evidence.exported", {"excerpt": None, "package": DIGEST, "registry": None}),
        ("recorder.revoked", {"key": KEY, "reason": "stolen"}),
        ("recorder.revoked", {"key": "ab" * 8, "reason": "She lost it"}),
        ("credential.enrolled", BODIES["credential.enrolled"] | {"algorithm": "ed448"}),
        ("credential.enrolled", BODIES["credential.enrolled"] | {"key": ""}),
        ("credential.enrolled", BODIES["credential.enrolled"] | {"key": "AAAA" * 683}),
        ("credential.enrolled", BODIES["credential.enrolled"] | {"key": None}),
        ("credential.enrolled", BODIES["credential.enrolled"] | {"person": "ab" * 8}),
        ("credential.enrolled", BODIES["credential.enrolled"] | {"rp": "https://amana.example"}),
        ("credential.enrolled", BODIES["credential.enrolled"] | {"rp": "a" * 254}),
        ("credential.enrolled", BODIES["credential.enrolled"] | {"proof": "center"}),
        ("credential.revoked", {"key": "ab" * 8}),
        ("credential.revoked", BODIES["credential.revoked"] | {"proof": "link"}),
        ("role.given", {"person": "a0" * 16, "role": "judge"}),
        ("role.withdrawn", {"person": "a0" * 16, "reason": "retired", "role": "judge"}),
        ("policy.changed", {"policy": DIGEST[:-1]}),
        ("timestamp.renewed", BODIES["timestamp.renewed"] | {"size": 0}),
        ("timestamp.renewed", BODIES["timestamp.renewed"] | {"token": DIGEST}),
        ("evidence.rehashed", BODIES["evidence.rehashed"] | {"algorithm": "sha-256"}),
        ("evidence.rehashed", BODIES["evidence.rehashed"] | {"manifest": DIGEST}),
        ("ledger.succeeded", BODIES["ledger.succeeded"] | {"origin": "amana/" + "d0" * 16 + "/1"}),
        ("ledger.succeeded", BODIES["ledger.succeeded"] | {"origin": None}),
        ("ledger.succeeded", BODIES["ledger.succeeded"] | {"seen": -1}),
        ("ledger.succeeded", BODIES["ledger.succeeded"] | {"size": None}),
        ("photograph.sealed", SEALED_FILE),
        ("photograph.sealed", BODIES["photograph.sealed"] | {"name": "IMG_1.JPG"}),
        ("document.sealed", BODIES["photograph.sealed"]),
        ("document.sealed", SEALED_FILE | {"form": DIGEST}),
        ("document.sealed", SEALED_FILE | {"format": "examination"}),
        ("document.sealed", SEALED_FILE | {"corrects": "e0" * 16}),
        ("document.sealed", SEALED_FILE | {"format": "examination", "form": "adult"}),
        ("photographs.viewed", {"count": 0}),
        ("evidence.verified", {}),
        ("evidence.verified", BODIES["evidence.verified"] | {"copy": "The first copy"}),
        ("evidence.verified", BODIES["evidence.verified"] | {"sound": -1}),
        ("evidence.verified", BODIES["evidence.verified"] | {"surplus": None}),
        ("retention.set", {"kind": "child"}),
        ("retention.set", {"kind": "child", "until": "2050-01-01"}),
        ("passage.excluded", BODIES["passage.excluded"] | {"excerpt": {"from": 5, "to": 5}}),
        ("passage.excluded", BODIES["passage.excluded"] | {"reason": "She was asked to lead"}),
        ("passage.excluded", {"exclusion": "60" * 16, "reason": "question"}),
        ("passage.restored", BODIES["passage.restored"] | {"exclusion": "60"}),
        ("retention.set", {"kind": None, "until": None}),
        ("hold.placed", {"hold": "40" * 8, "reason": "appeal"}),
        ("hold.placed", {"hold": "40" * 16, "reason": "She may appeal"}),
        ("hold.lifted", {"hold": "40" * 16}),
        ("disposal.authorised", {"disposal": "50" * 16, "reason": None}),
        ("disposal.authorised", {"reason": "retention-ended"}),
        ("disposal.refused", {"disposal": None, "reason": "still-needed"}),
        ("evidence.disposed", BODIES["evidence.disposed"] | {"list": None}),
        ("evidence.disposed", BODIES["evidence.disposed"] | {"pending": -1}),
        ("evidence.disposed", BODIES["evidence.disposed"] | {"wraps": 1.5}),
        ("statistics.viewed", {"report": "Cases of May", "year": 2076}),
        ("statistics.viewed", {"report": "cases", "year": 76}),
        ("custody.transferred", {}),
        ("custody.transferred", {"receipt": None}),
        ("custody.transferred", {"receipt": RECEIPT | {"outcome": "altered"}}),
        ("custody.transferred", {"receipt": RECEIPT | {"signature": KEY}}),
        ("custody.transferred", {"receipt": RECEIPT | {"at": "yesterday"}}),
        ("custody.transferred", {"receipt": RECEIPT | {"v": 1}}),
        ("case.described", {"name": "Person A"}),
        ("case.given", {}),
        ("case.voided", {"reason": "Opened twice"}),
        ("case.withdrawn", {"person": "Person A"}),
        ("grant.given", BODIES["grant.given"] | {"basis": "friendship"}),
        ("grant.given", BODIES["grant.given"] | {"items": []}),
        ("grant.given", BODIES["grant.given"] | {"items": [{"evidence": "e0" * 16}]}),
        ("grant.given", BODIES["grant.given"] | {"items": [{"evidence": "e0" * 16, "excerpt": None}] * 201}),
        ("grant.given", BODIES["grant.given"] | {"kind": "keep"}),
        ("grant.given", BODIES["grant.given"] | {"until": None}),
        ("grant.accepted", {}),
        ("grant.withdrawn", {"grant": "60" * 16, "reason": "She wished it"}),
        ("copy.authorised", {"grant": None}),
        ("consent.recorded", BODIES["consent.recorded"] | {"outcome": "withdrawn"}),
        ("consent.recorded", BODIES["consent.withdrawn"]),
        ("consent.recorded", BODIES["consent.recorded"] | {"ground": "other"}),
        ("consent.recorded", BODIES["consent.recorded"] | {"by": "guardian", "ground": "Her father"}),
        ("consent.recorded", BODIES["consent.recorded"] | {"interpreter": False}),
        ("consent.withdrawn", BODIES["consent.recorded"]),
        ("evidence.viewed", {"grant": "court"}),
        ("evidence.exported", BODIES["evidence.exported"] | {"grant": None}),
        ("interview.opened", {"practice": False, "earlier": 0}),
        ("interview.opened", {"practice": False, "follows": "first"}),
        ("derivative.made", SEALED_FILE),
        ("derivative.made", BODIES["derivative.made"] | {"kind": "film"}),
        ("derivative.made", BODIES["derivative.made"] | {"kind": ["composed-film"]}),
        ("derivative.made", BODIES["derivative.made"] | {"kind": "still"}),
        ("derivative.made", BODIES["derivative.made"] | {"format": "vtt"}),
        ("specimen.taken", BODIES["specimen.taken"] | {"kind": "photograph"}),
        ("specimen.taken", BODIES["specimen.taken"] | {"number": 0}),
        ("specimen.taken", BODIES["specimen.taken"] | {"seal": "Seal of Person"}),
        ("specimen.taken", BODIES["specimen.taken"] | {"storage": "warm"}),
        ("specimen.taken", BODIES["specimen.taken"] | {"kind": "kit", "kit": "80" * 16}),
        ("specimen.handed-over", BODIES["specimen.handed-over"] | {"proof": "paper"}),
        ("specimen.handed-over", BODIES["specimen.handed-over"] | {"to": PARTY}),
        ("specimen.received", BODIES["specimen.received"] | {"receiver": {**PARTY, "name": "Person L"}}),
        ("specimen.received", BODIES["specimen.received"] | {"stored": "yes"}),
        ("specimen.recalled", {}),
        ("specimen.link-made", {"holder": {**PARTY, "name": "Person L"}}),
        ("specimen.destroyed", SEEN | {"giver": PARTY}),
        ("specimen.withdrawn", {"reason": "Person L"}),
        ("derivative.checked", {}),
        ("derivative.checked", {"accepted": "yes"}),
        ("derivative.checked", {"accepted": True, "reason": "blurred"}),
        ("derivative.made", BODIES["derivative.made"] | {"intimate": False}),
        ("derivative.made", BODIES["derivative.made"] | {"exam": "60" * 16}),
        ("derivative.made", BODIES["derivative.made"] | {"sources": []}),
        ("derivative.made", BODIES["derivative.made"] | {"sources": sources(201)}),
        ("derivative.made", BODIES["derivative.made"] | {"sources": [sources(1)[0], sources(1)[0]]}),
        ("derivative.made", BODIES["derivative.made"] | {"sources": sources(1) + sources(1, "d2" * 32)}),
        ("derivative.made", BODIES["derivative.made"] | {"sources": [{"evidence": "e1" * 16}]}),
        ("derivative.made", BODIES["derivative.made"] | {"sources": sources(1, None)}),
        (
            "derivative.made",
            BODIES["derivative.made"] | {"sources": sources(1, excerpt={"from": 5, "to": 5})},
        ),
    ],
)
def test_a_body_that_does_not_say_what_its_type_must_is_refused(type_: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        statement(type_, body=wrong)


@pytest.mark.parametrize(
    ("type_", "more"),
    [
        ("evidence.viewed", {"grant": "60" * 16}),
        ("evidence.exported", {"grant": "60" * 16}),
        ("interview.opened", {"earlier": 2, "follows": "17" * 16}),
        ("consent.recorded", {"by": "guardian", "ground": "natural-guardian", "interpreter": True}),
        ("grant.given", {"items": None}),
        ("specimen.taken", {"kit": "80" * 16}),
        ("derivative.made", {"escrow": DIGEST}),
        ("derivative.made", {"sources": sources(200)}),
    ],
)
def test_what_a_body_may_say_beside_is_taken(type_: str, more: dict[str, Any]) -> None:
    body = BODIES.get(type_, {}) | more
    assert statement(type_, body=body).body == body


def test_no_type_has_a_body_that_may_be_anything() -> None:
    for type_ in sorted(TYPES):
        with pytest.raises(Malformed, match="body"):
            statement(type_, body={**BODIES.get(type_, {}), "more": 0})
    with pytest.raises(Malformed):
        statement("derivative.planned", body={})


# --- Chains ----------------------------------------------------------------------------------------------


def signed(head: Head | None = None, key: Ed25519PrivateKey = CENTER, **fields: Any) -> SignedStatement:
    return SignedStatement.parse(statements.sign(statement(head=head, **fields), key))


def test_each_statement_follows_the_one_before() -> None:
    first = signed()
    second = signed(first.head)
    assert (second.statement.number, second.statement.previous) == (1, merkle.leaf_hash(first.leaf).hex())
    statements.check_follows(None, first.statement)
    statements.check_follows(first.head, second.statement)


def test_a_hole_a_repetition_and_a_branch_are_not_taken_for_the_next() -> None:
    first = signed()
    other = signed(purpose="appeal")
    second = signed(first.head)
    with pytest.raises(Incomplete, match="statement 0 of the chain is expected, this is 1"):
        statements.check_follows(None, second.statement)
    with pytest.raises(Incomplete, match="statement 2 of the chain is expected, this is 1"):
        statements.check_follows(second.head, second.statement)
    with pytest.raises(Altered, match="does not name the one before"):
        statements.check_follows(other.head, second.statement)


# --- Signatures ------------------------------------------------------------------------------------------


def test_a_leaf_is_read_back_and_its_signature_holds() -> None:
    leaf = statements.sign(statement(), CENTER)
    parsed = SignedStatement.parse(leaf)
    assert parsed.statement == statement()
    assert parsed.leaf_hash == merkle.leaf_hash(leaf)
    assert parsed.verify(KEYS) == (CENTER_RECORD,)


def test_a_signature_covers_what_the_specification_says() -> None:
    value = json.loads(statements.sign(statement(), CENTER))
    message = b"amana/statement/v1\x00" + rfc8785.dumps(value["statement"])
    CENTER.public_key().verify(base64.b64decode(value["signatures"][0]["signature"]), message)
    assert value["signatures"][0]["key"] == statements.key_id(public(CENTER))


def test_a_keyholder_signs_in_place_of_a_key() -> None:
    assert statements.sign(statement(), CENTER.sign, public(CENTER)) == statements.sign(statement(), CENTER)


def test_a_keyholder_that_signs_with_another_key_makes_no_leaf() -> None:
    with pytest.raises(SignatureInvalid):
        statements.sign(statement(), RECORDER.sign, public(CENTER))


def test_recorders_sign_recordings_and_the_center_everything_else() -> None:
    for type_ in TYPES:
        right, wrong = (RECORDER, CENTER) if type_ in RECORDER_TYPES else (CENTER, RECORDER)
        SignedStatement.parse(statements.sign(statement(type_), right)).verify(KEYS)
        with pytest.raises(SignatureInvalid, match="may not sign"):
            SignedStatement.parse(statements.sign(statement(type_), wrong)).verify(KEYS)


def test_a_key_counts_only_after_its_enrolment() -> None:
    parsed = signed(key=RECORDER, type_="recording.progress")
    parsed.verify(KEYS, index=1)
    with pytest.raises(SignatureInvalid, match="enrolled only after"):
        parsed.verify(KEYS, index=0)


def test_an_unknown_key_is_not_believed() -> None:
    with pytest.raises(SignatureInvalid, match="nobody has vouched for"):
        signed(key=Ed25519PrivateKey.generate()).verify(KEYS)


def test_a_statement_changed_after_signing_is_found() -> None:
    leaf = respell(signed().leaf, lambda value: value["statement"].update(purpose="appeal"))
    with pytest.raises(SignatureInvalid, match="does not hold"):
        SignedStatement.parse(leaf).verify(KEYS)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda value: value["signatures"].clear(), "not 1 to 8"),
        (lambda value: value.update(signatures={}), "not 1 to 8"),
        (lambda value: value["signatures"].extend(value["signatures"] * 8), "not 1 to 8"),
        (lambda value: value["signatures"].extend(value["signatures"]), "a key twice"),
        (lambda value: value["signatures"][0].update(kind="webauthn"), "missing: authenticator, client"),
        (
            lambda value: value["signatures"][0].update(authenticator="", client=""),
            "not known: authenticator",
        ),
        (lambda value: value["signatures"][0].pop("kind"), "missing: kind"),
        (lambda value: value["signatures"][0].update(kind=["ed25519"]), "signature type not known"),
        (lambda value: value["signatures"][0].update(kind="ed448"), "signature type not known"),
        (lambda value: value["signatures"][0].update(signature="AAAA"), "64 bytes"),
        (lambda value: value["signatures"][0].update(signature=None), "64 bytes"),
        (lambda value: value["signatures"][0].update(key="00"), "8 bytes"),
        (lambda value: value["signatures"][0].update(more=1), "not known: more"),
        (lambda value: value.update(signatures=["x"]), "not a JSON object"),
        (lambda value: value.pop("signatures"), "missing: signatures"),
        (lambda value: value.update(statement=None), "not a JSON object"),
        (lambda value: value["statement"].update(purpose="x" * 65_536), "longer than 65535"),
    ],
)
def test_a_leaf_that_is_not_of_its_form_is_refused(change: Callable[[Any], object], reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        SignedStatement.parse(respell(signed().leaf, change))


def test_signatures_not_ordered_by_key_are_refused() -> None:
    def add_second(value: dict[str, Any]) -> None:
        other = dict(value["signatures"][0], key="00" * 8)
        value["signatures"].append(other)

    with pytest.raises(Malformed, match="not ordered by key"):
        SignedStatement.parse(respell(signed().leaf, add_second))


def test_a_leaf_longer_than_the_ledger_takes_is_not_made() -> None:
    beside = WebAuthnSignature("00" * 8, Assertion(b"data", b"x" * 50_000, b"signature"), ALONE)
    with pytest.raises(Malformed, match="at most 65535"):
        statements.sign(statement(), CENTER, beside=[beside])


# --- Details ---------------------------------------------------------------------------------------------


def test_details_are_committed_to_under_a_fresh_salt() -> None:
    details = {"place": "Ramallah", "present": ["أمل"]}
    first, salt = statements.commit_details(details)
    second, _ = statements.commit_details(details)
    assert first != second
    statements.check_details(first, details, salt)
    with pytest.raises(Altered):
        statements.check_details(first, details | {"place": "Nablus"}, salt)
    with pytest.raises(Altered):
        statements.check_details(first, details, bytes(16))
    with pytest.raises(Malformed):
        statements.check_details(first, details, b"short")


# --- Nothing but our own errors --------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=400))
def test_bytes_that_are_no_leaf_are_refused(data: bytes) -> None:
    for read in (statements.parse, SignedStatement.parse):
        with pytest.raises(Malformed):
            read(data)


@given(mutated(statements.sign(statement("recording.started"), RECORDER)))
def test_a_leaf_with_a_few_bytes_changed_is_refused_or_its_signature_does_not_hold(leaf: bytes) -> None:
    try:
        SignedStatement.parse(leaf).verify(KEYS)
    except CustodyError:
        return
    assert leaf == statements.sign(statement("recording.started"), RECORDER)


@given(st.data())
def test_a_leaf_with_any_field_exchanged_is_read_or_refused(data: st.DataObject) -> None:
    value = json.loads(signed(type_=data.draw(st.sampled_from(sorted(BODIES)))).leaf)
    target = data.draw(
        st.sampled_from(
            [
                value,
                value["statement"],
                value["statement"]["actor"],
                value["statement"]["body"],
                value["signatures"][0],
            ]
        )
    )
    if not target:
        return
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(json_values)
    try:
        leaf = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        leaf = json.dumps(value).encode()
    try:
        parsed = SignedStatement.parse(leaf)
        parsed.verify(KEYS)
    except CustodyError:
        return
    assert parsed.leaf == leaf


@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"a": value}])
def test_json_has_a_depth_that_every_reader_can_follow(wrap: Callable[[Any], Any]) -> None:
    """Not the interpreter's, which no two have in common."""
    value: Any = 0
    for _ in range(199):
        value = wrap(value)
    canonical_json.parse_object(canonical_json.serialise({"value": value}), "value")
    deeper = {"value": wrap(value)}
    with pytest.raises(Malformed, match="nested deeper than 200"):
        canonical_json.serialise(deeper)
    for levels in (1, 100, 5_000):
        data = json.dumps(deeper).replace(" ", "").encode()
        data = data.replace(b"0", b'{"a":' * levels + b"0" + b"}" * levels)
        with pytest.raises(Malformed, match=r"nested deeper than 200|not canonical JSON"):
            canonical_json.parse_object(data, "value")


@pytest.mark.parametrize("number", [b"1.5", b"0.1", b"1e+21", b"9007199254740992", b"NaN"])
def test_fractions_are_refused_even_in_their_canonical_spelling(number: bytes) -> None:
    with pytest.raises(Malformed):
        canonical_json.parse_object(b'{"value":' + number + b"}", "value")


@given(json_values)
def test_what_is_serialised_is_read_back_or_was_never_serialised(value: Any) -> None:
    try:
        data = canonical_json.serialise({"value": value})
    except Malformed:
        return
    assert canonical_json.serialise(canonical_json.parse_object(data, "value")) == data


keys_of_any_order = st.text(
    st.sampled_from('az\x00\x1f\x7f"\\/é\u2028\ud7ff\ue000\uffff\U00010000\U0010ffff'), max_size=3
)


@given(
    st.recursive(
        keys_of_any_order | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.none(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys_of_any_order, inner, max_size=4),
    )
)
def test_what_is_serialised_has_the_bytes_of_another_implementation(value: Any) -> None:
    """The order of keys is that of UTF-16, in which U+E000 comes after U+10000."""
    data = rfc8785.dumps({"value": value})
    assert canonical_json.serialise({"value": value}) == data
    assert canonical_json.parse_object(data, "value") == {"value": value}


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), 1.0, "\ud800", {1: 0}, {None: 0}, {True: 0}, b"a", {1, 2}, object()]
)
def test_what_json_here_does_not_have_is_not_serialised(value: Any) -> None:
    for wrapped in (value, [value], {"value": value}):
        with pytest.raises(Malformed):
            canonical_json.serialise(wrapped)


def test_values_of_a_type_of_their_own_are_serialised_as_what_they_are() -> None:
    class Named(str):
        def __str__(self) -> str:
            return "another"

    assert canonical_json.serialise({"value": Named("a"), Named("b"): (1, 2)}) == b'{"b":[1,2],"value":"a"}'
