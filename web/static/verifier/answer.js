// @ts-check
// The one large answer: a word, a sentence that says what it means for the court, and what to do. Never more
// certain than the proof.

import { escaped } from "../package/bags.js";
import { held, title } from "./claims.js";
import { endOf } from "../package/remarks.js";
import { PACKAGE_STEPS } from "../package/verify.js";
import { witnessesOf, witnessName, witnessText } from "./witness_names.js";
import { element, make } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { countText, isolate, known, makeDigest, momentText, say, word } from "../page/words.js";

/** @import { Refusal, Run } from "../package/run.js" */
/** @import { Failure, Item, Remark, Verdict } from "../package/verify.js" */
/**
 * @typedef {"running" | "intact" | "consistent" | "not-witnessed" | "altered" | "incomplete" | "foreign" | "unread"} Answer
 */

const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** What each looks like: colour and shape go with the word. */
export const LOOKS = Object.freeze({
  running: "running",
  intact: "intact",
  consistent: "unknown",
  "not-witnessed": "waiting",
  altered: "altered",
  incomplete: "incomplete",
  foreign: "altered",
  unread: "unknown",
});

/** @param {Run} run @returns {Answer} */
export function answerOf(run) {
  const { end } = run;
  if (!end) return "running";
  if (end.end === "fingerprint") return "foreign";
  if (end.end === "refused") return failed(end.refusal);
  if (end.end !== "verdict") return "unread";
  const { outcome, failure } = end.verdict;
  if (outcome === "not proved" && failure) return failed(failure);
  if (outcome === "not witnessed") return "not-witnessed";
  return outcome === "consistent" ? "consistent" : "intact";
}

/** @param {Failure | Refusal} failure @returns {Answer} */
function failed({ step, kind }) {
  if (kind === "incomplete") return "incomplete";
  // That the policy is another one shows where the package does not come from, and nothing else.
  return step === "policy" && kind !== "malformed" ? "foreign" : "altered";
}

/** @param {Run} run @returns {Failure | Refusal | null} */
export function failureOf({ end }) {
  if (end?.end === "refused") return end.refusal;
  return end?.end === "verdict" && end.verdict.outcome === "not proved" ? end.verdict.failure : null;
}

/** The sentences of an answer, for the page and for the copied text. @param {Run} run */
export function sentences(run) {
  const answer = answerOf(run);
  const failure = failureOf(run);
  const holds = answer === "intact" ? run.verdict : null;
  const texts = holds ? held(holds, run.registered.by) : [say(`answer.${answer}.text`)];
  if (answer === "running" && run.items.length > 0) texts.push(say("answer.running.film"));
  if (run.end?.end === "unavailable") texts.push(say("answer.unread.disk"));
  if (run.end?.end === "unsupported") texts.push(say("unfit.browser"));
  if (run.end?.end === "fingerprint" && run.registered.by === "typed") texts.push(say("answer.foreign.sheet"));
  const place = placeOf(run);
  if (place) texts.splice(0, 1, place, say("failed.shown"));
  else if (failure && answer !== "foreign") texts.push(say(`failed.${failure.step}`));
  return {
    answer,
    title: holds ? title(holds, run.registered.by) : say(`answer.${answer}`),
    texts,
    todo: answer === "running" ? "" : say(todo(run, answer)),
    notes: notes(run),
    expert: failure ? expert(failure) : run.verdict?.failure ? expert(run.verdict.failure) : "",
  };
}

/** What is no alteration, and a court should know. @param {Run} run @returns {string[]} */
function notes(run) {
  const { verdict } = run;
  if (!verdict) return [];
  const told = verdict.findings.map(remarkText);
  if (verdict.outcome === "not proved") return told;
  if (verdict.outcome === "not witnessed") told.unshift(...lacking(verdict));
  if (verdict.outcome === "not witnessed" && !verdict.registered) told.push(say("note.origin"));
  if (verdict.policy?.trial) told.push(say("note.trial"));
  return told;
}

/** A remark of the verifier as a sentence. @param {Remark} remark @returns {string} */
export function remarkText({ code, values }) {
  const told = Object.entries(values).map(([name, value]) => [name, valueText(name, value)]);
  return say(`remark.${code}`, { ...Object.fromEntries(told), n: Number(values.count ?? values.seconds ?? values.records) });
}

/** @param {string} name @param {string | number} value */
function valueText(name, value) {
  if (name === "role") return word("role", value);
  if (name === "parts") return String(value).replace(/(, )?(safety recording of )?part (\d+)/g, (_, more, safety, part) => `${more ? " · " : ""}${say(safety ? "item.safety" : "item.name", { part })}`);
  if (typeof value === "number") return countText(value);
  if (INSTANT.test(value)) return momentText(new Date(value));
  return name === "stated" && known(`role.${value}`) ? say(`role.${value}`) : isolate(value);
}

