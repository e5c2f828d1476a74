// @ts-check
// Passphrases of sealed packages: nine numbers from 1 to 1024, typed as Arabic words, as English words, or as they are.
// However they are typed, the key is derived from the numbers. Specification: docs/spec/sealed-package.md, section 3.

import { utf8 } from "../proof/bytes.js";
import { latinDigits } from "../proof/digits.js";
import { NotProved } from "../proof/errors.js";

const LONGEST_PASSPHRASE = 1024;
// Tatweel, Arabic vowel signs, hamza on the line; unseen marks that set a direction or join letters.
const LEFT_OUT = /[\u064b-\u065f\u0670\u0640\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u0621]/g;
const FOLDED = /** @type {const} */ ([
  [/[\u0622\u0623\u0625\u0671]/g, "\u0627"], // alef with anything on it: alef
  [/\u0624/g, "\u0648"], // waw with hamza: waw
  [/[\u0626\u0649\u06cc]/g, "\u064a"], // yeh with hamza, alef maqsura, Persian yeh: yeh
  [/\u0629/g, "\u0647"], // teh marbuta: heh
  [/\u06a9/g, "\u0643"], // Persian kaf: kaf
]);
// Spaces and line ends, hyphens and dashes, commas (the Arabic one too), dots.
const BETWEEN = /[\t\n\v\f\r \u0085\u2028\u2029\u002d\u2010-\u2015\u002c\u060c\u002e]+/g;

/** Words and numbers in one spelling, one space between. @param {string} typed */
function spelling(typed) {
  let folded = typed.normalize("NFKC").toLowerCase().replace(LEFT_OUT, "");
  for (const [letters, one] of FOLDED) folded = folded.replace(letters, one);
  folded = latinDigits(folded).normalize("NFKC");
  return folded.replace(BETWEEN, " ").replace(/([0-9]{4})(?=[0-9])/g, "$1 ").replace(/^ | $/g, "");
}

/** What was typed, in the one spelling, before words become numbers. @param {string} typed @returns {string[]} */
export function typedWords(typed) {
  const words = spelling(typed);
  return words === "" ? [] : words.split(" ");
}

/** The words that passphrases are made of. The list is that of chain_of_custody/encoding/passphrase_words.txt. */
export class PassphraseWords {
  /** The words of both languages by the spelling in which `typedWords` gives them, and the numbers. */
  known;
  #numbers;

  /** @param {string} list in each line a number, its Arabic and its English word */
  constructor(list) {
    const rows = list.trim().split("\n").map((line) => line.split(" "));
    this.known = new Map(rows.flat().map((one) => [spelling(one), one]));
    this.#numbers = new Map(rows.flatMap(([number, ...words]) => words.map((word) => [spelling(word), number])));
  }

  /**
   * What the key is derived from: the numbers of the words, one space between. What is not on the list stays as it is.
   *
   * @param {string} typed @returns {Bytes} UTF-8 @throws {NotProved} "passphrase" where there is no word
   */
  normalise(typed) {
    const words = typedWords(typed);
    if (words.length === 0 || [...typed].length > LONGEST_PASSPHRASE) {
      throw new NotProved("passphrase", "the passphrase is empty or too long");
    }
    return utf8(words.map((word) => this.#numbers.get(word) ?? word).join(" "));
  }
}
