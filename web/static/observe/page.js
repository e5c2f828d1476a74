// @ts-check
// The page of those who watch from the next room: what is recorded, and questions for the interviewer.

import { darkSwitch } from "../page/dark.js";
import { Desk, slipItem } from "../interview/next_door.js";
import { showPresent } from "../interview/present.js";
import { showRefusal } from "../page/trouble.js";
import { change } from "../page/requests.js";
import { OVER } from "../interview/state.js";
import { showTroubles } from "../interview/troubles.js";
import { Watch } from "../interview/watch.js";
import { element, elementIfAny, elements, setText } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Status } from "../interview/feed.js" */

const MAX_TEXT = 500; // characters in a question
const SHOWN_FOR = 8_000; // ms for which it is said that something has arrived

const page = element("observe");
const interview = page.dataset.interview ?? "";
const me = page.dataset.me ?? "";

let known = false; // whether the questions sent so far are known

const desk = new Desk(interview, showDesk);
const watch = new Watch(interview, { onStatus, show }, { events: "observe/events", asks: "next-door" });

/** @param {Status} status */
function onStatus(status) {
  show();
  if (status.evidence !== null && watch.active) watch.live.show(status.evidence);
  else watch.live.hide();
  desk.onStatus(status);
}

function show() {
  const { state, active } = watch;
  const { word, colour, losses, cautions } = watch.summary;
  page.dataset.state = state;
  page.dataset.colour = colour;
  setText("state-word", say(word));
  // What to look after is said on the console; here only what changes what can be seen and heard.
  showTroubles(losses, watch.silence > 0 ? cautions : []);
  element("watch").hidden = !active;
  element("nothing").hidden = active;
  const over = OVER.includes(state);
  setText("nothing-says", say(over ? "nothing.over" : state === "interrupted" ? "nothing.between" : "nothing.before"));
  element("way-out").hidden = !over;
  element("slips-kept").hidden = !over || known;
  watch.showFrames();
  for (const control of elements("#ask, #ask-break, #ask-text")) control.toggleAttribute("disabled", over);
}

/** @param {import("../interview/next_door.js").Passed} passed */
function showDesk({ slips, present }) {
  known = true;
  element("slips").replaceChildren(...slips.toReversed().map((slip) => slipItem(slip, me)));
  element("slips-empty").hidden = slips.length > 0;
  showPresent(present, null, false);
}

// --- asking ---------------------------------------------------------------------------------------------------

const form = elementIfAny("ask-form", HTMLFormElement);
if (form) asking(form);

/** @param {HTMLFormElement} form */
function asking(form) {
  const text = element("ask-text", HTMLTextAreaElement);
  const left = () => setText("ask-left", `${text.value.length} / ${MAX_TEXT}`);
  text.addEventListener("input", left);
  left();
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const question = text.value.trim();
    if (!question) return text.focus();
    const sent = await send("questions", { text: question });
    if (sent === null) return; // what was written is still there
    text.value = "";
    left();
    acknowledge(sent.recorded ? "sent.question" : "sent.waits");
  });
  element("ask-break", HTMLButtonElement).addEventListener("click", async () => {
    const sent = await send("break-requests", {});
    if (sent !== null) acknowledge("sent.break");
  });
}

/** @param {string} name @param {Record<string, unknown>} body @returns {Promise<import("../interview/next_door.js").Slip | null>} */
async function send(name, body) {
  const buttons = [element("ask", HTMLButtonElement), element("ask-break", HTMLButtonElement)];
  for (const button of buttons) button.disabled = true; // two presses are one question
  try {
    return await change(`/interviews/${interview}/${name}`, body);
  } catch (error) {
    showRefusal(error);
    return null;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let forgetting;
function acknowledge(/** @type {string} */ code) {
  setText("sent", say(code));
  clearTimeout(forgetting);
  forgetting = setTimeout(() => setText("sent", ""), SHOWN_FOR);
}

darkSwitch("observe", true);
show();
showPresent([], null, false);
