"""The ledger and what is in it: notes, checkpoints, proofs, statements, the trust policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import Note, Signature, VerifierKey, encode_base64
from chain_of_custody.errors import Malformed
from chain_of_custody.statements import statement as statements
from chain_of_custody.statements.court_receipt import verify_receipt
from chain_of_custody.statements.details_commitment import check_details, parse_details
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.statements.types import TYPES
from chain_of_custody.tlog import merkle
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.consistency_file import ConsistencyFile
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.cosignatures import ed25519_message, witnessed
from chain_of_custody.trust.policy import TrustPolicy
from tests.fuzz import material
from tests.fuzz.readers.reader import Reader, of_files, quiet, seeds_of, text_of
from tests.support.ledger.cosigners import COURT
from tests.unit.chain_of_custody.test_statements import CENTER
from tests.unit.chain_of_custody.test_statements import statement as a_statement


def _vkey(data: bytes) -> list[Any]:
    key = VerifierKey.parse(text_of(data))
    return [key.name, key.kind, key.public_key.hex()]


def _note(data: bytes) -> list[Any]:
    note = Note.parse(data)
    return [note.text, [[one.name, one.key_id.hex(), one.signature.hex()] for one in note.signatures]]


def _checkpoint_text(data: bytes) -> list[Any]:
    one = Checkpoint.parse(text_of(data))
    return [one.origin, one.size, one.root.hex()]


def _checkpoint(data: bytes) -> list[Any]:
    one = open_checkpoint(data, material.policy().log_keys)
    return [one.origin, one.size, one.root.hex()]


def _cosignatures(data: bytes) -> list[Any]:
    note = Note.parse(data)
    found = witnessed(note, Checkpoint.parse(note.text), material.policy())
    return [
        sorted([name, at] for name, at in found.cosigned.items()),
        [[one.name, one.at] for one in found.whole],
        found.quorum_met,
    ]


def _witnessed() -> list[bytes]:
    """With the witness's lines; and with one of them that states no time."""
    [given] = material.notes()
    note, key = Note.parse(given), COURT.keys[0]
    timeless = bytes(8) + COURT.ed25519.sign(ed25519_message(0, material.checkpoint()))
    lines = [
        Signature(one.name, one.key_id, timeless) if (one.name, one.key_id) == (key.name, key.key_id) else one
        for one in note.signatures
    ]
    return [given, Note(note.text, tuple(lines)).serialise()]


def _proof(data: bytes) -> list[Any]:
    proof = TlogProof.parse(data)
    Note.parse(proof.checkpoint_note)
    return [proof.index, [one.hex() for one in proof.path]]


def _details(data: bytes) -> None:
    details, salt = parse_details(data)
    check_details(_committed(), details, salt)


@cache
def _committed() -> str:
    details, salt = parse_details(next(iter(material.details().values())))
    commitment, _ = statements.commit_details(details, salt)
    return commitment


def _receipt(data: bytes) -> None:
    verify_receipt({"receipt": canonical_json.parse_object(data, "receipt")})


def _consistency(data: bytes) -> list[Any]:
    one = ConsistencyFile.parse(data)
    return [one.size, one.root.hex(), [value.hex() for value in one.proof]]


def _policy(data: bytes) -> list[Any]:
    policy = TrustPolicy.parse(data)
    parties = policy.third_parties
    return [
        policy.deployment,
        policy.log_keys.origin,
        policy.log_keys.ed25519.hex(),
        policy.center.hex(),
        policy.trial,
        [[name, key.vkey()] for name, key in parties.witnesses.items()],
        [[one.name, list(one.keys)] for one in parties.named_witnesses],
        parties.quorum,
        [[name, sha256(one).hexdigest()] for name, one in parties.authorities.items()],
        parties.timestamps,
    ]