/** How far those have come whom the policy asks for. @param {Verdict} verdict @returns {string[]} */
function lacking(verdict) {
  const { policy, items, files } = verdict;
  /** @type {string[]} */
  const told = [];
  if (policy && policy.quorum !== "none") {
    const names = witnessesOf(verdict).map(witnessName).join(" · ");
    told.push(names ? say("note.witnesses", { names }) : say("note.witnesses.none"));
  }
  for (const { header, covers } of items) {
    if (!policy || covers.length >= policy.timestamps) continue;
    told.push(say("note.stamps", { part: header.part, n: covers.length, of: policy.timestamps }));
  }
  const unstamped = files.filter(({ covers }) => policy && covers.length < policy.timestamps).length;
  if (unstamped > 0) told.push(say("note.stamps.files", { n: unstamped }));
  return told;
}

/** Where the first piece lies that is not what was recorded. @param {Run} run @returns {string | null} */
function placeOf({ verdict }) {
  const fragment = verdict?.failure?.fragment;
  const item = verdict?.items.find(({ evidence }) => evidence === fragment?.evidence);
  if (!fragment || !item) return null;
  const wall = momentText(new Date(Date.parse(item.header.epoch) + fragment.at / 1000));
  return say("failed.at", { part: item.header.part, at: timecode(fragment.at), wall });
}

/** @param {Failure | Refusal} failure */
function expert({ step, number, reason, where }) {
  const message = isolate(where ? `${reason} (${where})` : reason);
  return say("failed.expert", { number, step: say(`pstep.${step}`), message });
}

/** Fills the panel. */
export class AnswerPanel {
  #run;
  #panel = element("answer", HTMLElement);
  #telling = 0;

