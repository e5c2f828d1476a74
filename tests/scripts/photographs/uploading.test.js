// The script that sends files: which answers it takes for an end, and which it waits out.

import assert from "node:assert/strict";
import { test } from "node:test";
import "../page.js";
import { ofCase, Uploading } from "../../../web/static/photographs/uploading.js";

const ARRIVING = { id: "u", received: 0, size: 9, state: "arriving" };
const WHOLE = { ...ARRIVING, received: 9 };
const SEALED = { ...WHOLE, state: "sealed", number: 1 };
const [BEGIN, PIECE, FINISH] = ["/cases/c/uploads", "/uploads/u/pieces", "/uploads/u/finish"];

const refusing = (code) => ({ error: { code, what: `${code} happened`, meaning: "it means", todo: "do this" } });

/** What was asked of the other side, what the page was told, and the end, of one file of nine bytes. */
async function sent(t, ...answers) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = [];
  const told = [];
  t.mock.method(globalThis, "fetch", async (url, { headers }) => {
    assert.equal(headers["amana-person"], "p");
    asked.push(String(url).replace(/\?.*/, ""));
    const [status, body] = answers.shift();
    return new Response(JSON.stringify(body), { status });
  });
  let ended = false;
  const about = { kind: "photograph", intimate: false, agreed: false };
  const adding = new Uploading(ofCase("c", "p")).add(new File(["a picture"], "a.jpg"), about, (one) => told.push(one));
  void adding.finally(() => (ended = true));
  while (!ended) {
    await new Promise(setImmediate);
    t.mock.timers.tick(15_000); // the longest pause between two tries
  }
  return { asked, told, standing: await adding };
}

test("what somebody can end is told and waited for", async (t) => {
  for (const code of ["not-signed-in", "begin-anew", "disk-full", "recording-failed", "other-person"]) {
    await t.test(code, async (t) => {
      const refused = [401, refusing(code)];
      const answers = [[200, ARRIVING], refused, refused, [200, ARRIVING], [200, WHOLE], [200, SEALED]];
      const { asked, told, standing } = await sent(t, ...answers);
      assert.deepEqual(asked, [BEGIN, PIECE, BEGIN, BEGIN, PIECE, FINISH]);
      const waited = told.filter(({ state }) => state === "cut").map(({ words }) => words.what);
      assert.deepEqual(waited, [`${code} happened`, `${code} happened`]);
      assert.equal(told.at(-1).state, "sealed");
      assert.equal(standing.number, 1);
    });
  }
});

test("what ends by itself is waited out and needs nobody", async (t) => {
  for (const code of ["too-many-requests", "database-away"]) {
    await t.test(code, async (t) => {
      const answers = [[200, ARRIVING], [429, refusing(code)], [200, ARRIVING], [200, WHOLE], [200, SEALED]];
      const { asked, told, standing } = await sent(t, ...answers);
      assert.deepEqual(asked, [BEGIN, PIECE, BEGIN, PIECE, FINISH]);
      assert.deepEqual(told.filter(({ words }) => words), []);
      assert.equal(standing.number, 1);
    });
  }
});

test("what stays as it is is an end and told as such", async (t) => {
  for (const code of ["not-a-picture", "consent-refused", "intimate-injury", "forbidden"]) {
    await t.test(code, async (t) => {
      const { asked, told, standing } = await sent(t, [200, ARRIVING], [422, refusing(code)]);
      assert.deepEqual(asked, [BEGIN, PIECE]);
      assert.equal(standing, null);
      const { state, code: said, words } = told.at(-1);
      assert.deepEqual([state, said, words.todo], ["refused", code, "do this"]);
    });
  }
});

test("the same file chosen twice is sent once, and the second is found to be in the case", async (t) => {
  const asked = [];
  let sealed = false;
  t.mock.method(globalThis, "fetch", async (url) => {
    asked.push(String(url).replace(/\?.*/, ""));
    if (asked.at(-1) === BEGIN) return Response.json(sealed ? { ...SEALED, again: true } : ARRIVING);
    if (asked.at(-1) === PIECE) return Response.json(WHOLE);
    sealed = true;
    return Response.json(SEALED);
  });
  const uploading = new Uploading(ofCase("c", "p"));
  const about = { kind: "photograph", intimate: false, agreed: false };
  const both = [1, 2].map(() => uploading.add(new File(["a picture"], "a.jpg"), about, () => {}));
  assert.deepEqual((await Promise.all(both)).map((standing) => Boolean(standing.again)).sort(), [false, true]);
  assert.deepEqual(asked, [BEGIN, PIECE, FINISH, BEGIN]);
});

test("one that was sealed before its last answer was cut off was not in the case before", async (t) => {
  const { standing } = await sent(t, [200, WHOLE], [429, refusing("database-away")], [200, { ...SEALED, again: true }]);
  assert.equal(standing.again, false);
});

test("after one that was refused the same file is sent again", async (t) => {
  let asked = 0;
  t.mock.method(globalThis, "fetch", async () => {
    asked += 1;
    return asked === 1 ? Response.json(refusing("consent-refused"), { status: 422 }) : Response.json(SEALED);
  });
  const uploading = new Uploading(ofCase("c", "p"));
  const about = { kind: "photograph", intimate: false, agreed: false };
  const both = [1, 2].map(() => uploading.add(new File(["a picture"], "a.jpg"), about, () => {}));
  assert.deepEqual((await Promise.all(both)).map((standing) => standing?.state).sort(), ["sealed", undefined]);
});

test("pieces grow while the line is quick, and shrink after a cut", async (t) => {
  const MIB = 1024 * 1024;
  const file = new File([new Uint8Array(60 * MIB)], "film.mp4");
  let received = 0;
  const sizes = [];
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(globalThis, "fetch", async (url, { body }) => {
    if (!String(url).includes("/pieces")) return Response.json({ ...ARRIVING, size: file.size, received, ...(received === file.size && String(url) === FINISH ? { state: "sealed" } : {}) });
    sizes.push(body.size / MIB);
    if (sizes.length === 4) return Response.json(refusing("too-many-requests"), { status: 429 });
    received += body.size;
    return Response.json({ ...ARRIVING, size: file.size, received });
  });
  let ended = false;
  const adding = new Uploading(ofCase("c", "p")).add(file, { kind: "received" }, () => {});
  void adding.finally(() => (ended = true));
  while (!ended) {
    await new Promise(setImmediate);
    t.mock.timers.tick(15_000);
  }
  assert.deepEqual(sizes, [2, 4, 8, 16, 8, 16, 16, 6]);
});
