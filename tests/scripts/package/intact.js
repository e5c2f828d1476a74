// A whole package that is intact, for tests: read from the vectors, and chosen as a folder is.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../vectors/packages/intact/", import.meta.url));
/** The package of the vectors: its files, by path. */
export const intact = new Map(
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll("//", "/"))
    .map((path) => [path.slice(folder.length), readFileSync(path)]),
);

/** These files as somebody chooses a folder with them. */
export const chosen = (files) =>
  [...files].map(([path, content]) =>
    Object.defineProperty(new File([content], path), "webkitRelativePath", { value: `package/${path}` }),
  );
