// @ts-check
// The tone of a recording that has lost something. Browsers keep pages silent until something has been
// pressed; the click on "Begin" is such a press, and after a reload the page asks for another.

const EVERY = 2_500; // ms between two soundings
const NOTES = [660, 495]; // Hz: two falling notes, unlike telephones and doors
const LENGTH = 0.28; // s for each

export class Alarm {
  /** @type {AudioContext | null} */
  context = null;
  /** @type {number | undefined} */
  timer;
  /** What has been silenced by hand; anything else that is lost sounds again. @type {Set<string>} */
  silenced = new Set();
  /** @type {string[]} */
  reasons = [];

  /** Call from a click or a key: only then does the browser allow sound. */
  unlock() {
    this.context ??= new AudioContext();
    void this.context.resume();
  }

  get locked() {
    return this.context?.state !== "running";
  }

  get sounding() {
    return this.timer !== undefined;
  }

  /** What is lost now; an empty list is silence. @param {string[]} reasons */
  set(reasons) {
    this.reasons = reasons;
    for (const reason of this.silenced) if (!reasons.includes(reason)) this.silenced.delete(reason);
    const due = reasons.some((reason) => !this.silenced.has(reason));
    if (due && this.timer === undefined) {
      this.sound();
      this.timer = setInterval(() => this.sound(), EVERY);
    } else if (!due) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  silence() {
    this.reasons.forEach((reason) => this.silenced.add(reason));
    this.set(this.reasons);
  }

  sound() {
    const context = this.context;
    if (context === null || this.locked) return;
    NOTES.forEach((pitch, place) => {
      const from = context.currentTime + place * LENGTH;
      const note = context.createOscillator(), loudness = context.createGain();
      note.frequency.value = pitch;
      loudness.gain.setValueAtTime(0, from);
      loudness.gain.linearRampToValueAtTime(0.35, from + 0.02);
      loudness.gain.setValueAtTime(0.35, from + LENGTH - 0.06);
      loudness.gain.linearRampToValueAtTime(0, from + LENGTH);
      note.connect(loudness).connect(context.destination);
      note.start(from);
      note.stop(from + LENGTH);
    });
  }
}
