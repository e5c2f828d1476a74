// @ts-check
// The page's sentences, which the server wrote into it in the reader's language; times, names and digests as
// people read them. Everything goes onto the page as text, never as markup.

import { make, makeButton } from "./elements.js";

/** A sentence, or its forms by plural category. @typedef {string | Record<string, string>} Sentence */

/** @type {Record<string, Sentence>} */
let table = JSON.parse(document.getElementById("strings")?.textContent ?? "{}");
let formats = formatsOf(document.documentElement.lang || "en");

/**
 * Says everything in this language from now on: for a page that holds its sentences in several.
 *
 * @param {Record<string, Sentence>} sentences by code @param {string} language
 */
export function speak(sentences, language) {
  table = sentences;
  formats = formatsOf(language);
}

/** @param {string} language */
function formatsOf(language) {
  // Western digits in both languages: times and counts must read the same on the screen, on paper and in court.
  const locale = language === "ar" ? "ar-PS-u-nu-latn" : language === "en" ? "en-GB-u-nu-latn" : `${language}-u-nu-latn`;
  const clock = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  return {
    date: new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" }),
    day: new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" }),
    time: new Intl.DateTimeFormat(locale, clock),
    zone: new Intl.DateTimeFormat("en-GB", { timeZoneName: "shortOffset" }),
    number: new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }),
    plural: new Intl.PluralRules(locale, { maximumFractionDigits: 1 }),
  };
}

/** Whether the page knows a sentence for this code. @param {string} code */
export const known = (code) => Object.hasOwn(table, code);

/**
 * The sentence of a code with `{name}` filled in, in the plural form that the number `n` asks for. An unknown code
 * shows itself: better odd than silent.
 *
 * @param {string} code @param {Record<string, unknown>} [values]
 */
export function say(code, values = {}) {
  const found = known(code) ? /** @type {Sentence} */ (table[code]) : code;
  const sentence = typeof found === "string" ? found : found[formats.plural.select(Number(values.n))] ?? code;
  return sentence.replace(/\{(\w+)\}/g, (hole, name) => (name in values ? filledIn(name, values[name]) : hole));
}

/** @param {string} name @param {unknown} value */
const filledIn = (name, value) => (name === "n" && typeof value === "number" ? countText(value) : String(value));

/** A word for a code, or the code itself where there is none. @param {string} family @param {unknown} code */
export function word(family, code) {
  const name = `${family}.${code}`;
  return known(name) ? say(name) : isolate(String(code));
}

// What would change the text around it, or is not seen: controls, spaces but U+0020, invisible format characters, line
// ends and marks of direction, halves of a surrogate pair. `shown_text.py` has the same; docs/spec/manifest.md says why.
const REPLACED =
  /[\0-\x1f\x7f-\x9f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\xad\u061c\u180e\u200b\u200e\u200f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\u2028-\u202e\u2060-\u206f\ud800-\udfff]/gu;
const LONGEST = 500; // characters of a text that are shown: as many as a question may have

/** What a person wrote, without anything that could change the text around it. @param {string} text */
export const plain = (text) => text.replace(REPLACED, " ");

/** What is shown of a text of any length. @param {string} text */
export const printable = (text) => plain([...text.slice(0, 2 * LONGEST)].slice(0, LONGEST).join(""));

/** A name or number that keeps its own direction within a sentence, whatever is in it. @param {string} text */
export const isolate = (text) => apart(plain(text));

/** The same, for what this page made: it may hold such marks of its own. @param {string} text */
const apart = (text) => `\u2068${text}\u2069`;

/** @param {Date} moment */
export const dateOf = (moment) => formats.date.format(moment);

/** The date with its day of the week. @param {Date} moment */
export const dayOf = (moment) => formats.day.format(moment);

/** @param {Date} moment @returns {string} 20:15:03, in the reader's zone */
export const clockOf = (moment) => formats.time.format(moment);

/** The reader's distance from UTC at that moment, `UTC+2`; where there is none, `UTC`. @param {Date} moment */
export function zoneOf(moment) {
  const zone = formats.zone.formatToParts(moment).find(({ type }) => type === "timeZoneName")?.value ?? "UTC";
  return zone.replace("GMT", "UTC").replace(/\+0$/, "");
}

/** Date, time and zone within a sentence. @param {Date} moment */
export function momentText(moment) {
  if (Number.isNaN(moment.getTime())) return say("moment.none"); // what is said beside it must not be lost with it
  return apart(`${dateOf(moment)} ${apart(`${clockOf(moment)} ${zoneOf(moment)}`)}`);
}

/** A number with one decimal at most. @param {number} value */
export const countText = (value) => formats.number.format(value);

/** Puts a text where it can be pasted from. @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Some browsers give pages from a file no clipboard; the older way is open to whatever is selected.
    const field = make("textarea", "visually-hidden", text);
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

/** Copies a text, and says so on its button for a while. @param {HTMLElement} button @param {string} text @param {string} code of its usual words */
export async function copyBy(button, text, code) {
  await copyText(text);
  button.textContent = say("copied");
  setTimeout(() => (button.textContent = say(code)), 2000);
}

/**
 * A digest: first and last eight digits, in groups of four, the whole on demand, and always to be copied whole.
 *
 * @param {string} hex
 */
export function makeDigest(hex) {
  const shown = make("code", "digest");
  const groups = hex.match(/.{1,4}/g) ?? [];
  const show = (/** @type {string[]} */ some) => shown.replaceChildren(...some.map((group) => make("span", "", group)));
  show(groups.length > 4 ? [...groups.slice(0, 2), "…", ...groups.slice(-2)] : groups);
  shown.title = hex;
  const whole = makeButton("link digest-whole", say("whole"), () => {
    show(groups);
    whole.remove();
  });
  const copy = makeButton("link", say("copy"), () => void copyBy(copy, hex, "copy"));
  return make("span", "digest-box", shown, " ", ...(groups.length > 4 ? [whole, " "] : []), copy);
}
