// @ts-check
// The record of an examination while it is filled in. What applies is shown at once; every change is saved a moment
// later, and kept on this device, encrypted, until the center has it.

import { Autosave, COLOURS, textOf } from "../page/autosave.js";
import { element, elementIfAny, inside, make, onEvent, onPress, setOrHide, setTag } from "../page/elements.js";
import { ask, post, whole } from "../page/requests.js";
import { inOne, troubleText } from "../page/trouble.js";
import { say } from "../page/words.js";
import { shownFields } from "../proof/recording/examination_record.js";
import { inLanguage } from "../viewing/examination_sheet.js";
import { DeviceCopy } from "./device_copy.js";
import { makeField } from "./fields.js";

/** @import { Field, Form, Value } from "../proof/recording/examination_record.js" */
/** What is filled in: also of fields that are not shown now. @typedef {{values: Record<string, Value>, reason: string}} Filled */

const json = (/** @type {string} */ id) => JSON.parse(element(id).textContent ?? "null");
const { dataset } = element("draft");
const address = `/examinations/${dataset.draft}`;
const form = /** @type {Form} */ (json("form-content"));
const findings = /** @type {string[]} */ (json("findings"));
const reason = elementIfAny("reason", HTMLTextAreaElement);
const seal = element("seal", HTMLButtonElement);

/** @type {Filled} */
let filled = { values: json("values"), reason: dataset.reason ?? "" };

/** Whether this device keeps what the center does not have yet. */
let onDevice = true;

/** @type {DeviceCopy<Filled>} */
const device = new DeviceCopy(dataset.draft ?? "", dataset.key ?? "");
const autosave = new Autosave(Number(dataset.version), {
  save: async (version, /** @type {Filled} */ content) => (await post(`${address}/values`, { ...content, version })).version,
  newest: async () => {
    const { version, values, reason: why } = await whole((await ask(`${address}/values`)).json());
    return { version, content: { values, reason: why } };
  },
  movedOn: "examination-moved-on",
}, { quiet: 1_000, again: 4_000, refused: 8_000 });

/** @param {Partial<Filled>} change */
function changed(change) {
  filled = { ...filled, ...change };
  void device.keep({ version: autosave.version, content: filled }).then((keeps) => (onDevice = keeps));
  autosave.changed(filled);
  update();
}

/** @param {string} field @param {Value | undefined} value */
function setValue(field, value) {
  const others = Object.fromEntries(Object.entries(filled.values).filter(([name]) => name !== field));
  changed({ values: value === undefined ? others : { ...others, [field]: value } });
}

/** All fields, with what is filled in. */
function draw() {
  if (reason) reason.value = filled.reason;
  element("sections").replaceChildren(
    ...form.sections.map(({ id, label }) => {
      const link = make("a", "", inLanguage(label));
      link.href = `#s-${id}`;
      return make("li", "", link);
    }),
  );
  element("form").replaceChildren(
    ...form.sections.map(({ id, label, fields }) => {
      const section = make("section", "card", make("h2", "", inLanguage(label)));
      section.id = `s-${id}`;
      section.append(...fields.map((field) => makeField(field, filled.values[field.id], findings, (value) => setValue(field.id, value))));
      return section;
    }),
  );
  update();
}

/** What applies is shown, and what is still missing is named. */
function update() {
  const shown = shownFields(form, filled.values);
  const ids = new Set(shown.map(({ id }) => id));
  for (const [at, { id, fields }] of form.sections.entries()) {
    const section = element(`s-${id}`);
    for (const field of fields) inside(section, `[data-field="${field.id}"]`).hidden = !ids.has(field.id);
    section.hidden = !fields.some((field) => ids.has(field.id));
    element("sections").children[at].toggleAttribute("hidden", section.hidden);
  }
  const missing = shown.filter((field) => field.required && !(field.id in filled.values)).map(({ label }) => inLanguage(label));
  if (reason && filled.reason.trim() === "") missing.push(say("reason"));
  element("missing").textContent = missing.length > 0 ? say("missing", { what: missing.join(say("comma")) }) : say("nothing");
  seal.disabled = missing.length > 0;
}

onEvent(autosave, "state", ({ state, words }) => {
  if (state === "saved") device.drop();
  const tag = element("state");
  setTag(tag, say(state === "unsent" && !onDevice ? "state.unkept" : `state.${state}`), COLOURS[/** @type {import("../page/autosave.js").State} */ (state)]);
  element("moved-on").hidden = state !== "moved-on";
  if (state === "saved") setOrHide("trouble", null);
  else if (state === "unsent") setOrHide("trouble", say(onDevice ? "unsent" : "unkept"));
  else if (state === "refused") setOrHide("trouble", words ? inOne(words) : say("state.refused"));
});
onPress("take-mine", async () => {
  const { version } = await whole((await ask(`${address}/values`)).json());
  autosave.settle(version, filled);
});
onPress("take-theirs", () => {
  device.drop();
  autosave.settle(autosave.version, null);
  location.reload();
});
onPress("seal", async () => {
  seal.disabled = true;
  try {
    if (!(await autosave.now())) return;
    const { id } = await post(`${address}/seal`, { version: autosave.version });
    device.drop();
    location.assign(`/photographs/${id}`);
  } catch (error) {
    setOrHide("trouble", troubleText(error));
  } finally {
    update();
  }
});
element("discarding").addEventListener("submit", () => {
  autosave.settle(autosave.version, null);
  device.drop();
});
reason?.addEventListener("input", () => changed({ reason: reason.value }));
element("form").addEventListener("submit", (event) => event.preventDefault());

/** What this device has kept and the center has not. @param {Filled} kept */
function restore(kept) {
  filled = kept;
  draw();
  changed({});
}

let kept = await device.kept();
if (kept && textOf(kept.content) === textOf(filled)) { // it was saved, and the answer was lost
  device.drop();
  kept = null;
}
draw();
autosave.guardPage();
setTag(element("state"), say("state.saved"), COLOURS.saved);
if (kept && kept.version === autosave.version) restore(kept.content);
else if (kept) {
  const { content } = kept;
  element("on-device").hidden = false;
  onPress("take-device", () => {
    element("on-device").hidden = true;
    restore(content);
  });
  onPress("drop-device", () => {
    element("on-device").hidden = true;
    device.drop();
  });
}
