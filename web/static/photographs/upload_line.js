// @ts-check
// The line of one file that is uploaded: how far it is, what it became, or why it was refused.

import { elementIfAny, make } from "../page/elements.js";
import { inOne } from "../page/trouble.js";
import { printable, say } from "../page/words.js";

/** @import { Upload } from "./uploading.js" */

/** Adds a line to the list `#uploads`; returns what writes on it. @param {string} name of the file @returns {(upload: Upload) => void} */
export function uploadLine(name) {
  const state = make("span", "quiet");
  const progress = make("progress");
  progress.max = 1;
  progress.value = 0;
  progress.setAttribute("aria-label", say("progress", { name: printable(name) }));
  const item = make("li", "", make("bdi", "", printable(name)), state, progress);
  elementIfAny("uploads")?.prepend(item);
  const words = make("p", "panel panel-amber refused");
  return (upload) => {
    if (upload.part !== undefined) progress.value = upload.part;
    const number = upload.progress?.number;
    state.textContent =
      upload.state === "sealed" ? say(upload.progress?.again ? (upload.progress.stated ? "again.stated" : "again") : upload.progress?.shown ? "sealed" : "sealed.unshown", { number })
      : upload.state === "sending" ? say("sending", { percent: Math.floor(100 * (upload.part ?? 0)) })
      : upload.state === "hashing" && upload.part ? say("reading", { percent: Math.floor(100 * upload.part) })
      : upload.state === "refused" ? ""
      : upload.state === "cut" && upload.words ? say("held")
      : say(upload.state);
    if (upload.state === "sealed" || upload.state === "refused") progress.remove();
    if (upload.state === "sealed") state.className = "tag tag-green";
    if (upload.words) {
      words.textContent = upload.state === "cut" ? `${inOne(upload.words)} ${say("keep")}` : inOne(upload.words);
      item.append(words);
    } else {
      words.remove();
    }
  };
}
