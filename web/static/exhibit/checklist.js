// @ts-check
// The numbered checks as a list: each with its answer, a plain sentence, and the expert's words on demand.

import { STEPS } from "./checks.js";
import { make, setTag } from "../page/elements.js";
import { isolate, momentText, say } from "../page/words.js";

/** @import { Step, StepState } from "./checks.js" */

const COLOURS = { waiting: "plain", running: "plain", going: "plain", proved: "green", failed: "red" };

/** @typedef {(step: Step, state: StepState | "waiting" | "going", facts?: Record<string, unknown>) => void} ShowStep */

/** Lists them. @param {HTMLElement} list @returns {ShowStep} shows the state of one */
export function listChecks(list) {
  /** @type {Map<Step, {text: HTMLDetailsElement, answer: HTMLElement}>} */
  const items = new Map();

  /** @type {ShowStep} */
  const show = (step, state, facts = {}) => {
    const entry = items.get(step);
    if (!entry) return;
    // The policy is where checking begins: it is taken as this server states it, and proved by nothing here.
    const stated = step === "policy" && state === "proved";
    const colour = stated ? (facts.trial ? "amber" : "plain") : COLOURS[state];
    setTag(entry.answer, say(stated ? "state.stated" : `state.${state}`), colour);
    // What is as it should be can stay folded; what is not, or limits the rest, explains itself at once.
    entry.text.open = state === "failed" || facts.trial === true;
    for (const old of entry.text.querySelectorAll("p")) old.remove();
    const sentences = state === "failed" ? [] : words(step, state, facts);
    if (typeof facts.message === "string") sentences.push(say("expert", { message: isolate(facts.message) }));
    entry.text.append(...sentences.map((sentence) => make("p", "quiet", sentence)));
  };

  for (const step of STEPS) {
    const text = make("details", "", make("summary", "", say(`step.${step}`)));
    const answer = make("span", "tag");
    const item = make("li", "", text, answer);
    item.dataset.step = step;
    list.append(item);
    items.set(step, { text, answer });
    show(step, "waiting");
  }
  return show;
}

/** @param {Step} step @param {string} state @param {Record<string, unknown>} facts @returns {string[]} */
function words(step, state, facts) {
  if (state === "waiting" || state === "running") return [];
  const values = {
    n: Number(facts.count ?? 0),
    epoch: facts.epoch ? momentText(new Date(String(facts.epoch))) : "",
  };
  if (step === "policy" && facts.trial) return [say("step.policy.trial")];
  if (step === "seal" && facts.state === "interrupted") return [say("step.seal.interrupted")];
  if (step === "fragments" && state === "proved") return [say("step.fragments.all")];
  const types = /** @type {string[]} */ (facts.byPage ?? []).join(", ");
  return [say(`step.${step}.says`, values), ...(types ? [say("step.by-page", { types: isolate(types) })] : [])];
}
