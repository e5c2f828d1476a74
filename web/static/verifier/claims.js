// @ts-check
// What the large answer may claim where everything held: that nothing of the testimony is missing only where that was
// shown, that it comes from the registered center only where the court typed what it had registered.
//
// Trusts the verdict, with its remarks (package/remarks.js). Specification: docs/spec/court-package.md, section 3.

import { say } from "../page/words.js";

/** @typedef {import("../proof/ledger/registered.js").Registered["by"]} By */
/** @import { Verdict } from "../package/verify.js" */

/** The one large line. @param {Verdict} verdict @param {By} by @returns {string} */
export function title(verdict, by) {
  const bare = say({ whole: "answer.intact", excerpt: "answer.excerpt", here: "answer.here", files: "answer.here" }[extentOf(verdict)]);
  return by === "file" ? say("answer.file", { title: bare }) : bare;
}

/**
 * How much of the testimony a package has: "whole" recordings, nothing but "excerpt"s, or "here": not all of it, or it
 * cannot be said; "files", where no recording is here.
 *
 * @param {Verdict} verdict @returns {"whole" | "excerpt" | "here" | "files"}
 */
function extentOf(verdict) {
  if (verdict.items.length === 0) return "files";
  if (verdict.items.every(({ kind }) => kind === "excerpt")) return "excerpt";
  const { excerpts, missing, interrupted } = lacks(verdict);
  return excerpts.length + missing.length + interrupted.length > 0 ? "here" : "whole";
}

/** What keeps it from being the whole testimony: names of parts. @param {Verdict} verdict */
function lacks({ notProved }) {
  const parts = (/** @type {string} */ code) => notProved.filter((one) => one.code === code).map(({ values }) => values);
  const name = (/** @type {unknown} */ part) => say("item.name", { part });
  const missing = [
    ...parts("parts.beside").map(({ part }) => name(part)),
    ...parts("parts.missing-one").map(({ first }) => name(first)),
    ...parts("parts.missing").map(({ first, last }) => say("item.names", { first: name(first), last: name(last) })),
  ];
  return {
    excerpts: parts("excerpt.rest").map(({ part }) => name(part)),
    missing: [...new Set(missing)],
    interrupted: parts("interrupted").map(({ part }) => name(part)),
  };
}

/**
 * What holds, as far as it goes, and where it comes from; one sentence each.
 *
 * @param {Verdict} verdict @param {By} by @returns {string[]}
 */
export function held(verdict, by) {
  const extent = extentOf(verdict);
  const { excerpts, missing, interrupted } = lacks(verdict);
  const texts = extent === "files" ? [] : [say(`held.${extent}`)];
  const add = (/** @type {string} */ code, /** @type {string[]} */ parts) => {
    if (parts.length > 0) texts.push(say(code, { parts: parts.join(" · ") }));
  };
  if (extent === "here") add("held.excerpts", excerpts);
  add("held.missing", missing);
  add("held.interrupted", interrupted);
  const derived = verdict.files.filter(({ recipe }) => recipe).length;
  if (verdict.files.length > derived) texts.push(say("held.files"));
  if (derived > 0) texts.push(say("held.derivatives"));
  if (extent === "files") texts.push(say("held.files.alone"));
  texts.push(say(by === "file" ? "held.origin.file" : "held.origin"));
  return texts;
}
