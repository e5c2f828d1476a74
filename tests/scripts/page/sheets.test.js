// What stylelint cannot see: it reads one sheet at a time, and no page.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import postcss from "postcss";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const read = (/** @type {string[]} */ ...patterns) =>
  new Map(globSync(patterns, { cwd: ROOT }).sort().map((path) => [path, readFileSync(join(ROOT, path), "utf8")]));

const SHEETS = new Map([...read("web/static/**/*.css")].map(([path, text]) => [path, postcss.parse(text)]));
const USERS = [...read("web/static/**/*.js", "{amana,player,recorder}/pages/**/*.{html,py}", "casework/body_maps/drawings.py").values()].join("\n");

/** The values of `:root`, by their names. */
const TOKENS = new Map();
SHEETS.get("web/static/page/page.css")?.walkRules(":root", (rule) => rule.walkDecls(/^--/, ({ prop, value }) => void TOKENS.set(prop, value)));

/** Calls `use` with each selector and its sheet. @param {(selector: string, path: string) => void} use */
function eachSelector(use) {
  for (const [path, sheet] of SHEETS) {
    sheet.walkRules(({ parent, selectors }) => {
      if (!/keyframes$/.test(/** @type {postcss.AtRule} */ (parent).name ?? "")) for (const one of selectors) use(one.replace(/\s+/g, " "), path);
    });
  }
}

test("a folder has one sheet, named after it", () => {
  for (const path of SHEETS.keys()) assert.match(path, /^web\/static\/(\w+)\/\1\.css$/);
});

test("no selector occurs in two sheets", () => {
  /** @type {Map<string, Set<string>>} */
  const found = new Map();
  eachSelector((selector, path) => found.set(selector, (found.get(selector) ?? new Set()).add(path)));
  assert.deepEqual([...found].filter(([, paths]) => paths.size > 1), []);
});

test("every class and id of a sheet is used by a page or a script", () => {
  const words = new Set(USERS.match(/[a-zA-Z][\w-]*/g));
  // `slip-${state}`: the beginning is written there, and the end is a word somewhere.
  const composed = (/** @type {string} */ name) =>
    [...name.matchAll(/-/g)].some(({ index }) => USERS.includes(`${name.slice(0, index)}-\${`) && words.has(name.slice(index + 1)));
  const unused = new Set();
  eachSelector((selector, path) => {
    for (const [, name] of selector.replace(/"[^"]*"/g, "").matchAll(/[.#]([a-zA-Z][\w-]*)/g)) {
      if (!words.has(name) && !composed(name)) unused.add(`${path}: ${name}`);
    }
  });
  assert.deepEqual([...unused], []);
});

test("every property of our own is defined, and used", () => {
  const text = [...SHEETS.values()].join("\n") + USERS;
  const defined = new Set([...text.matchAll(/(--[a-z][\w-]*)(?=:|")/g)].map(([, name]) => name));
  const used = new Set([...text.matchAll(/var\((--[a-z][\w-]*)/g)].map(([, name]) => name));
  assert.deepEqual([...used].filter((name) => !defined.has(name)), []);
  assert.deepEqual([...TOKENS.keys()].filter((name) => !used.has(name)), []);
});

test("there are few sizes of text, spaces and radii", () => {
  const count = (/** @type {RegExp} */ name) => [...TOKENS.keys()].filter((one) => name.test(one)).length;
  assert.ok(count(/^--text(?!-root)/) <= 6);
  assert.ok(count(/^--space-/) <= 8);
  assert.ok(count(/^--radius/) <= 3);
});

/** Relative luminance (WCAG 2.2). @param {string} colour `#rrggbb` */
function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {string} name @param {number} scheme 0 for light, 1 for dark */
function colour(name, scheme) {
  const both = /^light-dark\((#\w{6}), (#\w{6})\)$/.exec(TOKENS.get(`--${name}`) ?? "");
  return both ? both[scheme + 1] : TOKENS.get(`--${name}`);
}

const GROUNDS = ["paper", "surface", "sunken"];
const PAIRS = [
  ...["ink", "ink-quiet", "green", "amber", "red", "violet"].flatMap((words) => GROUNDS.map((ground) => [words, ground])),
  ...["green", "amber", "red", "violet"].flatMap((name) => [[name, `${name}-ground`], ["ink", `${name}-ground`], ["ink-quiet", `${name}-ground`]]),
  ...["green", "violet"].map((ground) => ["on-strong", ground]),
  ["paper", "ink"],
  ["ink", "found"],
  ["on-picture", "picture"],
];

for (const [scheme, name] of ["light", "dark"].entries()) {
  test(`words have a contrast of 4.5 at least on every ground, ${name}`, () => {
    const low = PAIRS.map(([words, ground]) => {
      const [darker, lighter] = [luminance(colour(words, scheme)), luminance(colour(ground, scheme))].sort((a, b) => a - b);
      return { words, ground, ratio: (lighter + 0.05) / (darker + 0.05) };
    }).filter(({ ratio }) => !(ratio >= 4.5));
    assert.deepEqual(low, []);
  });
}
