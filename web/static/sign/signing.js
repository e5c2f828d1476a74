// @ts-check
// Signed acts: acts that need the signature of their person. A form with `data-grave` goes where it always goes; if the center answers that
// the act has to be signed, the dialog of signing.html says in a sentence what is signed and what comes of it, the
// browser asks for the passkey, and only then is the act done. Whatever goes wrong on the way leaves the form as it was.
// Where the center says that an act is entered without a signature too (a no of the person's), the dialog offers that.
//
// What is signed, the center decided before: the challenge is the digest of the statement that it keeps.

import { element, elements, make } from "../page/elements.js";
import { read, Refused } from "../page/requests.js";
import { writeWords } from "../page/trouble.js";
import { Unavailable } from "../proof/errors.js";
import { answerWith } from "./passkeys.js";

/** @import { Words } from "../page/requests.js" */
/** @typedef {{challenge: string, rpId: string, timeout: number, userVerification: "required", allowCredentials: {type: "public-key", id: string}[]}} Options */
/** `acts`: each act of a sheet in words; `how`: what they have in common. @typedef {{what: string, acts: string[], how: string[], consequence: string}} Says */
/** @typedef {{signing?: string, unsigned?: boolean, says?: Says, publicKey?: Options, [more: string]: any}} Prepared */
/** @typedef {{signing: string, unsigned: boolean, says: Says, publicKey: Options}} Waiting */

const WITHIN = 20_000; // ms for an answer

/**
 * @param {string} url @param {BodyInit} body @param {string} [type] of the body, where it does not say so itself
 * @returns {Promise<any>} @throws {Refused | import("../page/requests.js").Unreachable}
 */
export const send = (url, body, type) =>
  read(url, { method: "POST", headers: { Accept: "application/json", ...(type && { "Content-Type": type }) }, body, within: WITHIN });

/** @param {Options} options @returns {Promise<Record<string, string>>} */
async function authenticate(options) {
  const { rawId, response } = await answerWith(options);
  return {
    credential: rawId,
    authenticator: response.authenticatorData,
    client: response.clientDataJSON,
    signature: response.signature,
  };
}

const box = () => element("signing", HTMLDialogElement);
const signing = () => element("signing-sign", HTMLButtonElement);

/** What went wrong, in the page's words or the center's. @param {unknown} error @returns {Words} */
function wordsOf(error) {
  if (error instanceof Refused && error.words) return error.words;
  const code = error instanceof Unavailable ? "unreachable" : error instanceof DOMException ? "unsigned" : "";
  if (!code) {
    box().close();
    throw error;
  }
  const texts = element(`signing-${code}`).dataset;
  return { what: texts.what ?? "", meaning: texts.meaning ?? "", todo: texts.todo ?? "" };
}

/** @param {unknown} error */
function showError(error) {
  writeWords(wordsOf(error), "signing-trouble-");
  element("signing-trouble").hidden = false;
}

/** @param {Says | null} says null: there is nothing to sign @param {boolean} [without] */
function open(says, without = false) {
  element("signing-what").textContent = says?.what ?? "";
  element("signing-acts").replaceChildren(...(says?.acts ?? []).map((one) => make("li", "", one)));
  element("signing-how").replaceChildren(...(says?.how ?? []).map((one) => make("p", "", one)));
  element("signing-consequence").textContent = says?.consequence ?? "";
  element("signing-asked").hidden = !says;
  element("signing-trouble").hidden = true;
  for (const id of ["signing-without", "signing-without-words"]) element(id).hidden = !without;
  signing().hidden = !says;
  signing().disabled = false;
  if (!box().open) box().showModal();
}

/** Waits for one of the buttons, or for Escape. @returns {Promise<"sign" | "without" | "back">} */
function pressed() {
  return new Promise((resolve) => {
    const stop = new AbortController();
    const settle = (/** @type {"sign" | "without" | "back"} */ what) => {
      stop.abort();
      resolve(what);
    };
    signing().addEventListener("click", () => settle("sign"), stop);
    element("signing-without").addEventListener("click", () => settle("without"), stop);
    element("signing-back").addEventListener("click", () => settle("back"), stop);
    box().addEventListener("cancel", () => settle("back"), stop);
  });
}

/**
 * Do an act as its person's own.
 *
 * @param {() => Promise<Prepared>} prepare asks the center for it; asked again where it has to be signed anew
 * @param {() => Promise<Prepared>} [without] has it entered without a signature, where the center offers that
 * @returns {Promise<any>} the center's answer once it is done; null if the person went back
 */
export async function personally(prepare, without) {
  /** @type {Prepared | null} */
  let waiting;
  try {
    waiting = await prepare();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    open(null);
    showError(error);
    await pressed();
    box().close();
    return null;
  }
  if (!waiting.signing) return waiting;
  open(/** @type {Waiting} */ (waiting).says, without !== undefined && waiting.unsigned);
  /** An answer of which it is not known whether it arrived. @type {string | null} */
  let answer = null;
  for (;;) {
    const wanted = await pressed();
    if (wanted === "back") {
      box().close();
      return null;
    }
    signing().disabled = true;
    element("signing-trouble").hidden = true;
    try {
      if (wanted === "without" && without) waiting = await without();
      else {
        waiting ??= await prepare();
        if (waiting.signing) {
          const { signing: id, publicKey } = /** @type {Waiting} */ (waiting);
          answer ??= JSON.stringify(await authenticate(publicKey));
          waiting = await send(`/signings/${id}`, answer, "application/json");
        }
      }
      box().close();
      return waiting;
    } catch (error) {
      showError(error); // what it does not know is its caller's
      if (error instanceof Refused) answer = waiting = null; // what was prepared is used up
    }
    signing().disabled = false;
    signing().focus();
  }
}

/** @param {HTMLFormElement} form @param {SubmitEvent} event */
async function submit(form, event) {
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form, event.submitter)) fields.append(name, String(value));
  try {
    const unsigned = new URLSearchParams([...fields, ["unsigned", "true"]]);
    const done = await personally(
      () => send(form.action, fields),
      () => send(form.action, unsigned),
    );
    if (done) location.assign(done.to);
  } finally {
    form.ariaBusy = "false";
  }
}

for (const form of elements("form[data-grave]", HTMLFormElement)) {
  form.addEventListener("submit", (event) => void submit(form, event));
}
