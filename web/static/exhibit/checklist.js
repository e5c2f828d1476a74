// @ts-check
// The numbered checks as a list: each with its answer, a plain sentence, and the expert's words on demand.

import { STEPS } from "./checks.js";
import { make, setTag } from "../page/elements.js";
import { isolate, momentText, say } from "../page/words.js";

/** @import { Step, StepState } from "./checks.js" */

const COLOURS = { waiting: "plain", running: "plain", going: "plain", proved: "green", failed: "red" };

export class Checklist {
  /** @type {Map<Step, {text: HTMLDetailsElement, answer: HTMLElement}>} */
  #items = new Map();

  /** @param {HTMLElement} list */
  constructor(list) {
    for (const step of STEPS) {
      const text = make("details", "", make("summary", "", say(`step.${step}`)));
      const answer = make("span", "tag");
      const item = make("li", "", text, answer);
      item.dataset.step = step;
      list.append(item);
      this.#items.set(step, { text, answer });
      this.show(step, "waiting");
    }
  }

  /** @param {Step} step @param {StepState | "waiting" | "going"} state @param {Record<string, unknown>} [facts] */
  show(step, state, facts = {}) {
    const entry = this.#items.get(step);
    if (!entry) return;
    // The policy is where checking begins: it is taken as this server states it, and proved by nothing here.
    const stated = step === "policy" && state === "proved";
    const colour = stated ? (facts.trial ? "amber" : "plain") : COLOURS[state];
    setTag(entry.answer, say(stated ? "state.stated" : `state.${state}`), colour);
    // What is as it should be can stay folded; what is not, or limits the rest, explains itself at once.
    entry.text.open = state === "failed" || facts.trial === true;
    for (const old of entry.text.querySelectorAll("p")) old.remove();
    const sentences = state === "failed" ? [] : words(step, state, facts);
    for (const sentence of sentences) entry.text.append(make("p", "quiet", sentence));
    if (typeof facts.message === "string") {
      entry.text.append(make("p", "quiet", say("expert", { message: isolate(facts.message) })));
    }
  }
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
