// @ts-check
// The center's protocol: the phases of an interview, and the checklist of what to do and say, before and during.
// What is entered or ticked is in the record; what was entered elsewhere shows here too.

import { element, elementIfAny, elements, leftToRight, make, makeButton } from "../page/elements.js";
import { clockOf, say } from "../page/words.js";

/** @typedef {{ code: string, when: "before" | "during", text: string, noted: boolean }} Item */
/** @typedef {{ code: string, text: string }} Phase */
/** @typedef {{ code: string, version: string, name: string, phases: Phase[], items: Item[] }} Protocol */
/**
 * @typedef {{
 *   protocol: string, version: string, item: string, text: string, done: boolean, note: string, by: string, at: string,
 * }} Tick `at`: an RFC 3339 time
 * @typedef {{ protocol: string, version: string, phase: string, text: string, by: string, at: string }} EnteredPhase
 *   `at`: an RFC 3339 time
 * @typedef {(path: "checklist" | "phase", body: Record<string, unknown>) => Promise<any>} Enter the answer; null: refused
 */

export class Checklist {
  /** @param {string} interview @param {Enter} enter enters an item or a phase in the record */
  constructor(interview, enter) {
    this.place = element("protocol");
    this.enter = enter;
    this.hasBegun = false;
    this.key = `amana.protocol.${interview}`;
    /** @type {Tick[]} */
    this.ticks = [];
    /** @type {EnteredPhase | null} */
    this.phase = null;
    /** @type {Protocol[]} */
    this.protocols = JSON.parse(this.place.dataset.protocols ?? "[]");
    const choice = element("protocol-choice", HTMLSelectElement);
    choice.value = sessionStorage.getItem(this.key) ?? choice.value;
    choice.addEventListener("change", () => {
      sessionStorage.setItem(this.key, choice.value);
      this.draw();
    });
    this.draw();
  }

  /** What comes before is folded away once recording has begun. @param {boolean} begun */
  begun(begun) {
    if (this.hasBegun === begun) return;
    this.hasBegun = begun;
    element("protocol-before", HTMLDetailsElement).open = !begun;
    element("protocol-during", HTMLDetailsElement).open = begun;
  }

  /** @param {Tick[]} ticks what has been ticked so far @param {EnteredPhase | null} phase the one that was entered last */
  show(ticks, phase) {
    if (JSON.stringify([ticks, phase]) === JSON.stringify([this.ticks, this.phase])) return;
    // The protocol that was begun with is the one that counts, on whichever page it was chosen.
    const begunWith = ticks[0] ?? phase;
    if (this.ticks.length === 0 && this.phase === null && begunWith && sessionStorage.getItem(this.key) === null) {
      element("protocol-choice", HTMLSelectElement).value = begunWith.protocol;
    }
    this.ticks = ticks;
    this.phase = phase;
    this.draw();
  }

  draw() {
    const chosen = element("protocol-choice", HTMLSelectElement).value;
    const protocol = this.protocols.find((one) => one.code === chosen);
    if (protocol === undefined) return;
    const active = document.activeElement;
    const focused = active instanceof HTMLElement && this.place.contains(active) ? active.id : "";
    const written = elements(".tick-note", HTMLInputElement, this.place).filter((note) => note.value !== note.defaultValue);
    for (const when of ["before", "during"]) {
      const items = protocol.items.filter((one) => one.when === when);
      element(`ticks-${when}`).replaceChildren(...items.map((item) => this.row(protocol, item)));
    }
    element("phases").replaceChildren(...protocol.phases.map((phase) => this.phaseButton(protocol, phase)));
    const done = protocol.items.filter((item) => this.tick(protocol, item)?.done).length;
    element("protocol-count").textContent = `${done} / ${protocol.items.length}`;
    // The list is made anew; what is written and not entered yet, and where the keyboard is, stay as they were.
    for (const { id, value } of written) {
      const note = elementIfAny(id, HTMLInputElement);
      if (note) note.value = value;
    }
    if (focused) elementIfAny(focused)?.focus();
  }

  /** @param {Protocol} protocol @param {Phase} phase */
  phaseButton(protocol, phase) {
    const entered = this.phase?.protocol === protocol.code && this.phase.phase === phase.code ? this.phase : null;
    const button = makeButton({ id: `phase-${phase.code}` }, phase.text, async () => {
      if (entered) return;
      button.disabled = true;
      await this.enter("phase", { protocol: protocol.code, version: protocol.version, phase: phase.code });
      button.disabled = false;
    });
    button.ariaPressed = String(entered !== null);
    if (entered) button.append(" ", leftToRight(make("span", "numeral", clockOf(new Date(entered.at)))));
    return button;
  }

  /** @param {Protocol} protocol @param {Item} item */
  tick(protocol, item) {
    return this.ticks.find((one) => one.protocol === protocol.code && one.item === item.code);
  }

  /** @param {Protocol} protocol @param {Item} item */
  row(protocol, item) {
    const tick = this.tick(protocol, item);
    const box = make("input", { type: "checkbox", id: `tick-${item.code}`, checked: tick?.done ?? false });
    const row = make("li", "tick", make("label", "", box, make("span", "", item.text)));
    const note = make("input", { className: "tick-note", type: "text", id: `note-${item.code}`, maxLength: 500, dir: "auto" });
    const enter = async () => {
      box.disabled = true;
      const entered = await this.enter("checklist", { protocol: protocol.code, version: protocol.version, item: item.code, done: box.checked, note: item.noted ? note.value.trim() : "" });
      box.disabled = false;
      if (!entered) box.checked = this.tick(protocol, item)?.done ?? false;
    };
    box.addEventListener("change", enter);
    if (item.noted) {
      note.defaultValue = tick?.note ?? "";
      note.placeholder = say("tick.note");
      note.ariaLabel = `${note.placeholder}: ${item.text}`;
      // A note is entered with its tick; one that is changed later is entered again.
      note.addEventListener("change", () => { if (box.checked) void enter(); });
      row.append(note);
    }
    if (tick !== undefined) {
      row.append(make("p", "tick-time quiet", leftToRight(make("span", "numeral", clockOf(new Date(tick.at))))));
    }
    return row;
  }
}
