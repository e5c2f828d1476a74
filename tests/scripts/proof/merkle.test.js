// The Merkle tree of the pages: judged by the vectors of others, and by roots that were published.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { NotProved } from "../../../web/static/proof/errors.js";
import { emptyRoot, leafHash, nodeHash, Tree, verifyConsistency, verifyInclusion } from "../../../web/static/proof/merkle.js";

const bytes = (text) => Uint8Array.from(Buffer.from(text ?? "", "base64"));
const hex = (hash) => Buffer.from(hash).toString("hex");

function vectors(kind) {
  const listed = JSON.parse(readFileSync(new URL(`../../vectors/merkle/${kind}.json`, import.meta.url), "utf8"));
  return listed.map((one) => ({ ...one, proof: (one.proof ?? []).map(bytes) }));
}

test("leaves and nodes are hashed apart", async () => {
  // The reference tree of Certificate Transparency: its first two entries are "" and 00.
  const leaves = await Promise.all([leafHash(new Uint8Array(0)), leafHash(Uint8Array.of(0))]);
  assert.equal(hex(leaves[0]), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  assert.equal(hex(leaves[1]), "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
  assert.equal(hex(await nodeHash(...leaves)), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  assert.equal(hex(await emptyRoot()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

test("a tree has the root that it had at every earlier size", async () => {
  const entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"];
  const leaves = await Promise.all(entries.map((entry) => leafHash(Uint8Array.from(Buffer.from(entry, "hex")))));
  const tree = await Tree.over(leaves);
  assert.equal(hex(await tree.root(3)), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
  assert.equal(hex(await tree.root(6)), "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef");
  assert.equal(hex(await tree.root(7)), "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c");
});

test("the public inclusion vectors are judged as their authors say", async () => {
  const judged = { good: 0, bad: 0 };
  for (const { leafHash: leaf, leafIdx, treeSize, proof, root, wantErr, file } of vectors("inclusion")) {
    judged[wantErr ? "bad" : "good"] += 1;
    const verified = verifyInclusion(bytes(leaf), leafIdx, treeSize, proof, bytes(root));
    await (wantErr ? assert.rejects(verified, NotProved, file) : assert.doesNotReject(verified, file));
  }
  assert.deepEqual(judged, { good: 6, bad: 92 });
});

test("the public consistency vectors are judged as their authors say", async () => {
  const judged = { good: 0, bad: 0 };
  for (const { size1, root1, size2, root2, proof, wantErr, file } of vectors("consistency")) {
    // One of theirs compares two equal "roots" of 12 bytes; ours are hashes, and refused otherwise.
    const bad = wantErr || bytes(root1).length !== 32;
    judged[bad ? "bad" : "good"] += 1;
    const verified = verifyConsistency(size1, bytes(root1), size2, bytes(root2), proof);
    await (bad ? assert.rejects(verified, NotProved, file) : assert.doesNotReject(verified, file));
  }
  assert.deepEqual(judged, { good: 5, bad: 93 });
});

test("a path is of exactly as many hashes as it must have", async () => {
  const [a, b] = await Promise.all([leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2))]);
  const root = await nodeHash(b, a);
  await assert.doesNotReject(verifyInclusion(a, 1, 2, [b], root));
  await assert.rejects(verifyInclusion(a, 0, 1, [b], root), /too long/);
  await assert.rejects(verifyInclusion(root, 0, 2, [], root), /too short/);
  await assert.rejects(verifyInclusion(a, 1, 1, [], a), /index 1 in a tree of 1/);
  await assert.rejects(verifyInclusion(a, 1, 2, [b], await nodeHash(a, b)), /another root/);
});

test("the earlier tree is shown to be the later one's beginning, and both roots are held against it", async () => {
  const leaves = await Promise.all([1, 2, 3].map((n) => leafHash(Uint8Array.of(n))));
  const tree = await Tree.over(leaves);
  const [one, two, three] = [leaves[0], await tree.root(2), await tree.root(3)];
  await assert.doesNotReject(verifyConsistency(2, two, 3, three, [leaves[2]]));
  await assert.rejects(verifyConsistency(1, one, 1, two, []), /two different trees/);
  await assert.rejects(verifyConsistency(0, await emptyRoot(), 3, three, []), /cannot be shown/);
  await assert.rejects(verifyConsistency(2, two, 3, one, [leaves[2]]), /later root/);
  const four = await (await Tree.over([...leaves, one])).root(4);
  const proof = [leaves[2], one, two]; // of 3 in 4
  await assert.doesNotReject(verifyConsistency(3, three, 4, four, proof));
  await assert.rejects(verifyConsistency(3, one, 4, four, proof), /earlier root/);
});
