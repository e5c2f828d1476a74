// @ts-check
// The photographs of a case: adding files, and looking at small pictures of what is there.

import { post } from "../viewing/server.js";
import { element, elementIfAny, elements, make } from "../page/elements.js";
import { inOne, troubleText } from "../page/trouble.js";
import { say } from "../page/words.js";
import { SmallPictures } from "./small_pictures.js";
import { Uploading } from "./uploading.js";
import { offerWatching } from "./watching.js";

/** @import { Told } from "./uploading.js" */

/** @param {string} id @param {string | null} text null: not shown */
function tell(id, text) {
  const place = elementIfAny(id);
  if (!place) return;
  place.hidden = text === null;
  place.textContent = text ?? "";
}

// --- adding -------------------------------------------------------------------------------------------------

/** A line of the list. @param {File} file @returns {(told: Told) => void} */
function line(file) {
  const item = make("li");
  const state = make("span", "quiet");
  const progress = make("progress");
  progress.max = 1;
  progress.value = 0;
  progress.setAttribute("aria-label", say("progress", { name: file.name }));
  item.append(make("bdi", "", file.name), state, progress);
  elementIfAny("uploads")?.prepend(item);
  const words = make("p", "panel panel-amber refused");
  return (told) => {
    if (told.part !== undefined) progress.value = told.part;
    const number = told.standing?.number;
    state.textContent =
      told.state === "sealed" ? say(told.standing?.again ? "again" : told.standing?.shown ? "sealed" : "sealed.unshown", { number })
      : told.state === "sending" ? say("sending", { percent: Math.floor(100 * (told.part ?? 0)) })
      : told.state === "refused" ? ""
      : told.state === "cut" && told.words ? say("held")
      : say(told.state);
    if (told.state === "sealed" || told.state === "refused") progress.remove();
    if (told.state === "sealed") state.className = "tag tag-green";
    if (told.words) {
      words.textContent = told.state === "cut" ? `${inOne(told.words)} ${say("keep")}` : inOne(told.words);
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
  let arriving = 0; // from a watched folder

  function count() {
    tell("going-on", over < all ? say("going", { done, n: all }) : done < all ? say("some", { done, n: all }) : null);
    tell("all-sealed", all > 0 && done === all ? say("all", { n: all }) : null);
  }

  const ticked = element("intimate", HTMLInputElement);

  /** @param {Iterable<File>} files @param {"photograph" | "document"} kind */
  function add(files, kind) {
    const intimate = ticked.checked;
    for (const file of files) {
      all += 1;
      void uploading.add(file, { kind, intimate, agreed: intimate }, line(file)).then((standing) => {
        over += 1;
        if (standing) done += 1;
        count();
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
  for (const type of ["dragenter", "dragover"]) {
    drop.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const type of ["dragleave", "drop"]) drop.addEventListener(type, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    add(files.filter((file) => file.type !== "application/pdf"), "photograph");
    add(files.filter((file) => file.type === "application/pdf"), "document");
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

function looking() {
  const button = elementIfAny("look", HTMLButtonElement);
  button?.addEventListener("click", async () => {
    button.disabled = true;
    tell("trouble", null);
    try {
      const { viewing } = await post(`/cases/${elementIfAny("shown")?.dataset.case}/photographs/look`, {});
      const pictures = new SmallPictures(viewing, troubled);
      pictures.watch(elements(".frame[data-shown]"));
      element("asking").hidden = true;
    } catch (error) {
      troubled(error);
      button.disabled = false;
    }
  });
}

/** @param {unknown} error */
const troubled = (error) => tell("trouble", troubleText(error));

adding();
looking();
