// @ts-check
// Questions from next door on the console: the prosecutor reads them first and decides which ones the
// interviewer gets.

import { isQuestion, open, slipItem } from "../interview/next_door.js";
import { element, makeButton, setOrHide } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Slip } from "../interview/next_door.js" */

/** @type {Record<string, string[]>} */
const COMMANDS = { sent: ["put", "read", "aside"], read: ["put", "aside"], put: ["aside"], later: ["put", "aside"], aside: ["put"] };

/** @param {Slip[]} slips @param {string} me @param {(slip: Slip, state: string) => Promise<unknown>} settle */
export function showQuestions(slips, me, settle) {
  const place = element("slips", HTMLOListElement);
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.deed : undefined;
  // Open questions come first, the newest on top.
  const ordered = slips.toReversed().sort((a, b) => Number(open(b)) - Number(open(a)));
  place.replaceChildren(...ordered.map((slip) => slipItem(slip, me, buttons(slip, settle))));
  element("slips-empty").hidden = slips.length > 0;
  const waiting = slips.filter(open).length;
  setOrHide("questions-count", waiting ? String(waiting) : null);
  const arrived = slips.filter((slip) => slip.state === "sent").length;
  setOrHide("slips-new", arrived ? say("questions.new", { n: arrived }) : null);
  // The list is made anew; the focus stays on the same button.
  if (focused !== undefined) {
    const again = [...place.querySelectorAll("button")].find((one) => one.dataset.deed === focused);
    (again ?? place).focus();
  }
}

/** @param {Slip} slip @param {(slip: Slip, state: string) => Promise<unknown>} settle */
function buttons(slip, settle) {
  const commands = (COMMANDS[slip.state] ?? []).filter((command) => isQuestion(slip) || (command !== "put" && open(slip)));
  return commands.map((command) => {
    const button = makeButton(command === "put" ? "" : "link", say(`deed.${command}`), async () => {
      button.disabled = true;
      await settle(slip, command);
      button.disabled = false;
    });
    button.dataset.deed = `${slip.number} ${command}`;
    return button;
  });
}
