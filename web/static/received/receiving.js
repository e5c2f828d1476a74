// @ts-check
// Files from outside, with where they came from, and the receipt for who gave them.

import { element, make, onPress } from "../page/elements.js";
import { onDrop, saveFile } from "../page/files.js";
import { clockOf, dateOf, printable } from "../page/words.js";
import { Adding } from "../photographs/adding.js";
import { nameOf } from "../photographs/uploading.js";
import { receiptText } from "./receipt.js";

/** @import { Destination, Origin } from "../photographs/uploading.js" */
/** @import { ReceiptLine } from "./receipt.js" */

/**
 * Sends the files that are chosen, with the origin that is typed, and writes the receipt.
 *
 * @param {Destination} destination @param {() => Promise<void>} list reads the lists of the page anew
 */
export function receive(destination, list) {
  const form = element("origin", HTMLFormElement);
  const unknown = element("unknown-origin");
  const files = new Adding(destination, list);

  /** @param {Iterable<File>} chosen */
  function add(chosen) {
    const said = Object.fromEntries(new FormData(form)); // before anything else can be typed
    unknown.hidden = form.checkValidity() && String(said.giver).trim() !== "";
    if (!unknown.hidden) {
      form.reportValidity();
      return;
    }
    const origin = /** @type {Origin} */ (/** @type {unknown} */ (said));
    files.add(chosen, { kind: "received", origin }, (file, digest, { number, size }) => {
      addToReceipt(origin.giver, { name: nameOf(file), size, digest, number });
    });
  }

  for (const id of ["files", "folder"]) {
    const input = element(id, HTMLInputElement);
    const take = () => {
      add([...(input.files ?? [])]);
      input.value = "";
    };
    input.addEventListener("change", take);
    if (input.files?.length) take(); // chosen on a slow line, before this script had arrived
  }
  const drop = element("drop");
  onDrop(drop, drop, ({ files: dropped }) => add([...dropped]));
  addEventListener("beforeunload", (event) => {
    if (files.busy) event.preventDefault();
  });
  onPress("print", () => print());
  onPress("save-receipt", () => saveFile(new Blob([receiptText(heading(), lines)], { type: "text/plain" }), "receipt.txt"));
}

// --- the receipt --------------------------------------------------------------------------------------------

/** @type {ReceiptLine[]} */
let lines = [];

/** Adds a file to the receipt of who gave it; another giver gets another receipt. @param {string} giver @param {ReceiptLine} line */
function addToReceipt(giver, line) {
  if (element("receipt-giver").textContent !== giver) {
    lines = [];
    element("receipt-files").replaceChildren();
    element("receipt-giver").textContent = giver;
  }
  lines.push(line);
  const now = new Date();
  element("receipt").hidden = false;
  element("receipt-at").textContent = `${dateOf(now)} ${clockOf(now)}`;
  const groups = line.digest.match(/.{1,4}/g) ?? [];
  const digest = make("code", "digest", ...groups.map((group) => make("span", "", group)));
  const row = make("tr");
  const cells = [make("bdi", "", printable(line.name)), String(line.size), digest];
  if (line.number !== null) cells.push(String(line.number));
  for (const content of cells) row.append(make("td", "", content));
  element("receipt-files").append(row);
}

/** The facts above the table, as lines. */
function heading() {
  const facts = [...element("receipt").querySelectorAll("dt")];
  return ["Amana", ...facts.map((name) => `${name.textContent}: ${name.nextElementSibling?.textContent ?? ""}`)];
}