def _inclusion(data: bytes) -> None:
    """Numbers: of leaves, the index; then hashes: the leaf, the root, and the path."""
    numbers, hashes = _hashes(data)
    merkle.verify_inclusion(hashes[0], numbers[1], numbers[0], hashes[2:], hashes[1])


def _consistent(data: bytes) -> None:
    numbers, hashes = _hashes(data)
    merkle.verify_consistency(numbers[1], hashes[0], numbers[0], hashes[1], hashes[2:])


def _hashes(data: bytes) -> tuple[tuple[int, int], list[bytes]]:
    if len(data) < 2 + 64:
        raise Malformed("too short")
    return (data[0], data[1]), [data[at : at + 32] for at in range(2, len(data), 32)]


HASHES = """(async () => {
  if (bytes.length < 66) throw new (await load("proof/errors")).Malformed("too short");
  const hashes = [];
  for (let at = 2; at < bytes.length; at += 32) hashes.push(bytes.slice(at, at + 32));
  const [first, second, ...path] = hashes;
  return CALL;
})()"""


@cache
def _leaves() -> list[bytes]:
    """One of each type."""
    return [statements.sign(a_statement(type_), CENTER) for type_ in sorted(TYPES)] + of_files(
        material.statements, ".json"
    )


def _trees(proof: Callable[[int, int], bytes]) -> Callable[[], list[bytes]]:
    return lambda: [proof(size, at) for size in (2, 3, 6, 7, 8, 13) for at in (1, size // 2, size - 1, size)]


LEAVES = [merkle.leaf_hash(b"%d" % n) for n in range(16)]


def _inclusions(size: int, at: int) -> bytes:
    at = min(at, size - 1)
    path = merkle.inclusion_proof(LEAVES[:size], at, size)
    return bytes((size, at)) + b"".join((LEAVES[at], merkle.root_of(LEAVES[:size]), *path))


def _consistencies(size: int, at: int) -> bytes:
    proof = merkle.consistency_proof(LEAVES[:size], at, size)
    return bytes((size, at)) + b"".join((merkle.root_of(LEAVES[:at]), merkle.root_of(LEAVES[:size]), *proof))


def _log_keys() -> Mapping[str, str]:
    keys = material.policy().log_keys
    return {"origin": keys.origin, "ed25519": keys.ed25519.hex(), "mldsa44": keys.mldsa44.hex()}


def _policy_text() -> str:
    return encode_base64(material.policy().data)


LOG_KEYS = (
    "{ origin: known.origin, ed25519: b.fromHex(known.ed25519, 32), mldsa44: b.fromHex(known.mldsa44, 1312) }"
)


CHECKPOINT = "({ origin, size, root }) => [origin, size, b.toHex(root)]"


COSIGNATURES = """(async () => {
  const { parseNote, parseCheckpoint } = await load("proof/ledger/notes");
  const note = parseNote(bytes);
  const checkpoint = parseCheckpoint(note.body);
  const policy = await (await load("proof/ledger/policy")).parsePolicy(b.fromBase64(known));
  const found = await it.witnessed(note, checkpoint, policy);
  const seconds = (at) => (at === null ? 0 : at.getTime() / 1000);
  const whole = [...it.wholeWitnesses(policy, found)].map(([name, at]) => [name, seconds(at)]);
  return [[...found.cosigned].map(([name, at]) => [name, seconds(at)]).sort(), whole, found.quorumMet];
})()"""


POLICY = """(async () => {
  const policy = await it.parsePolicy(bytes);
  const { namedWitnesses } = await load("proof/ledger/third_parties");
  const vkey = ({ name, keyId, type, publicKey }) =>
    `${name}+${keyId}+${b.toBase64(b.concat(Uint8Array.of(type), publicKey))}`;
  const authorities = [...policy.authorities].map(async ([name, one]) => [name, await b.sha256Hex(one)]);
  return [
    policy.deployment, policy.logKeys.origin, b.toHex(policy.logKeys.ed25519), b.toHex(policy.center),
    policy.trial,
    [...policy.witnesses].map(([name, key]) => [name, vkey(key)]),
    namedWitnesses(policy).map(({ name, keys }) => [name, keys]),
    policy.quorum, await Promise.all(authorities), policy.timestamps,
  ];
})()"""


DETAILS = """(async () => {
  await it.openDetails(new Map([[0, bytes]]), [{ position: 0, statement: { details: known } }]);
})()"""


RECEIPT = """(async () => {
  const { parseCanonical } = await load("proof/canonical");
  const body = { receipt: parseCanonical(bytes) };
  (await load("proof/ledger/bodies")).checkBody("custody.transferred", body);
  await it.verifyReceipt(body);
})()"""


OBJECT = """(async () => {
  const value = it.parseCanonical(bytes);
  (await load("proof/canonical")).exactly(value, Object.keys(value ?? {}), "the object");
})()"""


PROOF = """(async () => {
  const { index, path, checkpoint } = it.parseProof(text());
  (await load("proof/ledger/notes")).parseNote(checkpoint);
  return [index, path.map(b.toHex)];
})()"""


NOTE = """(() => {
  const { body, signatures } = it.parseNote(bytes);
  return [body, signatures.map(({ name, keyId, bytes: own }) => [name, keyId, b.toHex(own)])];
})()"""


READERS: Mapping[str, Reader] = {
    "canonical_json": Reader(
        quiet(lambda data: canonical_json.parse_object(data, "it")),
        "proof/canonical",
        OBJECT,
        lambda: [*of_files(material.package, ".json")[:6], b'{"a":[1,{"b":"\\n"},true,null,"\xc3\xa9"]}'],
    ),
    "note": Reader(_note, "proof/ledger/notes", NOTE, material.notes),
    "vkey": Reader(
        _vkey,
        "proof/ledger/notes",
        "it.parseVerifierKey(text()).then((key) => [key.name, key.type, b.toHex(key.publicKey)])",
        material.vkeys,
    ),
    "checkpoint_text": Reader(
        _checkpoint_text,
        "proof/ledger/notes",
        f"({CHECKPOINT})(it.parseCheckpoint(text()))",
        lambda: [material.checkpoint().text().encode()],
    ),
    "checkpoint": Reader(
        _checkpoint,
        "proof/ledger/notes",
        f"it.openCheckpoint(bytes, {LOG_KEYS}).then((opened) => ({CHECKPOINT})(opened.checkpoint))",
        material.notes,
        _log_keys,
    ),
    "cosignatures": Reader(
        _cosignatures, "proof/ledger/cosignatures", COSIGNATURES, _witnessed, _policy_text
    ),
    "proof": Reader(
        _proof,
        "proof/ledger/tlog_proof",
        PROOF,
        material.proofs,
    ),
    "leaf": Reader(
        quiet(SignedStatement.parse), "proof/ledger/statements", "void it.parseLeaf(bytes)", _leaves
    ),
    "policy": Reader(_policy, "proof/ledger/policy", POLICY, seeds_of("policy.txt")),
    "consistency": Reader(
        _consistency,
        "proof/ledger/consistency",
        "(({ size, root, proof }) => [size, b.toHex(root), proof.map(b.toHex)])(it.parseConsistency(bytes))",
        seeds_of(".consistency"),
    ),
    "inclusion": Reader(
        _inclusion,
        "proof/merkle",
        HASHES.replace("CALL", "it.verifyInclusion(first, bytes[1], bytes[0], path, second)"),
        _trees(_inclusions),
    ),
    "consistent": Reader(
        _consistent,
        "proof/merkle",
        HASHES.replace("CALL", "it.verifyConsistency(bytes[1], first, bytes[0], second, path)"),
        _trees(_consistencies),
    ),
    "details": Reader(_details, "package/details", DETAILS, seeds_of(".json", material.details), _committed),
    "receipt": Reader(_receipt, "proof/ledger/receipts", RECEIPT, material.receipts),
}
