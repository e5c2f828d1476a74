// @ts-check
// What the files of a package are called, wherever the page speaks of one.

import { say } from "../page/words.js";

/** @import { FileItem } from "../package/verify.js" */

/** Its kind, and its number among those of its kind. @param {FileItem} file @param {readonly FileItem[]} files */
export function fileName(file, files) {
  const number = files.filter(({ kind }) => kind === file.kind).indexOf(file) + 1;
  return say(`file.${file.kind}`, { number });
}
