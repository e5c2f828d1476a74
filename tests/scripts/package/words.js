// The words of passphrases, for tests: from the list that verify.html carries.

import { readFileSync } from "node:fs";

import { PassphraseWords } from "../../../web/static/package/passphrase.js";

const list = new URL("../../../chain_of_custody/encoding/passphrase_words.txt", import.meta.url);
export const words = new PassphraseWords(readFileSync(list, "utf8"));
