// @ts-check
// Which device sends each camera, and a device that wants to take one over: the person at the console decides, while
// the interview continues.

import { addFact, element, make, setContent, setText } from "../page/elements.js";
import { clockOf, isolate, say } from "../page/words.js";

/** @import { Attempt, Sender, Status } from "../interview/feed.js" */

/** @param {Sender} sender */
export const deviceWords = ({ holder }) => say(`sender.of.${holder.kind}`, { name: isolate(holder.name) });

/** @param {Sender} sender */
const camera = (sender) => say(`name.${sender.camera}`);

/** @param {Status | null} status before recording: who sends what */
export function showSenders(status) {
  setContent(element("senders"), Object.values(status?.cameras ?? {}).map(({ sender }) => {
    const network = say(`sender.network.${sender.network}`);
    return make("li", "quiet", say("sender.sends", { camera: camera(sender), device: deviceWords(sender), network }));
  }));
}

/** @typedef {(attempt: Attempt, decision: "confirm" | "dismiss") => Promise<unknown>} Decide */

let asking = 0; // number of the attempt in the dialog

/** @param {Attempt[]} attempts @param {Status | null} status @param {Decide} decide */
export function showAttempts(attempts, status, decide) {
  const box = element("sender-dialog", HTMLDialogElement);
  const [attempt] = attempts;
  if (attempt === undefined) {
    asking = 0;
    if (box.open) box.close();
    return;
  }
  if (attempt.number === asking) return;
  asking = attempt.number;
  const proved = attempt.device !== null;
  const sends = status?.cameras[attempt.camera]?.sender;
  setText("sender-title", say(proved ? "sender.title" : "sender.title.unproved", { camera: camera(attempt) }));
  const facts = element("sender-facts");
  const fact = (/** @type {string} */ name, /** @type {string} */ value) => addFact(facts, say(`sender.fact.${name}`), value);
  facts.replaceChildren();
  fact("device", deviceWords(attempt));
  if (attempt.device !== null) fact("key", isolate(attempt.device));
  fact("network", say(`sender.network.${attempt.network}`));
  fact("since", clockOf(new Date(attempt.since)));
  if (sends !== undefined) fact("now", deviceWords(sends));
  setText("sender-says", say(proved ? "sender.says" : "sender.says.unproved"));
  const [confirm, dismiss] = [element("sender-confirm"), element("sender-dismiss")];
  confirm.hidden = !proved;
  dismiss.textContent = say(proved ? "sender.dismiss" : "sender.close");
  confirm.onclick = () => void decide(attempt, "confirm");
  dismiss.onclick = () => void decide(attempt, "dismiss");
  if (box.open) return;
  // Typing is not interrupted: it is no modal dialog, and does not take the focus.
  const focused = document.activeElement;
  box.show();
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  if (focused instanceof HTMLElement) focused.focus();
}
