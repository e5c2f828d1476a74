// What ESLint holds the pages' scripts and their tests to. Types are TypeScript's (tsconfig.json).

import js from "@eslint/js";
import globals from "globals";

const MARKUP = ["innerHTML", "outerHTML", "insertAdjacentHTML"];

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
  { files: ["*/pages/static/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["eslint.config.js", "tests/**"], languageOptions: { globals: globals.node } },
  { files: ["tests/browser/**"], languageOptions: { globals: globals.browser } },
];
