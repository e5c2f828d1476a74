// @ts-check
// Pictures that were shown in the interview room, as far as they are in the package: what was shown is named by the
// digest of its sealed manifest.

import { element, makeButton } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { ShownPicture } from "../exhibit/happenings.js" */
/** @import { Run } from "../package/run.js" */
/** @import { FileItem } from "../package/verify.js" */

/**
 * Where a picture that was shown is: `here`; `other` if something else than was shown has its id here; `elsewhere`.
 *
 * @param {ShownPicture} shown @param {readonly Pick<FileItem, "evidence" | "seal">[]} files proved
 */
export function placeOf({ evidence, manifest }, files) {
  const file = files.find((one) => one.evidence === evidence);
  if (!file) return "elsewhere";
  return file.seal.statement.body.manifest === manifest ? "here" : "other";
}

/** A button that leads to the picture in this package, or says that it is not here. @param {ShownPicture} shown @param {Run} run */
export function pictureLink(shown, run) {
  const button = makeButton("link", say("shown.go"), () => {
    const { verdict } = run;
    if (!verdict) return; // it is still being checked
    const place = verdict.outcome === "not proved" ? "elsewhere" : placeOf(shown, verdict.files);
    if (place !== "here") button.replaceWith(say(`shown.${place}`));
    else item(shown.evidence)?.scrollIntoView({ block: "center" });
  });
  return button;
}

/** @param {string} evidence */
const item = (evidence) =>
  ["file-list", "derivative-list"].flatMap((id) => [...element(id).children]).find((one) => one instanceof HTMLElement && one.dataset.evidence === evidence);
