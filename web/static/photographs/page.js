// @ts-check
// The photographs of a case: adding files, and looking at small pictures of what is there.

import { post } from "../viewing/server.js";
import { element, elementIfAny, elements, make, setOrHide } from "../page/elements.js";
import { onDrop } from "../page/files.js";
import { inOne, troubleText } from "../page/trouble.js";
import { say } from "../page/words.js";
import { renew } from "./renewing.js";
import { smallPictures } from "./small_pictures.js";
import { Uploading } from "./uploading.js";
import { offerWatching } from "./watching.js";

/** @import { Upload } from "./uploading.js" */

// --- adding -------------------------------------------------------------------------------------------------

/** A line of the list. @param {File} file @returns {(upload: Upload) => void} */
function line(file) {
  const state = make("span", "quiet");
  const progress = make("progress");
  progress.max = 1;
  progress.value = 0;
  progress.setAttribute("aria-label", say("progress", { name: file.name }));
  const item = make("li", "", make("bdi", "", file.name), state, progress);
  elementIfAny("uploads")?.prepend(item);
  const words = make("p", "panel panel-amber refused");
  return (upload) => {
    if (upload.part !== undefined) progress.value = upload.part;
    const number = upload.progress?.number;
    state.textContent =
      upload.state === "sealed" ? say(upload.progress?.again ? "again" : upload.progress?.shown ? "sealed" : "sealed.unshown", { number })
      : upload.state === "sending" ? say("sending", { percent: Math.floor(100 * (upload.part ?? 0)) })
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

function adding() {
  const section = elementIfAny("adding");
  if (!section) return;
  const uploading = new Uploading(section.dataset.case ?? "", section.dataset.person ?? "");
  let all = 0;
  let over = 0;
  let done = 0;
  let known = 0; // in the case before: none of the others
  let listed = 0; // how many of the sealed ones were there when the lists were last read
  let arriving = 0; // from a watched folder

  function count() {
    const n = all - known;
    setOrHide("going-on", over < all ? say("going", { done, n }) : done < n ? say("some", { done, n }) : null);
    setOrHide("all-sealed", n > 0 && done === n ? say("all", { n }) : null);
    setOrHide("known", known > 0 && over === all ? say("known", { n: known }) : null);
  }

  /** What was sealed is in the lists, too; without the server it comes with the next one, or a reload. */
  async function list() {
    const before = listed;
    const first = elementIfAny("look") === null;
    listed = done;
    try {
      await renew();
      if (first) looking();
      showPictures();
    } catch {
      listed = before;
    }
  }

  const ticked = element("intimate", HTMLInputElement);

  /** @param {Iterable<File>} files @param {"photograph" | "document"} kind */
  function add(files, kind) {
    const intimate = ticked.checked;
    for (const file of files) {
      all += 1;
      void uploading.add(file, { kind, intimate, agreed: intimate }, line(file)).then((sealed) => {
        over += 1;
        if (sealed?.again) known += 1;
        else if (sealed) done += 1;
        count();
        if (over === all && done > listed) void list();
      });
    }
    count();
  }

  for (const [id, kind] of /** @type {const} */ ([["files", "photograph"], ["camera", "photograph"], ["papers", "document"]])) {
    const input = element(id, HTMLInputElement);
    const take = () => {
      add([...(input.files ?? [])], kind);
      input.value = "";
    };
    input.addEventListener("change", take);
    if (input.files?.length) take(); // chosen on a slow line, before this script had arrived
  }
  const drop = element("drop");
  onDrop(drop, drop, ({ files }) => {
    const isPaper = (/** @type {File} */ file) => file.type === "application/pdf";
    add([...files].filter((file) => !isPaper(file)), "photograph");
    add([...files].filter(isPaper), "document");
  });
  offerWatching({
    take: (file) => add([file], "photograph"),
    // Between the shutter and the whole file seconds pass: what is ticked when one arrives may not have been ticked
    // when it was taken. So it stays as it was when watching began.
    changed: (on) => {
      ticked.disabled = on;
      element("intimate-kept").hidden = !on;
    },
    arriving: (number) => (arriving = number),
  });
  addEventListener("beforeunload", (event) => {
    if (over < all || arriving > 0) event.preventDefault();
  });
}

// --- looking ------------------------------------------------------------------------------------------------

/** Watches frames for the pictures that were asked for; null before. @type {ReturnType<typeof smallPictures> | null} */
let watch = null;

function looking() {
  const button = elementIfAny("look", HTMLButtonElement);
  button?.addEventListener("click", async () => {
    button.disabled = true;
    setOrHide("trouble", null);
    try {
      const { viewing } = await post(`/cases/${elementIfAny("shown")?.dataset.case}/photographs/look`, {});
      watch = smallPictures(viewing, troubled);
      showPictures();
      element("asking").hidden = true;
    } catch (error) {
      troubled(error);
      button.disabled = false;
    }
  });
}

/** Those that are not shown yet. */
const showPictures = () => watch?.(elements(".frame[data-shown]").filter((frame) => frame.querySelector("img") === null));

/** @param {unknown} error */
const troubled = (error) => setOrHide("trouble", troubleText(error));

adding();
looking();
