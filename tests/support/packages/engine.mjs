// Runs functions over the pages' own modules, as a page does, for `node_engine.py`.
//
//   node engine.mjs FOLDER      FOLDER: of the modules at /static/
//
// Each line on standard input is {"function": text, "argument": value}, or {"folder": path} or {"file": path}: the
// package that is chosen from then on. Each gets one line on standard output: {"value": …} or {"error": text}.

import { openAsBlob, readdirSync } from "node:fs";
import { registerHooks } from "node:module";
import { basename, join, posix } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import vm from "node:vm";

const folder = process.argv[2];
const { USE_MAIN_CONTEXT_DEFAULT_LOADER } = vm.constants;

registerHooks({
  resolve(specifier, context, next) {
    const [, file] = /^\/static\/([a-z0-9_/]+\.js)$/.exec(specifier) ?? [];
    return next(file ? pathToFileURL(join(folder, file)).href : specifier, context);
  },
  load: (url, context, next) => next(url, url.endsWith(".js") ? { ...context, format: "module" } : context),
});

/** As Chromium lists a chosen folder: without links; a pipe is an empty file. */
async function filesIn(folder, path = basename(folder)) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const [full, name] = [join(folder, entry.name), posix.join(path, entry.name)];
    if (entry.isDirectory()) found.push(...(await filesIn(full, name)));
    else if (!entry.isSymbolicLink()) found.push(fileOf(entry.isFile() ? [await openAsBlob(full)] : [], name));
  }
  return found;
}

/** @param {Blob[]} content @param {string} path from the chosen folder on */
function fileOf(content, path) {
  return Object.defineProperty(new File(content, basename(path)), "webkitRelativePath", { value: path });
}

const functionOf = (text) => vm.runInThisContext(`(${text})`, { importModuleDynamically: USE_MAIN_CONTEXT_DEFAULT_LOADER });

async function answer({ function: text, argument, folder, file }) {
  if (folder) globalThis.chosen = await filesIn(folder);
  else if (file) globalThis.chosen = [fileOf([await openAsBlob(file)], basename(file))];
  else return functionOf(text)(argument);
  return null;
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = await answer(JSON.parse(line)).then(
    (value) => ({ value: value ?? null }),
    (error) => ({ error: error.stack ?? String(error) }),
  );
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
