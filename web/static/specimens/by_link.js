// @ts-check
// The page of a one-time link about a specimen, for people without an account: confirming a receipt, then handing the
// specimen on. The token is in the address's fragment, which browsers never send. It is taken out of the address at once,
// and is in this page alone; so is the one that the page makes for whoever confirms a receipt.

import { toHex } from "../proof/bytes.js";
import { addFact, element, elements, leftToRight, make, setOrHide } from "../page/elements.js";
import { Unreachable, post, read } from "../page/requests.js";
import { troubleText } from "../page/trouble.js";
import { clockOf, copyText, dateOf, say } from "../page/words.js";

/** @typedef {{state: "receive" | "hold" | "waits", number: number, kind: string, seal: string, storage: string | null, until: string | null}} Specimen */

const SECTIONS = ["receive", "received", "hold", "waits", "over"];

let token = "";

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

async function look() {
  const specimen = /** @type {Specimen} */ (await read("/custody/specimen", options()));
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

onSend("receiving", async (body) => {
  const holding = toHex(crypto.getRandomValues(new Uint8Array(32)));
  const before = token;
  try {
    await send("receipt", { ...body, holding });
    token = holding;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    token = holding; // the answer may be lost, and the receipt confirmed
    try {
      await read("/custody/specimen", options());
    } catch {
      token = before;
      throw error;
    }
  }
  element("holding", HTMLInputElement).value = `${location.origin}/custody#${holding}`;
  show("received");
});

onSend("handing-over", async (body) => {
  const answer = await send("handover", body);
  await look();
  offer(answer);
});

onSend("destroying", async (body) => {
  await send("destruction", body);
  show("over");
});

/** @param {{link: string, picture: string}} answer */
function offer({ link, picture }) {
  element("picture", HTMLImageElement).src = picture;
  element("link", HTMLInputElement).value = link;
  element("next").hidden = false;
}

element("again").addEventListener("click", () => attempt(async () => offer(await send("link", {}))));
element("recall").addEventListener("click", () =>
  attempt(async () => {
    await send("recall", {});
    element("next").hidden = true;
    await look();
  }),
);
element("go-on").addEventListener("click", () => attempt(look));
element("copy-holding").addEventListener("click", async ({ currentTarget }) => {
  await copyText(element("holding", HTMLInputElement).value);
  /** @type {HTMLElement} */ (currentTarget).textContent = say("copied");
});

if (location.hash.length > 1) {
  token = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  void attempt(look);
}
