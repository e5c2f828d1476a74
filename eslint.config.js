// What ESLint holds the pages' scripts and their tests to. Types are TypeScript's (tsconfig.json).

import js from "@eslint/js";
import globals from "globals";

const MARKUP = ["innerHTML", "outerHTML", "insertAdjacentHTML"];
const IMPORT = "CallExpression[callee.property.name='importKey']";

export default [
  { ignores: [".venv/", "build/"] },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-control-regex": "off", // our readers refuse control characters, and name them for that
      "no-restricted-properties": [
        "error",
        ...MARKUP.map((property) => ({ property, message: "Text becomes no markup: make elements." })),
      ],
      "no-unused-vars": "error",
    },
  },
  { files: ["web/static/**/*.js"], languageOptions: { globals: globals.browser } },
  {
    // The browser takes keys that must be refused, so every key of Ed25519 goes through one module. An algorithm is
    // written where the key is imported, or is an object with a name.
    files: ["web/static/**/*.js"],
    ignores: ["web/static/proof/ed25519.js"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...[`${IMPORT} Literal[value='Ed25519']`, "Property[key.name='name'] > Literal[value='Ed25519']"].map((selector) => ({
          selector,
          message: "Keys of Ed25519 are read in proof/ed25519.js.",
        })),
      ],
    },
  },
  { files: ["eslint.config.js", "tests/**"], languageOptions: { globals: globals.node } },
  { files: ["tests/browser/**"], languageOptions: { globals: globals.browser } },
];
