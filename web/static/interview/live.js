// @ts-check
// The live picture: the part being recorded, read back from where it was made durable, through the same film
// script the court uses. What is seen here is recorded; there is no side channel.

import { element, setText } from "../page/elements.js";
import { whole } from "../page/requests.js";
import { say } from "../page/words.js";

/** @import { Film } from "../film/film.js" */
/** @import { Source } from "../viewing/opener.js" */

const RETRY = 1_000; // ms after which a film that the network left waiting is pushed on

const PAGE = 2_000; // records the server gives at once

const screens = {
  wide: element("film-wide", HTMLVideoElement),
  close: element("film-close", HTMLVideoElement),
  microphone: element("film-microphone", HTMLAudioElement),
};

export class LiveView {
  /** @param {string} interview */
  constructor(interview) {
    this.base = `/interviews/${interview}/live`;
    /** @type {string | null} */
    this.evidence = null;
    /** @type {Film | null} */
    this.film = null;
    this.hears = true;
  }

  /** Show this part from now on. Another part is another film. @param {string} evidence */
  show(evidence) {
    if (evidence === this.evidence) return;
    this.hide();
    this.evidence = evidence;
    setText("watch-note", say("watch.starting"));
    void this.start(evidence);
  }

  /** Until the first records are there to be read, trying is all there is to do. @param {string} evidence */
  async start(evidence) {
    try {
      // Loaded when needed: without it the console loses its picture, and nothing else.
      const { Film } = await import("../film/film.js");
      if (this.evidence !== evidence) return;
      const film = new Film(await liveSource(this.base, evidence), true);
      this.film = film;
      film.addEventListener("muted", () => setText("watch-note", say("watch.muted")));
      film.addEventListener("unhearable", () => {
        this.listen(false);
        setText("watch-note", say("watch.unhearable"));
      });
      film.addEventListener("presence", (event) => this.present(/** @type {CustomEvent} */ (event).detail.present));
      film.addEventListener("failed", (event) => {
        console.error("live view", /** @type {CustomEvent} */ (event).detail);
        setText("watch-note", say("watch.unavailable"));
      });
      film.addEventListener("unavailable", () => setTimeout(() => this.push(film), RETRY));
      await film.open();
      if (this.film !== film) return film.close();
      film.show(screens);
      film.play();
      this.listen(this.hears);
      setText("watch-note", say("watch.safe"));
    } catch (error) {
      if (this.evidence !== evidence) return;
      console.warn("live view", error);
      this.film?.close();
      this.film = null;
      setTimeout(() => { if (this.evidence === evidence && this.film === null) void this.start(evidence); }, RETRY);
    }
  }

  /** @param {Film} film */
  push(film) {
    if (this.film !== film || !film.playing) return;
    film.pause();
    film.play();
  }

  /** Which cameras have a picture now: a lost one leaves its frame empty rather than still. @param {string[]} names */
  present(names) {
    for (const name of /** @type {const} */ (["wide", "close"])) {
      screens[name].closest("figure")?.classList.toggle("without-picture", !names.includes(name));
    }
  }

  /** @param {boolean} on */
  listen(on) {
    if (on && !this.hears && this.film) setText("watch-note", say("watch.safe"));
    this.hears = on;
    screens.microphone.muted = !on;
    setText("listen-word", say(on ? "listen.on" : "listen.off"));
  }

  hide() {
    this.film?.close();
    this.film = null;
    this.evidence = null;
    this.present([]);
  }
}

/** @param {string} base @param {string} evidence @returns {Promise<Source>} */
async function liveSource(base, evidence) {
  const { ask, post, read } = await import("../viewing/server.js");
  const { fromBase64 } = await import("../proof/bytes.js");
  return {
    records: async (after) => {
      /** @type {import("../proof/recording/records.js").FilmRecord[]} */
      const all = [];
      for (;;) {
        const { records } = await read(`${base}/records?evidence=${evidence}&after=${after + all.length}`);
        all.push(...records);
        if (records.length < PAGE) return all;
      }
    },
    message: async (index) => whole((await ask(`${base}/messages/${evidence}/${index}`)).arrayBuffer()),
    keys: async (indices) => (await post(`${base}/keys`, { evidence, indices })).keys.map(fromBase64),
  };
}
