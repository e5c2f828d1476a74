// @ts-check
// What the things of a package are called, wherever the page speaks of one: its recordings and files, their names and sizes.

import { escaped } from "../package/bags.js";
import { endOf, isSafety } from "../package/remarks.js";
import { timecode } from "../page/times.js";
import { isolate, known, momentText, say, word } from "../page/words.js";

/** @import { FileItem, Item } from "../package/verify.js" */

/** The kind of a file, and its number in its case, as it was sealed: the center's pages name it alike. @param {FileItem} file */
export const fileName = ({ kind, seal: { statement: { body } } }) => say(body.form ? "file.examination" : `file.${kind}`, { number: Number(body.number) });

/** Which part of its interview a recording is, or that the room's browser made it. @param {Item} item */
export const partName = (item) => say(isSafety(item) ? "item.safety" : "item.name", { part: item.header.part });

/** When something was recorded, by the recorder's clock. @param {Item} item @param {number} at µs */
export const wallText = ({ header }, at) => momentText(new Date(Date.parse(header.epoch) + at / 1000));

/** A recording in one line: when, how long, which part, whole or not. @param {Item} item */
export function itemText(item) {
  const { header, excerpt } = item;
  const values = { kind: word("interview", header.purpose), part: header.part };
  if (excerpt) {
    const { from, to } = excerpt;
    return say("item.excerpt", { ...values, from: timecode(from), to: timecode(to), at: wallText(item, from) });
  }
  const state = item.manifest.state === "interrupted" ? "item.interrupted" : "item.whole";
  return say(state, { ...values, length: timecode(endOf(item.records)), at: wallText(item, 0) });
}

/** The name of a file or folder, with whatever no eye would see in it spelled out. @param {string} name */
export const nameText = (name) => escaped(name, /(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}\\]/gu);

/** The format of a file, in words. @param {string} code */
export const formatText = (code) => isolate(known(`format.${code}`) ? say(`format.${code}`) : say("format.other", { format: code.toUpperCase() }));

/** @param {number} bytes */
export function bytesText(bytes) {
  if (bytes >= 1e9) return say("bytes.giga", { n: Math.round(bytes / 1e8) / 10 });
  if (bytes >= 1e6) return say("bytes.mega", { n: Math.round(bytes / 1e6) });
  return say("bytes.kilo", { n: Math.ceil(bytes / 1e3) });
}
