// @ts-check
// The result as plain text, for the court's own file: what the page shows, in the language in which it shows it.

import { sentences } from "./answer.js";
import { bytesText, itemText, nameText } from "./names.js";
import { orderOf } from "./order.js";
import { facts, stateOf } from "./checks.js";
import { digests, historyHolds, unproved } from "./result.js";
import { fileText, originTexts } from "./shown_files.js";
import { PACKAGE_STEPS } from "../package/verify.js";
import { momentText, say } from "../page/words.js";

/** @import { Run } from "../package/run.js" */

/** @param {Run} run over @param {string} version of the page @returns {string} */
export function resultText(run, version) {
  const { title, texts, todo, notes, expert } = sentences(run);
  const { verdict } = run;
  const ordered = verdict ? orderOf(verdict) : {};
  const head = [
    say("title"),
    say("text.made", { version, at: momentText(run.endedAt ?? new Date()) }),
    say("text.package", { name: nameText(run.chosen.name), size: bytesText(run.chosen.size) }),
    ...(ordered.case ? [`${say("fact.case")}: ${ordered.case}`] : []),
    ...(ordered.receiver ? [`${say("fact.receiver")}: ${ordered.receiver}`] : []),
    ...(verdict?.items ?? []).map(itemText),
    ...(verdict ? verdict.files.flatMap((file) => [fileText(file), ...originTexts(file, verdict)]) : []),
  ];
  const steps = PACKAGE_STEPS.map((step, i) => {
    const found = facts(run, step).sentences.map((sentence) => `\n     ${sentence}`);
    return `${i + 1}. ${say(`pstep.${step}`)}: ${say(`state.${stateOf(run, step)}`)}${found.join("")}`;
  });
  const parts = [
    head.join("\n"),
    [title.toUpperCase(), ...texts, todo, expert, ...notes.map((note) => `- ${note}`)].filter(Boolean).join("\n"),
    [say("text.checked"), ...steps].join("\n"),
  ];
  const open = unproved(run);
  if (open.length > 0) parts.push([say("text.unproved"), ...open.map((sentence) => `- ${sentence}`)].join("\n"));
  if (verdict && historyHolds(run)) {
    parts.push(digests(verdict).map(([name, hex]) => `${name}:\n${hex}`).join("\n"));
  }
  // The marks that keep names in place on a page are of no use in a file, and some programs show them as boxes.
  return `${parts.join("\n\n")}\n`.replace(/[\u2066-\u2069]/g, "");
}
