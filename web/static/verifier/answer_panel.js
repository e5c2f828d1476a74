// @ts-check
// The panel of the one large answer: the answer with its sentences, how far the check is, and the facts beside it.

import { PACKAGE_STEPS } from "../package/verify.js";
import { addFact, element, make, setOrHide, setText } from "../page/elements.js";
import { countText, isolate, makeDigest, momentText, say } from "../page/words.js";
import { sentences } from "./answer.js";
import { orderOf } from "./order.js";
import { bytesText, itemText, nameText } from "./names.js";
import { witnessesOf, witnessText } from "./witness_names.js";

/** @import { Run } from "../package/run.js" */
/** @import { Verdict } from "../package/verify.js" */

/** What each looks like: colour and shape go with the word. */
const LOOKS = Object.freeze({
  running: "running",
  intact: "intact",
  consistent: "unknown",
  "not-witnessed": "waiting",
  altered: "altered",
  incomplete: "incomplete",
  foreign: "altered",
  unread: "unknown",
});

export class AnswerPanel {
  #run;
  #panel = element("answer");
  #drawing = 0;

  /** @param {Run} run @param {AbortSignal} closing */
  constructor(run, closing) {
    this.#run = run;
    this.#panel.hidden = false;
    const soon = () => {
      if (this.#drawing === 0 && !closing.aborted) this.#drawing = requestAnimationFrame(() => this.#draw());
    };
    for (const type of ["progress", "step"]) run.addEventListener(type, soon, { signal: closing });
    run.addEventListener("over", () => this.#draw(), { signal: closing });
    closing.addEventListener("abort", () => cancelAnimationFrame(this.#drawing));
    this.#draw();
  }

  #draw() {
    this.#drawing = 0;
    const run = this.#run;
    const { answer, title, texts, todo, notes, expert } = sentences(run);
    if (this.#panel.dataset.shown === answer && answer !== "running") return;
    const found = answer === "running" ? [] : facts(run); // before anything is shown: no answer without them
    this.#panel.dataset.answer = answer;
    this.#panel.dataset.look = LOOKS[answer];
    this.#panel.dataset.shown = answer;
    setText("answer-title", title);
    setText("answer-text", texts.join(" "));
    setOrHide("answer-todo", todo);
    setOrHide("answer-expert", expert);
    const list = element("answer-notes");
    list.replaceChildren(...notes.map((sentence) => make("li", "", sentence)));
    list.hidden = notes.length === 0;
    element("progress").hidden = answer !== "running";
    if (answer === "running") this.#showProgress();
    else this.#showFacts(found);
    const correct = element("correct");
    correct.hidden = run.end?.end !== "fingerprint";
    correct.textContent = say(run.registered.by === "file" ? "correct.file" : "correct.typed");
    for (const id of ["print", "copy-result"]) element(id).hidden = answer === "running";
    element("again").textContent = say(answer === "running" ? "stop" : "again");
  }

  #showProgress() {
    const { done, total, left, chosen } = this.#run;
    const bar = element("progress-bar", HTMLProgressElement);
    if (total > 0) bar.value = Math.min(1, done / total);
    else bar.removeAttribute("value");
    const running = PACKAGE_STEPS.find((step) => this.#run.steps.get(step) === "running");
    const doing = say("progress.step", { step: running ? say(`pstep.${running}`) : "" });
    if (total === 0) {
      setOrHide("progress-text", running === "opening" && chosen.kind === "sealed" ? say("progress.words") : doing);
      return;
    }
    const read = say("progress.read", { done: bytesText(done), total: bytesText(total) });
    setOrHide("progress-text", [read, left === null ? "" : leftText(left)].filter(Boolean).join(" · "));
  }

  /** @param {[string, string | Node][]} found */
  #showFacts(found) {
    const list = element("answer-facts");
    list.replaceChildren();
    for (const [name, value] of found) addFact(list, name, typeof value === "string" ? make("span", "", value) : value);
    list.hidden = found.length === 0;
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
  const { case: number, receiver } = verdict ? orderOf(verdict) : {};
  if (number) found.push([say("fact.case"), isolate(number)]);
  if (receiver) found.push([say("fact.receiver"), isolate(receiver)]);
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

/** A fingerprint in which the groups that differ are marked. @param {string} hex @param {string} other */
function compared(hex, other) {
  const [groups, others] = [hex, other].map((one) => one.match(/.{1,4}/gu) ?? []);
  return make("code", "digest", ...groups.map((group, i) => make(group === others[i] ? "span" : "mark", "", group)));
}

/** @param {number} seconds */
function leftText(seconds) {
  if (seconds < 5) return say("left.moment");
  if (seconds < 90) return say("left.seconds", { n: Math.round(seconds) });
  return say("left.minutes", { n: Math.round(seconds / 60) });
}
