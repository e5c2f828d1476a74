// @ts-check
// One check of one package, from the choice to the verdict, and everything known so far. The page shows it in the
// language of the moment and may show it again in the other one, so nothing is kept in the page itself.
//
// Events: `step`, `progress`, `playable`, `over`.

import { isUnsupported, NotProved, Unavailable } from "../proof/errors.js";
import { folderSource, sealedSource } from "./source.js";
import { OtherFingerprint, registeredPolicy } from "../proof/ledger/registered.js";
import { PACKAGE_STEPS, verifyPackage } from "./verify.js";

/** @import { Chosen } from "../verifier/choosing.js" */
/** @import { PassphraseWords } from "./passphrase.js" */
/** @import { PackageSource } from "./source.js" */
/** @import { Registered } from "../proof/ledger/registered.js" */
/** @import { Item, PackageStep, StepState, Verdict } from "./verify.js" */
/** @typedef {{step: PackageStep, number: number, kind: string, reason: string, where: string | null}} Refusal */
/**
 * How it ended. `verdict`: the verifier's; `refused`: the file is no whole package that opens; `passphrase` and
 * `fingerprint`: what was typed, or the court's file, does not fit; `unavailable`: a file could not be read;
 * `unsupported`: this browser does not know an algorithm that the package needs.
 *
 * @typedef {{end: "verdict", verdict: Verdict} | {end: "refused", refusal: Refusal} | {end: "passphrase"}
 *   | {end: "fingerprint", typed: string, found: string} | {end: "unavailable", message: string}
 *   | {end: "unsupported"}} End
 */

export class Run extends EventTarget {
  /** @type {Map<PackageStep, StepState | "waiting">} */
  steps = new Map(PACKAGE_STEPS.map((step) => [step, "waiting"]));
  /** @type {Item[]} those that may be played */
  items = [];
  done = 0;
  total = 0;
  /** When the films began to be read, by performance.now(). */
  began = 0;
  /** @type {End | null} */
  end = null;
  /** @type {Date | null} */
  endedAt = null;

  /** @param {Chosen} chosen @param {string} passphrase @param {Registered} registered @param {PassphraseWords} words */
  constructor(chosen, passphrase, registered, words) {
    super();
    this.chosen = chosen;
    this.registered = registered;
    this.#passphrase = passphrase;
    this.#words = words;
  }

  #passphrase;
  #words;
  /** @type {PackageStep} */
  #reached = "opening";

  /** @returns {Promise<void>} when it is over */
  async start() {
    this.end = await this.#verify();
    this.endedAt = new Date();
    this.dispatchEvent(new Event("over"));
  }

  /** @returns {Promise<End>} */
  async #verify() {
    try {
      const source = await this.#open();
      const policy = await registeredPolicy(source, this.registered);
      const verdict = await verifyPackage(source, policy, {
        step: (step, state) => this.#step(step, state),
        progress: (done, total) => {
          if (this.began === 0) this.began = performance.now();
          this.done = done;
          this.total = total;
          this.dispatchEvent(new Event("progress"));
        },
        playable: (item) => {
          this.items.push(item);
          this.dispatchEvent(new Event("playable"));
        },
      });
      return { end: "verdict", verdict };
    } catch (error) {
      if (error instanceof OtherFingerprint) return { end: "fingerprint", typed: error.typed, found: error.found };
      if (error instanceof Unavailable) return { end: "unavailable", message: error.message };
      if (isUnsupported(error)) return { end: "unsupported" };
      if (!(error instanceof NotProved)) throw error;
      if (error.reason === "passphrase") return { end: "passphrase" };
      const { reason: kind, message: reason, where } = error;
      const step = this.#reached;
      this.#step(step, "failed");
      return { end: "refused", refusal: { step, number: PACKAGE_STEPS.indexOf(step) + 1, kind, reason, where } };
    }
  }

  /** @returns {Promise<PackageSource>} */
  async #open() {
    this.#step("opening", "running");
    const sealed =
      this.chosen.kind === "sealed" ? await sealedSource(this.chosen.file, this.#passphrase, this.#words) : null;
    this.#step("opening", "proved");
    this.#step("bag", "running");
    return sealed ?? folderSource(this.chosen.kind === "folder" ? this.chosen.files : []);
  }

  /** @param {PackageStep} step @param {StepState} state */
  #step(step, state) {
    this.#reached = step;
    this.steps.set(step, state);
    this.dispatchEvent(new Event("step"));
  }

  /** Seconds that are left, as far as it follows from what was read so far. @returns {number | null} */
  get left() {
    const seconds = (performance.now() - this.began) / 1000;
    if (this.began === 0 || this.done === 0 || seconds < 1.5) return null;
    return ((this.total - this.done) * seconds) / this.done;
  }

  /** The verdict, where there is one. @returns {Verdict | null} */
  get verdict() {
    return this.end?.end === "verdict" ? this.end.verdict : null;
  }
}
