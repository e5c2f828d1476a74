// @ts-check
// The photographs of a case: adding files, and looking at small pictures of what is there.

import { post } from "../viewing/server.js";
import { element, elementIfAny, elements, setOrHide } from "../page/elements.js";
import { onDrop } from "../page/files.js";
import { troubleText } from "../page/trouble.js";
import { Adding } from "./adding.js";
import { renew } from "./renewing.js";
import { smallPictures } from "./small_pictures.js";
import { ofCase } from "./uploading.js";
import { offerWatching } from "./watching.js";

// --- adding -------------------------------------------------------------------------------------------------

function adding() {
  const section = elementIfAny("adding");
  if (!section) return;
  const files = new Adding(ofCase(section.dataset.case ?? "", section.dataset.person ?? ""), async () => {
    const first = elementIfAny("look") === null;
    await renew();
    if (first) looking();
    showPictures();
  });
  let arriving = 0; // from a watched folder
  const ticked = element("intimate", HTMLInputElement);

  /** @param {Iterable<File>} chosen @param {"photograph" | "document"} kind */
  function add(chosen, kind) {
    files.add(chosen, { kind, intimate: ticked.checked, agreed: ticked.checked });
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
  onDrop(drop, drop, ({ files: dropped }) => {
    const isPaper = (/** @type {File} */ file) => file.type === "application/pdf";
    add([...dropped].filter((file) => !isPaper(file)), "photograph");
    add([...dropped].filter(isPaper), "document");
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
    if (files.busy || arriving > 0) event.preventDefault();
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
