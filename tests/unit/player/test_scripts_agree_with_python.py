"""Two implementations of one specification: what Python takes the scripts take, what it refuses they
refuse.

Here are the cases that people thought of. `tests/fuzz/readers_in_both.py` has the readers, and asks both of
altered bytes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.items.recording_manifest import Index
from chain_of_custody.tlog.merkle import leaf_hash, root_of
from tests.fuzz import material
from tests.fuzz.readers_in_both import READERS, by_scripts, differ
from tests.support.ledger import worked_example
from tests.support.media.made_media import Fragment, MadeTrack
from tests.support.packages.court_packages import ROOM, sender
from tests.support.packages.made_recording import MadeRecording, made_recording
from tests.support.packages.node_engine import NodeEngine

pytestmark = pytest.mark.starts


def same(engine: NodeEngine, name: str, corpus: Sequence[bytes]) -> None:
    """That both say the same of each of these, in the format of this name."""
    reader = READERS[name]
    answers = by_scripts(reader, corpus, engine)
    found = {item: differ(reader, item, theirs) for item, theirs in zip(corpus, answers, strict=True)}
    assert {item: how for item, how in found.items() if how is not None} == {}
    taken = ["read" in answer for answer in answers]
    assert True in taken and False in taken  # a corpus that is all one thing would show little


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
    same(engine, "canonical_json", JSON)


def test_indexes(engine: NodeEngine) -> None:
    index = Index.serialise(recording().records)
    lines = index.splitlines(keepends=True)
    chance = random.Random(4)
    shuffled = [b"".join(chance.sample(lines, len(lines))) for _ in range(50)]
    same(engine, "index", [index, *shuffled, index[:-1], index + b"\n", b"\n", b""])


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
    same(engine, "header", [header.canonical(), *headers])


def test_policies(engine: NodeEngine) -> None:
    policy = recording().ledger.policy()
    lines = policy.splitlines(keepends=True)
    edited = [
        policy + b"\n", policy + b"# more\n", policy + b"\tquorum none\n", policy[:-1],
        policy.replace(b"trial", b"protected"), policy.replace(b"none", b"all"),
        policy.replace(b"center ", b"center\t "), policy.replace(b"\n", b"\r\n"),
        "# ملاحظة\n".encode() + policy, b"".join(reversed(lines)),
    ]  # fmt: skip
    same(engine, "policy", [policy, *edited])


def test_proofs(engine: NodeEngine) -> None:
    proof = recording().ledger.proofs()[4]["proof"].encode()
    extra = proof.replace(b"index", b"extra aGVsbG8=\nindex")
    corpus = [
        extra,
        extra.replace(b"aGVsbG8=", b""),
        extra.replace(b"aGVsbG8=", b"aGVsbG9="),
        proof[: proof.index(b"\n\n") + 2],
    ]
    same(engine, "proof", [proof, *corpus])


def test_checkpoints(engine: NodeEngine) -> None:
    [note] = material.notes()
    strange = "— somebody.example/else+1 AAAAAAA=\n".encode()
    witness = "— witness.example/w1 jWbPPwAAAABkGFDL\n".encode()
    edited = [note + witness, note + strange, note[:-1], note + b"\n", note.replace(b"\n\n", b"\next\n\n")]
    same(engine, "checkpoint", [note, *edited])


def test_the_origin_of_a_checkpoint_is_a_name_that_a_key_can_have(engine: NodeEngine) -> None:
    text = material.checkpoint().text()
    origins = ("", " a", "a b", "a+b", "a\u00a0b", "a\u2028b", "a\u0001b", "\u007f", "ع" * 127, "ع" * 128)
    same(
        engine,
        "checkpoint_text",
        [text.replace(text.split("\n")[0], one).encode() for one in ("a/b", *origins)],
    )
    key = b"\x04" + material.policy().log_keys.ed25519
    ids = {one: sha256(one.encode() + b"\n" + key).hexdigest()[:8] for one in ("a/b", *origins)}
    same(engine, "vkey", [f"{one}+{id_}+{encode_base64(key)}".encode() for one, id_ in ids.items()])


def test_roots_at_every_size(engine: NodeEngine) -> None:
    leaves = [leaf_hash(b"%d" % n) for n in range(70)]
    roots = engine.evaluate(
        """async (leaves) => {
          const { Tree } = await import("/static/proof/merkle.js");
          const { fromHex, toHex } = await import("/static/proof/bytes.js");
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
          const { verifyInclusion } = await import("/static/proof/merkle.js");
          const { fromBase64 } = await import("/static/proof/bytes.js");
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
