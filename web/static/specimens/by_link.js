// @ts-check
// The page of a one-time link about a specimen, for people without an account: confirming a receipt, then handing the
// specimen on. The token is in the address's fragment, which browsers never send. It is taken out of the address at once,
// and is in this tab alone; so is the one that the page makes for whoever confirms a receipt. The tab keeps it through a
// reload, another language or the back button: on a telephone a page may be loaded anew whenever its reader comes back.

import { toHex } from "../proof/bytes.js";
import { addFact, element, elements, leftToRight, make, setOrHide } from "../page/elements.js";
import { Refused, Unreachable, post, read } from "../page/requests.js";
import { troubleText } from "../page/trouble.js";
import { clockOf, copyText, dateOf, say } from "../page/words.js";

/** @typedef {{state: "receive" | "hold" | "waits", number: number, kind: string, seal: string, storage: string | null, until: string | null}} Specimen */

const SECTIONS = ["receive", "received", "hold", "waits", "over"];

const LINK = "custody-link";
/** Of a link that its holder has not copied yet. */
const UNSAVED = "custody-link-unsaved";
/** Of the links that their holder has if a receipt arrived. */
const TRIED = "custody-links-tried";

/** Whether a link opens nothing, or nothing any more. @param {unknown} error */
const isOver = (error) => error instanceof Refused && error.status === 401;

let token = "";

/** Go on with this token. @param {string} now */
function hold(now) {
  token = now;
  sessionStorage.setItem(LINK, now);
}

/** The holder's own link, until they have copied it or go on without. */
function showOwn() {
  sessionStorage.setItem(UNSAVED, "yes");
  element("holding", HTMLInputElement).value = `${location.origin}/custody#${token}`;
  show("received");
}

const options = () => ({ headers: { authorization: `Bearer ${token}`, accept: "application/json", "content-type": "application/json" } });

/** @param {string} act @param {Record<string, unknown>} body @returns {Promise<any>} */
const send = (act, body) => post(`/custody/${act}`, body, options());

/** @param {string} shown one of `SECTIONS` */
function show(shown) {
  for (const id of SECTIONS) element(id).hidden = id !== shown;
}

/** @param {Specimen} specimen */
function describe({ number, kind, seal, storage, until }) {
  const facts = element("specimen");
  facts.replaceChildren();
  addFact(facts, say("number"), String(number));
  addFact(facts, say("kind"), say(`kind.${kind}`));
  addFact(facts, say("seal"), leftToRight(make("span", "", seal)));
  if (storage) addFact(facts, say("storage"), say(`storage.${storage}`));
  if (until) addFact(facts, say("until"), `${dateOf(new Date(until))} ${clockOf(new Date(until))}`);
  facts.hidden = false;
  if (!storage) for (const asked of elements("[data-stored]")) asked.remove();
}

/** What the link is for now. @returns {Promise<Specimen>} */
const specimenNow = () => read("/custody/specimen", options());

async function look() {
  const specimen = await specimenNow();
  describe(specimen);
  show(specimen.state);
  setOrHide("trouble", null);
}

/** Does an act of the page; what goes wrong is said at its top. @param {() => Promise<void>} act */
async function attempt(act) {
  setOrHide("trouble", null);
  try {
    await act();
  } catch (error) {
    if (isOver(error)) sessionStorage.clear();
    setOrHide("trouble", troubleText(error));
    element("trouble").scrollIntoView({ block: "center" });
  }
}

/** What a form says, as the server takes it. @param {HTMLFormElement} form @returns {Record<string, unknown>} */
function said(form) {
  const fields = Object.fromEntries(new FormData(form));
  const { intact, stored, hours, ...others } = fields;
  return {
    ...others,
    intact: intact === "yes",
    stored: stored === undefined ? null : stored === "yes",
    ...(hours === undefined ? {} : { hours: Number(hours) }),
  };
}

/** @param {string} id @param {(body: Record<string, unknown>) => Promise<void>} act */
function onSend(id, act) {
  const form = element(id, HTMLFormElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
    button.disabled = true;
    void attempt(() => act(said(form))).then(() => (button.disabled = false));
  });
}

/** Tokens that were sent with a receipt, the oldest first. @returns {string[]} */
const tried = () => JSON.parse(sessionStorage.getItem(TRIED) ?? "[]");

/** Whether a receipt whose answer was lost is confirmed: then the token that was sent with it opens the specimen. */
async function arrived() {
  const before = token;
  for (const holding of tried()) {
    hold(holding);
    try {
      await specimenNow();
      return true;
    } catch {
      hold(before);
    }
  }
  return false;
}

onSend("receiving", async (body) => {
  const holding = toHex(crypto.getRandomValues(new Uint8Array(32)));
  sessionStorage.setItem(TRIED, JSON.stringify([...tried(), holding]));
  try {
    await send("receipt", { ...body, holding });
    hold(holding);
  } catch (error) {
    if (!(error instanceof Unreachable || isOver(error)) || !(await arrived())) throw error;
  }
  showOwn();
  describe(await specimenNow());
});

onSend("handing-over", async (body) => {
  const answer = await send("handover", body);
  await look();
  offer(answer);
});

onSend("destroying", async (body) => {
  await send("destruction", body);
  sessionStorage.clear();
  show("over");
});

/** @param {{link: string, picture: string}} answer */
function offer({ link, picture }) {
  element("picture", HTMLImageElement).src = picture;
  element("link", HTMLInputElement).value = link;
  element("next").hidden = false;
}

/** A button that does one act at a time. @param {string} id @param {() => Promise<void>} act */
function onPress(id, act) {
  const button = element(id, HTMLButtonElement);
  button.addEventListener("click", () => {
    button.disabled = true;
    void attempt(act).then(() => (button.disabled = false));
  });
}

onPress("again", async () => offer(await send("link", {})));
onPress("recall", async () => {
  await send("recall", {});
  element("next").hidden = true;
  await look();
});
onPress("go-on", async () => {
  sessionStorage.removeItem(UNSAVED);
  await look();
});
element("copy-holding").addEventListener("click", async ({ currentTarget }) => {
  await copyText(element("holding", HTMLInputElement).value);
  sessionStorage.removeItem(UNSAVED);
  /** @type {HTMLElement} */ (currentTarget).textContent = say("copied");
});

addEventListener("hashchange", () => location.reload()); // another link, opened in the same tab

const opened = location.hash.slice(1);
if (opened) {
  if (opened !== sessionStorage.getItem(LINK)) sessionStorage.clear();
  hold(opened);
  history.replaceState(null, "", location.pathname);
}
token = sessionStorage.getItem(LINK) ?? "";
if (token) {
  void attempt(async () => {
    try {
      await look();
    } catch (error) {
      if (!isOver(error) || !(await arrived())) throw error;
      await look();
      showOwn();
    }
    if (sessionStorage.getItem(UNSAVED)) showOwn();
  });
}
