// Requests to a server that answers as each test says: refusals, answers that make no sense, are late or cut off.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { Unavailable } from "../../../web/static/proof/errors.js";
import { ask, AT_ONCE, change, json, post, read, Refused, requestNumber, Unreachable, whole } from "../../../web/static/page/requests.js";

const WORDS = { what: "It is not yours.", meaning: "Nothing was done.", todo: "Ask who has it." };

// Each test has addresses of its own: what one has given up may arrive while the next goes on.
let [origin, base, turn] = ["", "", 0];
/** What each next request is answered with. @type {((response: import("node:http").ServerResponse) => void)[]} */
let answers = [];
/** @type {{method: string, url: string, headers: Record<string, string>, body: string}[]} */
let asked = [];

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const { method, headers } = request;
    const [, of, ...path] = (request.url ?? "").split("/");
    if (of !== String(turn)) return void response.end();
    asked.push({ method, url: `/${path.join("/")}`, headers, body: Buffer.concat(parts).toString() });
    const answer = answers.shift() ?? gives(500, "nothing more");
    answer(response);
  });
});

/** @param {number} status @param {unknown} body JSON, or text as it is */
const gives = (status, body) => (response) => response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
const refuses = (status, code, words = WORDS) => gives(status, { error: { code, ...words } });
const cut = (response) => response.socket.destroy();
const cutInside = (response) => {
  response.writeHead(200, { "content-length": "100" }).write('{"a":');
  setImmediate(() => response.socket.destroy());
};
const silent = () => {};
const stops = (response) => response.writeHead(200, { "content-length": "100" }).write('{"a":');

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  origin = `http://127.0.0.1:${server.address().port}`;
});
beforeEach(() => {
  [answers, asked] = [[], []];
  turn += 1;
  base = `${origin}/${turn}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const unreachable = (code) => (error) => {
  assert.ok(error instanceof Unreachable && error instanceof Unavailable && !(error instanceof Refused), String(error));
  assert.deepEqual([error.name, error.code, error.words], ["Unreachable", code, null]);
  return true;
};

test("an answer is read as JSON", async () => {
  answers = [gives(200, { a: [1, "ع"] })];
  assert.deepEqual(await read(`${base}/some?x=1`), { a: [1, "ع"] });
  assert.deepEqual([asked[0].method, asked[0].url, asked[0].body], ["GET", "/some?x=1", ""]);
});

test("what is asked for is taken from no cache", async () => {
  answers = [gives(200, {})];
  await read(`${base}/some`);
  assert.equal(asked[0].headers["cache-control"], "no-cache");
});

test("JSON is sent as JSON, and JSON asked for", async () => {
  answers = [gives(201, { id: 7 })];
  assert.deepEqual(await post(`${base}/some`, { text: "ما" }), { id: 7 });
  const [{ method, headers, body }] = asked;
  assert.deepEqual([method, headers["content-type"], headers.accept, body], ["POST", "application/json", "application/json", '{"text":"ما"}']);
});

test("what a request says of itself is sent as it is", async () => {
  answers = [gives(200, {}), gives(200, {})];
  await read(`${base}/pieces`, { method: "POST", headers: { "content-type": "application/octet-stream", "amana-person": "p" }, body: new Uint8Array([65, 66]) });
  assert.deepEqual([asked[0].headers["content-type"], asked[0].headers["amana-person"], asked[0].body], ["application/octet-stream", "p", "AB"]);
  await post(`${base}/some`, {}, { headers: { "x-own": "1" } });
  assert.equal(asked[1].headers["x-own"], "1");
});

test("a request with JSON has the headers that were asked for, and its own", () => {
  assert.deepEqual(json({ a: 1 }, { accept: "x" }), { method: "POST", headers: { accept: "x", "content-type": "application/json" }, body: '{"a":1}' });
});

test("an answer that is no JSON can be had as it is", async () => {
  answers = [gives(200, "plain")];
  const answer = await ask(`${base}/some`);
  assert.equal(await answer.text(), "plain");
});

for (const status of [400, 401, 403, 404, 409, 413, 422, 429, 500, 503]) {
  test(`a ${status} with words is a refusal in these words`, async () => {
    answers = [refuses(status, "not-yours")];
    await assert.rejects(read(`${base}/some`), (error) => {
      assert.ok(error instanceof Refused && error instanceof Unavailable && !(error instanceof Unreachable));
      assert.deepEqual([error.name, error.code, error.status, error.message], ["Refused", "not-yours", status, WORDS.what]);
      assert.deepEqual([error.words.what, error.words.meaning, error.words.todo], Object.values(WORDS));
      return true;
    });
  });
}

test("a refusal without words has none, and what came with it", async () => {
  answers = [refuses(409, "safety.order", { detail: "12" })];
  await assert.rejects(read(`${base}/some`), (error) => {
    assert.ok(error instanceof Refused);
    assert.deepEqual([error.words, error.message, error.fields.detail], [null, "safety.order", "12"]);
    return true;
  });
});

for (const [what, status, body, code] of [
  ["an error page", 502, "<html>Bad gateway</html>", "http-502"],
  ["an error without anything", 500, "", "http-500"],
  ["an error that is JSON of another kind", 404, { detail: "Not Found" }, "http-404"],
  ["an error whose code is no text", 400, { error: { code: 5, ...WORDS } }, "http-400"],
  ["an error that is null", 503, "null", "http-503"],
  ["an error that is a list", 503, [1], "http-503"],
  ["an answer that is no JSON", 200, "{a", "network"],
  ["an answer that is empty", 200, "", "network"],
  ["an answer that is null", 200, "null", "network"],
]) {
  test(`${what} is no answer`, async () => {
    answers = [gives(status, body)];
    await assert.rejects(read(`${base}/some`), unreachable(code));
  });
}

test("a connection that is cut before the answer is no answer", async () => {
  answers = [cut];
  await assert.rejects(read(`${base}/some`), unreachable("network"));
});

test("a connection that is cut inside the answer is no answer", async () => {
  answers = [cutInside];
  await assert.rejects(read(`${base}/some`), unreachable("network"));
});

test("a server that is not there is no answer", async () => {
  await assert.rejects(post("http://127.0.0.1:1/some", {}), unreachable("network"));
});

test("an answer that does not begin in its time is none", async () => {
  answers = [silent];
  await assert.rejects(read(`${base}/some`, { within: 30 }), unreachable("network"));
});

test("an answer that begins and does not end in its time is none", async () => {
  answers = [stops];
  await assert.rejects(read(`${base}/some`, { within: 30 }), unreachable("network"));
});

test("every request has a time, and those of an interview a short one", async (t) => {
  const times = [];
  const made = AbortSignal.timeout.bind(AbortSignal);
  t.mock.method(AbortSignal, "timeout", (ms) => (times.push(ms), made(ms)));
  answers = Array.from({ length: 4 }, () => gives(200, {}));
  await read(`${base}/some`);
  await post(`${base}/some`, {});
  await change(`${base}/some`, {});
  await read(`${base}/some`, { within: 5_000 });
  assert.deepEqual(times, [60_000, 60_000, AT_ONCE, 5_000]);
});

test("a body that breaks off is no answer, and one that is whole is itself", async () => {
  await assert.rejects(whole(Promise.reject(new TypeError("terminated"))), unreachable("network"));
  assert.equal(await whole(Promise.resolve("all")), "all");
});

test("numbers of requests are 128 bits in hex, each another one", () => {
  const numbers = new Set(Array.from({ length: 200 }, requestNumber));
  assert.equal(numbers.size, 200);
  for (const number of numbers) assert.match(number, /^[0-9a-f]{32}$/);
});

/** Passes over the waits between attempts, and says how long they were. */
function waits(t) {
  const all = [];
  const real = setTimeout;
  t.mock.method(globalThis, "setTimeout", (then, ms, ...more) => {
    if (![500, 1000, 1500].includes(ms)) return real(then, ms, ...more);
    all.push(ms);
    return real(then, 0, ...more);
  });
  return all;
}

const numbers = () => asked.map(({ body }) => JSON.parse(body).request);

test("a change carries a number of its own beside what it says", async () => {
  answers = [gives(200, { done: true }), gives(200, { done: true })];
  assert.deepEqual(await change(`${base}/begin`, { reason: "x" }), { done: true });
  await change(`${base}/begin`, { reason: "x" });
  assert.deepEqual(Object.keys(JSON.parse(asked[0].body)), ["reason", "request"]);
  const [one, other] = numbers();
  assert.match(one, /^[0-9a-f]{32}$/);
  assert.notEqual(one, other);
  assert.equal(asked[0].headers["content-type"], "application/json");
});

test("a change that is cut off is sent again with the same number, each time after a longer wait", async (t) => {
  const waited = waits(t);
  answers = [cut, gives(502, "x"), gives(200, { done: 1 })];
  assert.deepEqual(await change(`${base}/begin`, {}), { done: 1 });
  assert.equal(new Set(numbers()).size, 1);
  assert.deepEqual([asked.length, waited], [3, [500, 1000]]);
});

test("a change whose answer breaks off is sent again: it was carried out once at most", async (t) => {
  waits(t);
  answers = [cutInside, gives(200, { done: 1 })];
  assert.deepEqual(await change(`${base}/begin`, {}), { done: 1 });
  assert.equal(new Set(numbers()).size, 1);
});

test("a change that nobody answers is given up after three attempts", async (t) => {
  waits(t);
  answers = [cut, cut, cut, gives(200, {})];
  await assert.rejects(change(`${base}/begin`, {}), unreachable("network"));
  assert.equal(asked.length, 3);
});

test("a change that is refused is not sent again", async () => {
  answers = [refuses(409, "wrong-state"), gives(200, {})];
  await assert.rejects(change(`${base}/begin`, {}), (error) => error instanceof Refused && error.code === "wrong-state");
  assert.equal(asked.length, 1);
});

test("a change that is refused after a cut is refused", async (t) => {
  waits(t);
  answers = [cut, refuses(503, "recorder.away")];
  await assert.rejects(change(`${base}/begin`, {}), Refused);
  assert.equal(asked.length, 2);
});

test("a change is tried as often as its page says, and under the number that it has already", async () => {
  answers = [cut, gives(200, {})];
  await assert.rejects(change(`${base}/begin`, {}, 1, "ab".repeat(16)), Unreachable);
  await change(`${base}/begin`, {}, 1, "ab".repeat(16));
  assert.deepEqual(numbers(), ["ab".repeat(16), "ab".repeat(16)]);
});
