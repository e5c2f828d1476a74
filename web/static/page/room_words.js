// @ts-check
// The page's sentences, which the server wrote into it in the reader's language, and times as text.

/** Sentences by code, each as it is or by plural category. @type {Record<string, string | Record<string, string>>} */
const table = JSON.parse(document.getElementById("strings")?.textContent ?? "{}");

/** Whether the page knows a sentence for this code. @param {string} code */
export const known = (code) => Object.hasOwn(table, code);

/**
 * The sentence of a code with `{name}` filled in, in the plural form that the number `n` asks for. An unknown code
 * shows itself: better odd than silent.
 * @param {string} code @param {Record<string, string | number>} [values]
 */
export function say(code, values = {}) {
  const found = known(code) ? table[code] : code;
  const sentence = typeof found === "string" ? found : found[plural.select(Number(values.n))] ?? code;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

const language = document.documentElement.lang || "en";

// Western digits in both languages: times and counts must read the same on the console, on paper and in court.
const locale = language === "ar" ? "ar-PS-u-nu-latn" : language === "en" ? "en-GB-u-nu-latn" : `${language}-u-nu-latn`;
const plural = new Intl.PluralRules(locale);

const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const date = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** The local time of day to the second. @param {Date} moment */
export const clockTime = (moment) => time.format(moment);

/** The local date in words. @param {Date} moment */
export const dayDate = (moment) => date.format(moment);
