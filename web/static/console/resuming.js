// @ts-check
// After an interruption: whether the page resumes the recording by itself.

/** @import { Status } from "../interview/feed.js" */

const WITHIN = 90_000; // ms

/** The same for one device in one person's hands. @param {import("../interview/feed.js").Sender} sender */
const senderKey = ({ device, holder }) => `${device} ${holder.kind} ${holder.id}`;

/**
 * A recorder that died loses seconds of testimony, and the people in the room do not know. Where this very page saw
 * the recording run a moment ago, the new recorder begins the next part as soon as a camera is back. Not after a break,
 * a failed disk, on a page that was only just opened, or with another device than before: then a person decides.
 */
export class Resuming {
  #recordedAt = -Infinity; // performance.now() when this page last saw the interview being recorded
  #beginning = false;
  /** Who sent each camera then. @type {Map<string, string>} */
  #sentBy = new Map();
  #begin;

  /** @param {() => Promise<boolean>} begin the next part; whether it was begun */
  constructor(begin) {
    this.#begin = begin;
  }

  /** @param {Status} status */
  async onStatus({ state, losses, cameras }) {
    const sent = Object.entries(cameras);
    if (state === "recording") {
      this.#recordedAt = performance.now();
      for (const [name, { sender }] of sent) this.#sentBy.set(name, senderKey(sender));
    }
    if (state === "break" || state === "stopped" || state === "sealed") this.#recordedAt = -Infinity;
    const died = state === "interrupted" && losses.some(({ code }) => code === "interrupted");
    const soon = performance.now() - this.#recordedAt < WITHIN;
    const filming = sent.some(([, { flowing }]) => flowing);
    const same = sent.every(([name, { sender }]) => this.#sentBy.get(name) === senderKey(sender));
    if (!died || !soon || !filming || !same || this.#beginning) return;
    this.#beginning = true;
    if (!(await this.#begin())) this.#recordedAt = -Infinity;
    this.#beginning = false;
  }
}