  /** @param {Run} run @param {AbortSignal} closing */
  constructor(run, closing) {
    this.#run = run;
    this.#panel.hidden = false;
    const soon = () => {
      if (this.#telling === 0 && !closing.aborted) this.#telling = requestAnimationFrame(() => this.#tell());
    };
    for (const type of ["progress", "step"]) run.addEventListener(type, soon, { signal: closing });
    run.addEventListener("over", () => this.#tell(), { signal: closing });
    closing.addEventListener("abort", () => cancelAnimationFrame(this.#telling));
    this.#tell();
  }

  #tell() {
    this.#telling = 0;
    const run = this.#run;
    const { answer, title, texts, todo, notes: told, expert: words } = sentences(run);
    if (this.#panel.dataset.told === answer && answer !== "running") return;
    const found = answer === "running" ? [] : facts(run); // before anything is shown: no answer without them
    this.#panel.dataset.answer = answer;
    this.#panel.dataset.look = LOOKS[answer];
    this.#panel.dataset.told = answer;
    set("answer-title", title);
    set("answer-text", texts.join(" "));
    set("answer-todo", todo);
    set("answer-expert", words);
    const list = element("answer-notes", HTMLElement);
    list.replaceChildren(...told.map((sentence) => make("li", "", sentence)));
    list.hidden = told.length === 0;
    element("progress", HTMLElement).hidden = answer !== "running";
    if (answer === "running") this.#tellProgress();
    else this.#tellFacts(found);
    const correct = element("correct", HTMLElement);
    correct.hidden = run.end?.end !== "fingerprint";
    correct.textContent = say(run.registered.by === "file" ? "correct.file" : "correct.typed");
    for (const id of ["print", "copy-result"]) element(id, HTMLElement).hidden = answer === "running";
    element("again", HTMLElement).textContent = say(answer === "running" ? "stop" : "again");
  }

  #tellProgress() {
    const { done, total, left, chosen } = this.#run;
    const bar = element("progress-bar", HTMLProgressElement);
    if (total > 0) bar.value = Math.min(1, done / total);
    else bar.removeAttribute("value");
    const running = PACKAGE_STEPS.find((step) => this.#run.steps.get(step)?.state === "running");
    const doing = say("progress.step", { step: running ? say(`pstep.${running}`) : "" });
    if (total === 0) {
      set("progress-text", running === "opening" && chosen.kind === "sealed" ? say("progress.words") : doing);
      return;
    }
    const read = say("progress.read", { done: bytesText(done), total: bytesText(total) });
    set("progress-text", [read, left === null ? "" : leftText(left)].filter(Boolean).join(" · "));
  }

  /** @param {[string, string | Node][]} found */
  #tellFacts(found) {
    const list = element("answer-facts", HTMLElement);
    list.replaceChildren();
    for (const [name, value] of found) {
      const answer = make("dd");
      answer.append(typeof value === "string" ? make("span", "", value) : value);
      list.append(make("dt", "", name), answer);
    }
    list.hidden = list.childElementCount === 0;
  }
}

/** What the reader wants to see beside the answer. @param {Run} run @returns {[string, string | Node][]} */
function facts(run) {
  /** @type {[string, string | Node][]} */
  const found = [];
  const { verdict, end } = run;
  if (end?.end === "fingerprint") {
    const given = say(run.registered.by === "file" ? "fact.file" : "fact.typed");
    found.push([given, compared(end.typed, end.found)], [say("fact.found"), compared(end.found, end.typed)]);
  }
  for (const item of verdict?.items ?? []) found.push([say("fact.recording"), itemText(item)]);
  const derived = verdict?.files.filter(({ recipe }) => recipe).length ?? 0;
  const files = (verdict?.files.length ?? 0) - derived;
  if (files > 0) found.push([say("fact.files"), countText(files)]);
  if (derived > 0) found.push([say("fact.derivatives"), countText(derived)]);
  if (verdict?.policy) {
    const code = !verdict.registered ? "found" : run.registered.by === "file" ? "file" : "registered";
    found.push([say(`fact.policy.${code}`), makeDigest(verdict.policy.fingerprint)]);
  }
  for (const one of witnessesOf(verdict)) found.push([say("fact.witness"), witnessText(one)]);
  for (const [authority, at] of sealedBefore(verdict)) {
    found.push([say("fact.time"), say("fact.time.says", { name: isolate(authority), at: momentText(at) })]);
  }
  found.push([say("fact.package"), isolate(nameText(run.chosen.name))]);
  if (run.endedAt) found.push([say("fact.checked"), say("fact.checked.says", { at: momentText(run.endedAt) })]);
  return found;
}

/** What is to be done: where a policy file was given, its choice is what may be wrong. @param {Run} run @param {Answer} answer */
function todo({ end, registered }, answer) {
  const file = registered.by === "file";
  if (end?.end === "unsupported") return "unfit.browser.todo";
  if (answer === "foreign" && file) return "answer.foreign.file.todo";
  return answer === "intact" && file ? "answer.file.todo" : `answer.${answer}.todo`;
}

/** Of each authority the earliest time by which everything was sealed. @param {Verdict | null} verdict */
function sealedBefore(verdict) {
  /** @type {Map<string, Date>} */
  const found = new Map();
  const seals = [...(verdict?.items ?? []), ...(verdict?.files ?? [])].map(({ seal }) => seal.position);
  for (const { size, authority, at } of verdict?.times ?? []) {
    if (!seals.every((position) => position < size)) continue;
    const before = found.get(authority);
    if (!before || at < before) found.set(authority, at);
  }
  return found;
}

/** A recording in one line: when, how long, which part, whole or not. @param {Item} item */
export function itemText(item) {
  const { header, excerpt } = item;
  const moment = (/** @type {number} */ at) => momentText(new Date(Date.parse(header.epoch) + at / 1000));
  const values = { kind: word("interview", header.purpose), part: header.part };
  if (excerpt) {
    const { from, to } = excerpt;
    return say("item.excerpt", { ...values, from: timecode(from), to: timecode(to), at: moment(from) });
  }
  const state = item.manifest.state === "interrupted" ? "item.interrupted" : "item.whole";
  return say(state, { ...values, length: timecode(endOf(item.records)), at: moment(0) });
}

/** A fingerprint in which the groups that differ are marked. @param {string} hex @param {string} other */
function compared(hex, other) {
  const groups = hex.match(/.{1,4}/gu) ?? [];
  const others = other.match(/.{1,4}/gu) ?? [];
  const box = make("code", "digest");
  box.append(...groups.map((group, i) => make(group === others[i] ? "span" : "mark", "", group)));
  return box;
}

/** @param {string} id @param {string} text */
function set(id, text) {
  const place = element(id, HTMLElement);
  if (place.textContent !== text) place.textContent = text; // a screen reader hears only what changes
  if (id !== "answer-title" && id !== "answer-text") place.hidden = text === "";
}

/** The name of a file or folder, with whatever no eye would see in it spelled out. @param {string} name */
export const nameText = (name) => escaped(name, /(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}\\]/gu);

/** @param {number} bytes */
export function bytesText(bytes) {
  if (bytes >= 1e9) return say("bytes.giga", { n: Math.round(bytes / 1e8) / 10 });
  if (bytes >= 1e6) return say("bytes.mega", { n: Math.round(bytes / 1e6) });
  return say("bytes.kilo", { n: Math.ceil(bytes / 1e3) });
}

/** @param {number} seconds */
function leftText(seconds) {
  if (seconds < 5) return say("left.moment");
  if (seconds < 90) return say("left.seconds", { n: Math.round(seconds) });
  return say("left.minutes", { n: Math.round(seconds / 60) });
}
