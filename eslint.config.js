// What ESLint holds the pages' scripts and their tests to. Types are TypeScript's (tsconfig.json).

import { dirname, join, relative, sep } from "node:path";

import js from "@eslint/js";
import globals from "globals";

const MARKUP = ["innerHTML", "outerHTML", "insertAdjacentHTML"];
const IMPORT = "CallExpression[callee.property.name='importKey']";

const STATIC = join(import.meta.dirname, "web", "static");

// What the scripts of a folder may import beside their own: of other folders anything, or one module. A folder that is not
// named here may import any, but no other folder's page.js: that is the entry of one page.
const FOLDERS = {
  proof: [],
  package: ["proof"],
  page: ["proof"],
  viewing: ["page", "proof"],
  film: ["page", "proof", "viewing"],
  verifier: ["page", "proof", "package", "viewing", "film", "exhibit", "transcript/reader.js", "transcript/webvtt.js"],
};

// What does not keep to it yet. All are types: nothing of these is loaded.
const EXCEPTIONS = {
  "film/transport.js": ["exhibit/happenings.js"], // an event on the timeline is described where its sentences are made
  "package/item_films.js": ["viewing/opener.js"], // a packaged film is a source for film/, which viewing/ describes
  "package/run.js": ["verifier/choosing.js"], // what was chosen is described by the page that has it chosen
  "package/verify.js": ["viewing/opener.js"], // as in item_films.js
  "proof/ledger/registered.js": ["package/source.js", "verifier/choosing.js"], // reads what a court chose as registered
};

/** Holds imports to `FOLDERS`: those of code, of workers, and of types in comments. */
const folders = {
  create(context) {
    const parts = (path) => relative(STATIC, path).split(sep);
    const here = parts(context.filename).join("/");
    const folder = parts(context.filename)[0];
    function check(loc, specifier) {
      if (typeof specifier !== "string" || !/^\.\.?\//.test(specifier)) {
        context.report({ loc, message: "An import is a relative path, written out." });
        return;
      }
      const there = parts(join(dirname(context.filename), specifier));
      const other = there[0];
      if (other === folder || EXCEPTIONS[here]?.includes(there.join("/"))) return;
      const allowed = FOLDERS[folder];
      if (allowed && !allowed.includes(other) && !allowed.includes(there.join("/"))) {
        context.report({ loc, message: `${folder}/ does not import ${there.join("/")}.` });
      } else if (there.at(-1) === "page.js") {
        context.report({ loc, message: "No folder imports the page.js of another." });
      }
    }
    return {
      "ImportDeclaration, ExportNamedDeclaration[source], ExportAllDeclaration, ImportExpression"({ loc, source }) {
        check(loc, source.value);
      },
      "NewExpression[callee.name='Worker']"({ loc, arguments: [address] }) {
        check(loc, address.arguments?.[0]?.value); // new URL("./worker.js", import.meta.url)
      },
      Program() {
        for (const { loc, value } of context.sourceCode.getAllComments()) {
          for (const [, specifier] of value.matchAll(/(?:\bimport\(|@import [^"]* from )"([^"]*)"/g)) check(loc, specifier);
        }
      },
    };
  },
};

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
  {
    files: ["web/static/**/*.js"],
    plugins: { amana: { rules: { folders } } },
    rules: { "amana/folders": "error" },
  },
  // Verification needs no page: it knows what browsers and Node have in common, so a `document` there is not defined.
  {
    files: ["web/static/{proof,package}/**/*.js"],
    languageOptions: { globals: globals["shared-node-browser"] },
    rules: { "no-restricted-globals": ["error", "globalThis", "localStorage", "sessionStorage"] },
  },
  {
    files: ["web/static/**/*.js"],
    ignores: ["web/static/{proof,package}/**"],
    languageOptions: { globals: globals.browser },
  },
  {
    // The browser takes keys that must be refused, and so does the arithmetic of the curve, so every key of Ed25519 goes
    // through one module. An algorithm is written where the key is imported, or is an object with a name.
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
      "no-restricted-imports": ["error", { patterns: [{ group: ["**/edwards25519.js"], message: "Signatures of Ed25519 are checked by ed25519.js." }] }],
    },
  },
  { files: ["eslint.config.js", "tests/**"], languageOptions: { globals: globals.node } },
  { files: ["tests/browser/**"], languageOptions: { globals: globals.browser } },
];
