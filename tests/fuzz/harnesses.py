"""Every reader of `chain_of_custody` that gets bytes from strangers, each as a function of bytes.

A harness returns for bytes that are well formed and raises one of our own errors for all others. Anything
else that comes out of it is a fault: another exception, or a failed assertion here. Where bytes have one
spelling it asserts that writing what was read gives the same bytes; where it has keys it goes on to verify.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from chain_of_custody import verify
from chain_of_custody.acknowledge import read_receipt
from chain_of_custody.encoding import bagit
from chain_of_custody.encoding import canonical_json as canonical
from chain_of_custody.encoding.bagit import Bag, list_bytes
from chain_of_custody.encoding.chunked_encryption import plain_size
from chain_of_custody.encoding.passphrase import normalise
from chain_of_custody.encoding.signed_note import Note, VerifierKey
from chain_of_custody.encoding.ustar import END, header, in_order, padding, read_index
from chain_of_custody.errors import Incomplete, Malformed
from chain_of_custody.items.excerpt import Excerpt
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import Event, Header
from chain_of_custody.items.recording_manifest import Index, Manifest
from chain_of_custody.items.viewing_copy import joined_init
from chain_of_custody.package.record_layout import film_pieces, parse_opened
from chain_of_custody.package.sealed_file import SealHeader
from chain_of_custody.report import render
from chain_of_custody.statements.details_commitment import details_bytes, parse_details
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.statements.webauthn import Assertion, challenge_of, load_key, verify_assertion
from chain_of_custody.timestamping.certificate_chain import parse_anchor
from chain_of_custody.timestamping.certificate_form import parse_certificate
from chain_of_custody.timestamping.token_verification import token_digest, verify_token
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.consistency_file import ConsistencyFile
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.tlog.tiles import Tile, entry_bundle, parse_bundle, parse_hash_tile
from chain_of_custody.trust.cosignatures import witnessed
from chain_of_custody.trust.named_parties import policy_lines
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.trust.witness import AddCheckpoint, parse_cosignatures, parse_size
from tests.fuzz import material
from tests.support.packages.court_packages import DEPLOYMENT

Read = Callable[[bytes], object]


def note(data: bytes) -> None:
    assert Note.parse(data).serialise() == data


def checkpoint(data: bytes) -> None:
    open_checkpoint(data, material.policy().log_keys)


def cosignatures(data: bytes) -> None:
    parsed = Note.parse(data)
    witnessed(parsed, Checkpoint.parse(parsed.text), material.policy())


def vkey(data: bytes) -> None:
    text = data.decode("latin-1")
    assert VerifierKey.parse(text).vkey() == text


def proof(data: bytes) -> None:
    parsed = TlogProof.parse(data)
    assert parsed.serialise() == data
    parsed.verify(material.leaf(), material.policy().log_keys)


def statement(data: bytes) -> None:
    parsed = SignedStatement.parse(data)
    assert parsed.leaf == data
    parsed.verify(material.keys(), 1)


def policy(data: bytes) -> None:
    parsed = TrustPolicy.parse(data)
    parsed.third_parties.quorum_met(parsed.witnesses)
    # Any order is read; what was written from it is read as the same.
    written = TrustPolicy.make(
        parsed.log_keys, parsed.center, trial=parsed.trial, third_parties=parsed.third_parties
    )
    assert TrustPolicy.parse(written.data).third_parties == parsed.third_parties.published()


def trust_file(data: bytes) -> None:
    policy_lines(data, 65_536)


def manifest(data: bytes) -> None:
    assert Manifest.parse(data).canonical() == data


def index(data: bytes) -> None:
    parsed = Index.parse(data)
    assert Index.serialise(parsed.records) == data
    parsed.roots([len(parsed.records)])


def record(data: bytes) -> None:
    assert Record.parse(data).canonical() == data


def opened(data: bytes) -> None:
    pieces = list(film_pieces(data))
    parsed = parse_opened(data)
    assert pieces == [(one.file, one.length) for one in parsed]
    assert b"".join(one.canonical() + b"\n" for one in parsed) == data


def excerpt(data: bytes) -> None:
    Excerpt.parse(data).check_records(material.manifest())


def recording_header(data: bytes) -> None:
    assert Header.parse(data).canonical() == data


def event(data: bytes) -> None:
    assert Event.parse(data).canonical() == data


def details(data: bytes) -> None:
    values, salt = parse_details(data)
    assert details_bytes(values, salt) == data


def receipt(data: bytes) -> None:
    read_receipt(data)


def canonical_json(data: bytes) -> None:
    assert canonical.serialise(canonical.parse_object(data, "object")) == data


def consistency_file(data: bytes) -> None:
    parsed = ConsistencyFile.parse(data)
    assert parsed.serialise() == data
    parsed.verify(material.checkpoint())


def timestamp(data: bytes) -> None:
    token_digest(data)
    verify_token(data, material.STAMPED, material.anchor())


def certificate(data: bytes) -> None:
    parse_certificate(data)
    parse_anchor(data)


def webauthn_key(data: bytes) -> None:
    failures: list[Malformed] = []
    for algorithm in ("es256", "eddsa", "rs256"):
        try:
            load_key(algorithm, data)
        except Malformed as error:
            failures.append(error)
    assert len(failures) >= 2, "a key is of one algorithm"
    if len(failures) == 3:
        raise failures[0]


def webauthn_assertion(data: bytes) -> None:
    """Two lengths of two bytes; the authenticator's data, the client's, the signature."""
    first, second = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    parts = data[4 : 4 + first], data[4 + first :][:second], data[4 + first + second :]
    person = material.person()
    verify_assertion(
        Assertion(*parts),
        algorithm=person.algorithm,
        key=person.key,
        rp=person.rp,
        challenge=challenge_of(b"message"),
    )


def witnessing_request(data: bytes) -> None:
    parsed = AddCheckpoint.parse(data)
    assert parsed.serialise() == data
    open_checkpoint(parsed.note, material.policy().log_keys)


def witnessing_answer(data: bytes) -> None:
    for line in parse_cosignatures(data):
        assert line


def witnessing_size(data: bytes) -> None:
    assert b"%d\n" % parse_size(data) == data


def tile_path(data: bytes) -> None:
    text = data.decode("latin-1")
    assert Tile.parse(text).path() == text


def bundle(data: bytes) -> None:
    """A byte for the width, then the bundle."""
    width = (data[0] if data else 0) + 1
    assert entry_bundle(parse_bundle(Tile(None, 0, width), data[1:])) == data[1:]


def hash_tile(data: bytes) -> None:
    width = (data[0] if data else 0) + 1
    assert b"".join(parse_hash_tile(Tile(0, 0, width), data[1:])) == data[1:]


def viewing_copy(data: bytes) -> None:
    joined_init({1: data, 2: material.init_segment(2)})


def seal_header(data: bytes) -> None:
    head = SealHeader.parse(data)
    assert data.startswith(head.canonical())
    plain_size(len(data) - len(head.canonical()))


def passphrase(data: bytes) -> None:
    words = normalise(data.decode("utf-8", "surrogateescape"))
    assert normalise(words.decode()) == words


def archive(data: bytes) -> None:
    files = read_index(_Bytes(data))
    written = [
        header(path, files[path].size)
        + data[files[path].offset :][: files[path].size]
        + padding(files[path].size)
        for path in in_order({path: entry.size for path, entry in files.items()})
    ]
    assert b"".join(written) + END == data


def payload_list(data: bytes) -> None:
    Bag.open(MemorySource(with_tags({**material.package(), bagit.PAYLOAD_LIST: data})))


def bag_info(data: bytes) -> None:
    Bag.open(MemorySource(with_tags({**material.package(), bagit.INFO: data})))


def package(data: bytes) -> None:
    """A byte that says which file, and its new content, in a package whose lists are made anew."""
    _verify(material.package(), data)


def excerpt_package(data: bytes) -> None:
    _verify(material.excerpt_package(), data)


def _verify(files: Mapping[str, bytes], data: bytes) -> None:
    names = sorted(files)
    altered = {**files, names[(data[0] if data else 0) % len(names)]: data[1:]}
    if altered[bagit.PAYLOAD_LIST] == files[bagit.PAYLOAD_LIST]:
        listed = {
            path: sha256(content).hexdigest() for path, content in altered.items() if path.startswith("data/")
        }
        altered[bagit.PAYLOAD_LIST] = list_bytes(listed)
    report = verify.verify(MemorySource(with_tags(altered)), workers=1)
    assert report.policy.deployment == DEPLOYMENT
    assert render.text(report)
    assert render.as_json(report)


def with_tags(files: Mapping[str, bytes]) -> dict[str, bytes]:
    tags = {name: sha256(files[name]).hexdigest() for name in bagit.TAG_FILES}
    return {**files, bagit.TAG_LIST: list_bytes(tags)}


@dataclass(frozen=True)
class MemorySource:
    """A package in memory, as a `Source`."""

    files: Mapping[str, bytes]

    @property
    def sizes(self) -> Mapping[str, int]:
        return {path: len(content) for path, content in self.files.items()}

    def read(self, path: str, limit: int) -> bytes:
        if path not in self.files:
            raise Incomplete("bag", "the file is missing", path)
        if len(self.files[path]) > limit:
            raise Malformed(f"{path}: longer than {limit} bytes")
        return self.files[path]

    def open(self, path: str) -> BytesIO:
        return BytesIO(self.files[path])


@dataclass(frozen=True)
class _Bytes:
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        assert 0 <= offset <= offset + length <= len(self.data)
        return self.data[offset : offset + length]


def _numbered(files: Mapping[str, bytes]) -> list[bytes]:
    return [bytes([number]) + files[name] for number, name in enumerate(sorted(files))]


def _files(
    pattern: str, files: Callable[[], Mapping[str, bytes]] = material.package
) -> Callable[[], list[bytes]]:
    return lambda: [content for path, content in files().items() if path.endswith(pattern)]


def _lines(pattern: str) -> Callable[[], list[bytes]]:
    return lambda: [line for content in _files(pattern)() for line in content.splitlines()]


HARNESSES: Mapping[str, tuple[Read, Callable[[], list[bytes]]]] = {
    "note": (note, material.notes),
    "checkpoint": (checkpoint, material.notes),
    "cosignatures": (cosignatures, material.notes),
    "vkey": (vkey, material.vkeys),
    "proof": (proof, material.proofs),
    "statement": (statement, _files(".json", material.statements)),
    "policy": (policy, _files("policy.txt")),
    "trust_file": (trust_file, _files("policy.txt")),
    "manifest": (manifest, _files("manifest.json")),
    "index": (index, _files("index.jsonl")),
    "record": (record, _lines("index.jsonl")),
    "opened": (opened, _files("opened.jsonl")),
    "excerpt": (excerpt, _files("records.jsonl", material.excerpt_package)),
    "recording_header": (recording_header, _files("header.json")),
    "event": (event, _lines("events.jsonl")),
    "details": (details, _files(".json", material.details)),
    "receipt": (receipt, material.receipts),
    "canonical_json": (canonical_json, _files(".json")),
    "consistency_file": (consistency_file, _files(".consistency")),
    "timestamp": (timestamp, material.timestamps),
    "certificate": (certificate, lambda: [material.anchor()]),
    "webauthn_key": (webauthn_key, material.credential_keys),
    "webauthn_assertion": (webauthn_assertion, material.assertions),
    "witnessing_request": (witnessing_request, material.witnessing_requests),
    "witnessing_answer": (witnessing_answer, material.witnessing_answers),
    "witnessing_size": (witnessing_size, lambda: [b"0\n", b"12\n", b"9007199254740991\n"]),
    "tile_path": (tile_path, lambda: [b"tile/0/000", b"tile/entries/x001/234.p/7", b"tile/63/255.p/255"]),
    "bundle": (bundle, lambda: [b"\1" + entry_bundle([b"one", b""]), b"\0" + entry_bundle([bytes(300)])]),
    "hash_tile": (hash_tile, lambda: [b"\0" + bytes(32), b"\1" + bytes(64)]),
    "viewing_copy": (viewing_copy, lambda: [material.init_segment(1)]),
    "seal_header": (seal_header, lambda: [SealHeader(bytes(16)).canonical() + bytes(56 + 16)]),
    "passphrase": (passphrase, lambda: ["Legal-Winner – ﬁne،\u00a0x.".encode(), b"one two"]),
    "archive": (archive, material.archives),
    "payload_list": (payload_list, lambda: [material.package()[bagit.PAYLOAD_LIST]]),
    "bag_info": (bag_info, _files(bagit.INFO)),
    "package": (package, lambda: _numbered(material.package())),
    "excerpt_package": (excerpt_package, lambda: _numbered(material.excerpt_package())),
}
"""Name → the harness, and what makes its seeds: bytes that are well formed."""
