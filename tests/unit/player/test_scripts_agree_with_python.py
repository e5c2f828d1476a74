"""Two implementations of one specification: what Python takes the scripts take, what it refuses they
refuse.

Each test hands the scripts a whole corpus at once and compares answer by answer.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import CustodyError
from chain_of_custody.items.file_manifest import FileDescription, FileHeader, FileManifest
from chain_of_custody.items.recipe import Program, Read, Recipe, Source
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import Event, Header
from chain_of_custody.items.recording_manifest import Index, Manifest
from chain_of_custody.items.sender import SenderEvent
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.tlog.checkpoint import open_checkpoint
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.tlog.merkle import leaf_hash, root_of
from chain_of_custody.trust.policy import TrustPolicy
from tests.support.ledger import worked_example
from tests.support.media.made_media import Fragment, MadeTrack
from tests.support.packages.court_packages import INTERVIEW, ROOM, sender
from tests.support.packages.made_recording import MadeRecording, made_recording
from tests.support.packages.node_engine import NodeEngine

pytestmark = pytest.mark.starts

# Runs `take` of a module over every item of a corpus: true where it was taken, false where it was refused.
ANSWERS = """async ([module, take, corpus]) => {
  const it = await import(`/static/player/${module}.js`);
  const { fromBase64, text } = await import("/static/player/bytes.js");
  const asked = new Function("it", "bytes", "text", `return ${take}`);
  const answers = [];
  for (const item of corpus) {
    const bytes = fromBase64(item);
    try {
      await asked(it, bytes, () => text(bytes));
      answers.push(true);
    } catch (error) {
      if (!error.reason) throw error;
      answers.push(false);
    }
  }
  return answers;
}"""


def taken(read: Callable[[bytes], object], corpus: Sequence[bytes]) -> list[bool]:
    answers = []
    for item in corpus:
        try:
            read(item)
        except CustodyError:
            answers.append(False)
        else:
            answers.append(True)
    return answers


def same(
    engine: NodeEngine, read: Callable[[bytes], object], module: str, take: str, corpus: Sequence[bytes]
) -> None:
    encoded = [base64.b64encode(item).decode() for item in corpus]
    theirs = engine.evaluate(ANSWERS, [module, take, encoded])
    ours = taken(read, corpus)
    different = [corpus[i] for i, answer in enumerate(ours) if answer != theirs[i]]
    assert different == []
    assert True in ours and False in ours  # a corpus that is all one thing would show little


def mutations(original: bytes, count: int, seed: int) -> list[bytes]:
    """The original, and `count` copies with something small done to each."""
    chance = random.Random(seed)
    found = [original]
    for _ in range(count):
        at = chance.randrange(len(original))
        other = chance.choice(original)
        found.append(
            chance.choice(
                [
                    original[:at] + bytes([other]) + original[at + 1 :],
                    original[:at] + original[at + 1 :],
                    original[:at] + bytes([other]) + original[at:],
                    original[:at] + bytes([original[at] ^ (1 << chance.randrange(8))]) + original[at + 1 :],
                ]
            )
        )
    return found


def recording() -> MadeRecording:
    fragments = tuple(Fragment(b"x%d" % n, n * 1_000_000, 1_000_000, True) for n in range(3))
    made = made_recording({"wide": [MadeTrack("avc1.42e01f", b"init", fragments)]})
    made.view("hearing")
    return made


JSON = [
    b'{}', b'{"a":1}', b'{"a":1,"b":[true,false,null]}', b'{"b":1,"a":1}', b'{"a":1,"a":1}', b'{"a": 1}',
    b'{"a":1}\n', b'{"a":01}', b'{"a":-0}', b'{"a":-1}', b'{"a":1.0}', b'{"a":1.5}', b'{"a":1e3}',
    b'{"a":9007199254740991}', b'{"a":9007199254740992}', b'{"a":"\\u00e9"}', '{"a":"é"}'.encode(),
    b'{"a":"\\u0001"}', b'{"a":"\\u001F"}', b'{"a":"\\u001f"}', b'{"a":"\\b\\t\\n\\f\\r"}', b'{"a":"/"}',
    b'{"a":"\\/"}', b'{"a":"\\ud800"}', '{"a":"😀"}'.encode(), b'{"a":"\\ud83d\\ude00"}', b'{"a":"\xff"}',
    '{"😀":1,"דּ":2}'.encode(), '{"דּ":2,"😀":1}'.encode(), '{"€":1,"\r":2}'.encode(), b'{"\\r":2,"a":1}',
    b'\xef\xbb\xbf{}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":undefined}', b'{', b'',
    b'{"__proto__":{"a":1}}',
    b'{"a":[1,2,[3,[4]]]}', b'{"a":"\x7f"}', '{"a":"\u2028"}'.encode(), b"{'a':1}", b'{"a":1,}',
]  # fmt: skip


def test_canonical_json(engine: NodeEngine) -> None:
    same(
        engine,
        lambda data: canonical_json.parse_object(data, "it"),
        "canonical",
        "it.parseCanonical(bytes)",
        JSON,
    )


def test_records(engine: NodeEngine) -> None:
    lines = recording().records
    corpus = [data for seed, line in enumerate(lines) for data in mutations(line.canonical(), 150, seed)]
    same(engine, Record.parse, "records", "it.parseRecord(text())", corpus)


def test_indexes(engine: NodeEngine) -> None:
    index = Index.serialise(recording().records)
    lines = index.splitlines(keepends=True)
    chance = random.Random(4)
    shuffled = [b"".join(chance.sample(lines, len(lines))) for _ in range(50)]
    corpus = [*mutations(index, 300, 5), *shuffled, index[:-1], index + b"\n", b"\n", b""]
    same(engine, Index.parse, "manifests", "it.parseIndex(bytes)", corpus)


def test_manifests(engine: NodeEngine) -> None:
    corpus = mutations(recording().manifest.canonical(), 400, 6)
    same(engine, Manifest.parse, "manifests", "it.parseManifest(bytes)", corpus)


def test_manifests_headers_and_words_of_files(engine: NodeEngine) -> None:
    ids = {"deployment": "d0" * 16, "case": "c0" * 16, "evidence": "f0" * 16}
    manifest = FileManifest(**ids, kind="photograph", records=3, root="00" * 32, index="11" * 32)
    header = FileHeader(**ids, kind="document", purpose="examination", software={"amana": "1"})
    told = FileDescription("scan 1.png", 163, "22" * 32, "png", {"height": 8, "width": 8})
    for seed, (read, take, original) in enumerate(
        (
            (FileManifest.parse, "it.parseFileManifest(bytes)", manifest.canonical()),
            (FileHeader.parse, "it.parseFileHeader(bytes)", header.canonical()),
            (FileDescription.parse, "it.parseFileTold(bytes)", told.canonical()),
        )
    ):
        same(engine, read, "files", take, mutations(original, 300, 20 + seed))


def test_headers_and_the_senders_in_them(engine: NodeEngine) -> None:
    header = worked_example.HEADER
    one = sender("wide").to_json()
    holder, proof = one["holder"], one["proof"]
    names = ("", "ن" * 200, "😀" * 200, "ن" * 201)
    keys = (*(bytes([form]) + ROOM.public[1:] for form in (2, 4, 6)), ROOM.public[:33])
    edited: list[object] = [
        *([], None, [one, one], [sender("close").to_json()]),
        *([{**one, **wrong}] for wrong in ({"proof": None}, {"network": "moon"}, {"more": 1})),
        *([{**one, "holder": {**holder, **wrong}}] for wrong in ({"kind": "dog"}, {"id": "0"})),
        *([{**one, "holder": {**holder, "name": name}}] for name in names),
        *([{**one, "proof": {**proof, "key": encode_base64(key)}}] for key in keys),
        *([{**one, "proof": {**proof, **wrong}}] for wrong in ({"evidence": 7}, {"use": "tea"})),
    ]
    headers = [canonical_json.serialise({**header.to_json(), "senders": senders}) for senders in edited]
    corpus = [*mutations(header.canonical(), 300, 30), *headers]
    same(engine, Header.parse, "contents", "it.parseHeader(bytes)", corpus)


def test_what_became_of_a_sender_and_whether_its_device_signed(engine: NodeEngine) -> None:
    fields = {"confirmed": None, "event": "returned", "reason": None, "sender": sender("wide").to_json()}
    whole = Event("sender", 5, fields).canonical()
    other = [{**fields, "event": "refused", "reason": "unproved"}, {**fields, "event": "replaced"}]
    corpus = [*mutations(whole, 400, 31), *(Event("sender", 5, one).canonical() for one in other)]
    take = f"it.checkSenderEvent(JSON.parse(text()), {INTERVIEW!r})"

    def proved(data: bytes) -> None:
        event = Event.parse(data)
        SenderEvent.of(event.fields).verify(INTERVIEW)

    canonical = [data for data in corpus if taken(Event.parse, [data]) == [True]]
    same(engine, proved, "senders", take, canonical)


def test_recipes_of_derivatives(engine: NodeEngine) -> None:
    recipe = Recipe(
        kind="composed-film",
        sources=(Source("e0" * 16, "11" * 32, (0, 5)), Source("f0" * 16, "22" * 32)),
        edits={"tracks": ["wide"]},
        program=Program("ffmpeg", "7.1", "33" * 32),
        arguments=("-i", "صورة.mp4", ""),
        inputs=(Read("صورة.mp4", 100, "44" * 32),),
        output=Read("original.mp4", 45, "55" * 32),
    )
    corpus = mutations(recipe.canonical(), 400, 26)
    same(engine, Recipe.parse, "derivatives", "it.parseRecipe(bytes)", corpus)


def test_leaves(engine: NodeEngine) -> None:
    corpus = [
        data for seed, leaf in enumerate(recording().ledger.leaves) for data in mutations(leaf, 120, seed)
    ]
    same(engine, SignedStatement.parse, "statements", "it.parseLeaf(bytes)", corpus)


def test_policies(engine: NodeEngine) -> None:
    policy = recording().ledger.policy()
    lines = policy.splitlines(keepends=True)
    edited = [
        policy + b"\n", policy + b"# more\n", policy + b"\tquorum none\n", policy[:-1],
        policy.replace(b"trial", b"protected"), policy.replace(b"none", b"all"),
        policy.replace(b"center ", b"center\t "), policy.replace(b"\n", b"\r\n"),
        "# ملاحظة\n".encode() + policy, b"".join(reversed(lines)),
    ]  # fmt: skip
    corpus = [*mutations(policy, 200, 7), *edited]
    same(engine, TrustPolicy.parse, "policy", "it.parsePolicy(bytes)", corpus)


def test_proofs(engine: NodeEngine) -> None:
    proof = recording().ledger.proofs()[4]["proof"].encode()
    head = proof.index(b"\n\n")
    corpus = [item + proof[head:] for item in mutations(proof[:head], 200, 8)]
    extra = proof.replace(b"index", b"extra aGVsbG8=\nindex")
    corpus += [
        extra,
        extra.replace(b"aGVsbG8=", b""),
        extra.replace(b"aGVsbG8=", b"aGVsbG9="),
        proof[: head + 2],
    ]
    same(engine, TlogProof.parse, "proof", "it.parseProof(text())", corpus)


def test_checkpoints(engine: NodeEngine) -> None:
    ledger = recording().ledger
    note = ledger.checkpoint()
    keys = ledger.signer.keys
    engine.evaluate(
        """([origin, ed25519, mldsa44]) => {
          const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          globalThis.keys = { origin, ed25519: bytes(ed25519), mldsa44: bytes(mldsa44) };
        }""",
        [keys.origin, *(base64.b64encode(key).decode() for key in (keys.ed25519, keys.mldsa44))],
    )
    strange = "— somebody.example/else+1 AAAAAAA=\n".encode()
    witness = "— witness.example/w1 jWbPPwAAAABkGFDL\n".encode()
    edited = [note + witness, note + strange, note[:-1], note + b"\n", note.replace(b"\n\n", b"\next\n\n")]
    corpus = [*mutations(note, 250, 9), *edited]
    same(
        engine,
        lambda data: open_checkpoint(data, keys),
        "notes",
        "it.openCheckpoint(bytes, globalThis.keys)",
        corpus,
    )


def test_roots_at_every_size(engine: NodeEngine) -> None:
    leaves = [leaf_hash(b"%d" % n) for n in range(70)]
    roots = engine.evaluate(
        """async (leaves) => {
          const { Tree } = await import("/static/player/merkle.js");
          const { fromHex, toHex } = await import("/static/player/bytes.js");
          const tree = await Tree.over(leaves.map((leaf) => fromHex(leaf, 32)));
          return Promise.all(Array.from({ length: 71 }, async (_, size) => toHex(await tree.root(size))));
        }""",
        [leaf.hex() for leaf in leaves],
    )
    assert roots == [root_of(leaves[:size]).hex() for size in range(71)]


def test_public_inclusion_vectors(engine: NodeEngine) -> None:
    file = Path(__file__).resolve().parents[2] / "vectors" / "merkle" / "inclusion.json"
    vectors: list[dict[str, Any]] = json.loads(file.read_bytes())
    answers = engine.evaluate(
        """async (vectors) => {
          const { verifyInclusion } = await import("/static/player/merkle.js");
          const { fromBase64 } = await import("/static/player/bytes.js");
          const answers = [];
          for (const { leafHash, leafIdx, treeSize, proof, root } of vectors) {
            try {
              const [leaf, top, path] = [leafHash ?? "", root ?? "", proof ?? []];
              const hashes = path.map(fromBase64);
              await verifyInclusion(fromBase64(leaf), leafIdx, treeSize, hashes, fromBase64(top));
              answers.push(true);
            } catch (error) {
              if (!error.reason) throw error;
              answers.push(false);
            }
          }
          return answers;
        }""",
        vectors,
    )
    assert len(vectors) > 90
    assert answers == [not one["wantErr"] for one in vectors]
