// @ts-check
// What the record of an examination is, in sentences: of which form, what it corrects, and by what it was corrected.
// What is in it is proved to be what was sealed; that it is true is not.

import { fileName } from "./names.js";
import { inLanguage } from "../viewing/examination_sheet.js";
import { isolate, say } from "../page/words.js";
import { make } from "../page/elements.js";

/** @import { FileItem, Verdict } from "../package/verify.js" */

/** One sentence each; of another file none. @param {FileItem} file @param {Verdict} verdict @returns {string[]} */
export function examinationTexts({ evidence, examination }, { files }) {
  if (!examination) return [];
  const { form, corrects } = examination;
  const corrected = corrects && files.find((one) => one.evidence === corrects.evidence);
  const corrections = files.filter((one) => one.examination?.corrects?.evidence === evidence);
  return [
    say("record.of", { title: isolate(inLanguage(form.title)), form: isolate(form.id), version: form.version }),
    ...(corrects ? [say(corrected ? "record.corrects" : "record.corrects.absent", { what: corrected ? fileName(corrected) : isolate(corrects.evidence.slice(0, 8)), reason: isolate(corrects.reason) })] : []),
    ...corrections.map((one) => say("record.corrected", { what: fileName(one) })),
  ];
}

/** The same for the page. @param {FileItem} file @param {Verdict} verdict @returns {HTMLElement | null} */
export function examinationBox(file, verdict) {
  const texts = examinationTexts(file, verdict);
  return texts.length > 0 ? make("div", "file-origin", ...texts.map((text) => make("p", "", text))) : null;
}
