// @ts-check
// The part of a page that watches a folder for a person (the macro `watching` of photograph_words.html).
//
// What the camera puts there is taken exactly as if the person had dropped it here: in their session, in their name.
// Browsers that cannot show a page a folder say so, and leave the other ways.

import { element, elementIfAny, onPress, setOrHide } from "../page/elements.js";
import { isolate, say } from "../page/words.js";
import { watchFolder } from "./watched_folder.js";

/** @import { FolderState } from "./watched_folder.js" */
/**
 * @typedef {object} Watcher what the page does meanwhile
 * @property {(file: File) => void} take gets each picture
 * @property {(on: boolean) => void} changed when watching begins and ends
 * @property {(arriving: number) => void} arriving how many pictures are not whole yet
 */

/** @param {Watcher} page */
export function offerWatching(page) {
  if (!elementIfAny("watching")) return;
  /** @type {(() => Promise<FileSystemDirectoryHandle>) | undefined} */
  const choose = /** @type {any} */ (globalThis).showDirectoryPicker?.bind(globalThis, { id: "amana-camera", mode: "read" });
  if (!choose) {
    element("watch").hidden = true;
    element("watch-none").hidden = false;
    return;
  }
  /** @type {ReturnType<typeof watchFolder> | null} */
  let folder = null;
  let name = "";
  let taken = 0;
  const showWatching = (/** @type {boolean} */ on) => {
    element("watch").hidden = on;
    element("watch-stop").hidden = !on;
    element(on ? "watch-stop" : "watch").focus();
    page.changed(on);
  };

  /** @param {FolderState} state */
  function show(state) {
    setOrHide("watch-state", state.away ? null : say("watch.on", { folder: isolate(name), n: taken }));
    setOrHide("watch-trouble", state.away ? say("watch.away", { folder: isolate(name) }) : null);
    setOrHide("watch-arriving", state.arriving ? say("watch.arriving", { n: state.arriving }) : null);
    setOrHide("watch-other", state.other.length ? say("watch.other", { names: state.other.map(isolate).join(say("watch.and")) }) : null);
    setOrHide("watch-before-words", state.before ? say("watch.before", { n: state.before }) : null);
    element("watch-before").hidden = !state.before;
    page.arriving(state.arriving);
  }

  onPress("watch", async () => {
    let chosen;
    try {
      chosen = await choose();
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return; // closed without choosing
      setOrHide("watch-trouble", say("watch.refused"));
      return;
    }
    name = chosen.name;
    taken = 0;
    folder = watchFolder(chosen, (file) => {
      taken += 1;
      page.take(file);
    }, show);
    showWatching(true);
  });

  element("watch", HTMLButtonElement).disabled = false; // before, a press would have been lost

  onPress("watch-all", () => {
    folder?.takeAll();
    element("watch-before").hidden = true;
  });

  onPress("watch-stop", () => {
    folder?.stop();
    folder = null;
    for (const id of ["watch-state", "watch-trouble", "watch-arriving", "watch-other"]) setOrHide(id, null);
    element("watch-before").hidden = true;
    showWatching(false);
    page.arriving(0);
  });
}
