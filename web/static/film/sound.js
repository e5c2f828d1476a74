// @ts-check
// The sound of a film, raised and evened out for who listens: quiet voices become louder, loud ones do not hurt. It is done
// while it plays, by the browser's Web Audio, and changes nothing of the recording.

/** For speech: what is above the threshold differs an eighth as much (dB, s). Browsers then raise all of it (Web Audio, 1.19.5). */
const COMPRESSION = Object.freeze({ threshold: -50, knee: 20, ratio: 8, attack: 0.005, release: 0.25 });

export class Sound {
  static wanted = false; // also for the next film of this page

  #elements;
  /** @type {AudioContext | null} made when it is first wanted: browsers let no page sound before it was touched */
  #context = null;
  /** @type {AudioNode[]} */
  #sources = [];
  /** @type {AudioNode | null} */
  #evened = null;
  #even = false;

  /** @param {readonly HTMLAudioElement[]} elements of a film */
  constructor(elements) {
    this.#elements = elements;
  }

  /** Whether it is raised and evened out. */
  get even() {
    return this.#even;
  }

  set even(even) {
    this.#even = even;
    Sound.wanted = even;
    const context = (this.#context ??= this.#open());
    void context.resume();
    for (const source of this.#sources) {
      source.disconnect();
      source.connect((even && this.#evened) || context.destination);
    }
  }

  close() {
    void this.#context?.close();
  }

  #open() {
    const context = new AudioContext();
    this.#evened = new DynamicsCompressorNode(context, COMPRESSION);
    this.#evened.connect(context.destination);
    this.#sources = this.#elements.map((element) => context.createMediaElementSource(element));
    return context;
  }
}
