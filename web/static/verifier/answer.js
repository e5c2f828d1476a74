// @ts-check
// The one large answer: a word, a sentence that says what it means for the court, and what to do. Never more
// certain than the proof.

import { held, title } from "./claims.js";
import { wallText } from "./names.js";
import { witnessesOf, witnessName } from "./witness_names.js";
import { timecode } from "../page/times.js";
import { countText, isolate, momentText, say, word } from "../page/words.js";

/** @import { Refusal, Run } from "../package/run.js" */
/** @import { Failure, Remark, Verdict } from "../package/verify.js" */
/**
 * @typedef {"running" | "intact" | "consistent" | "not-witnessed" | "altered" | "incomplete" | "foreign" | "unread"} Answer
 */

const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

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
  if (run.end?.end === "verdict" && run.end.verdict.outcome !== "not proved" && run.end.verdict.policy?.trial) texts.push(say("note.trial"));
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

/** An answer as it is read out: a word, then sentences, which have full stops of their own. @param {string} title @param {string[]} texts */
export const spoken = (title, texts) => [`${title}.`, ...texts].join(" ");

/** What is no alteration, and a court should know. @param {Run} run @returns {string[]} */
function notes(run) {
  const { verdict } = run;
  if (!verdict) return [];
  const texts = verdict.findings.map(remarkText);
  if (verdict.outcome === "not proved") return texts;
  if (verdict.outcome === "not witnessed") texts.unshift(...lacking(verdict));
  if (verdict.outcome === "not witnessed" && !verdict.registered) texts.push(say("note.origin"));
  return texts;
}

/** A remark of the verifier as a sentence. @param {Remark} remark @returns {string} */
export function remarkText({ code, values }) {
  const shown = Object.entries(values).map(([name, value]) => [name, valueText(name, value)]);
  return say(`remark.${code}`, { ...Object.fromEntries(shown), n: Number(values.count ?? values.seconds ?? values.records) });
}

/** @param {string} name @param {string | number} value */
function valueText(name, value) {
  if (name === "role") return word("role", value);
  if (name === "parts") return String(value).replace(/(, )?(safety recording of )?part (\d+)/g, (_, more, safety, part) => `${more ? " · " : ""}${say(safety ? "item.safety" : "item.name", { part })}`);
  if (typeof value === "number") return countText(value);
  if (INSTANT.test(value)) return momentText(new Date(value));
  return name === "stated" ? word("role", value) : isolate(value);
}

/** How far those have come whom the policy asks for. @param {Verdict} verdict @returns {string[]} */
function lacking(verdict) {
  const { policy, items, files } = verdict;
  /** @type {string[]} */
  const texts = [];
  if (policy && policy.quorum !== "none") {
    const names = witnessesOf(verdict).map(witnessName).join(" · ");
    texts.push(names ? say("note.witnesses", { names }) : say("note.witnesses.none"));
  }
  for (const { header, covers } of items) {
    if (!policy || covers.length >= policy.timestamps) continue;
    texts.push(say("note.stamps", { part: header.part, n: covers.length, of: policy.timestamps }));
  }
  const unstamped = files.filter(({ covers }) => policy && covers.length < policy.timestamps).length;
  if (unstamped > 0) texts.push(say("note.stamps.files", { n: unstamped }));
  return texts;
}

/** Where the first piece is that is not what was recorded. @param {Run} run @returns {string | null} */
function placeOf({ verdict }) {
  const fragment = verdict?.failure?.fragment;
  const item = verdict?.items.find(({ evidence }) => evidence === fragment?.evidence);
  if (!fragment || !item) return null;
  return say("failed.at", { part: item.header.part, at: timecode(fragment.at), wall: wallText(item, fragment.at) });
}

/** @param {Failure | Refusal} failure */
function expert({ step, number, reason, where }) {
  const message = isolate(where ? `${reason} (${where})` : reason);
  return say("failed.expert", { number, step: say(`pstep.${step}`), message });
}

/** What to do: where a policy file was given, its choice is what may be wrong. @param {Run} run @param {Answer} answer */
function todo({ end, registered }, answer) {
  const file = registered.by === "file";
  if (end?.end === "unsupported") return "unfit.browser.todo";
  if (answer === "foreign" && file) return "answer.foreign.file.todo";
  return answer === "intact" && file ? "answer.file.todo" : `answer.${answer}.todo`;
}
