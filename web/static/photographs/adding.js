// @ts-check
// The files that a page adds to its case: their queue, a line for each, and how many of them are sealed.

import { setOrHide } from "../page/elements.js";
import { say } from "../page/words.js";
import { uploadLine } from "./upload_line.js";
import { nameOf, Uploading } from "./uploading.js";

/** @import { About, Destination, Progress, Upload } from "./uploading.js" */

export class Adding {
  #uploading;
  #list;
  #all = 0;
  #over = 0;
  #done = 0;
  #known = 0; // in the case before: none of the others
  #listed = 0; // how many of the sealed ones were there when the lists were last read

  /** @param {Destination} destination @param {() => Promise<void>} list reads the lists of the page anew */
  constructor(destination, list) {
    this.#uploading = new Uploading(destination);
    this.#list = list;
  }

  /** Whether files are on their way. */
  get busy() {
    return this.#over < this.#all;
  }

  /**
   * @param {Iterable<File>} files @param {About} about
   * @param {(file: File, digest: string, progress: Progress) => void} [sealed] called for each that is sealed
   */
  add(files, about, sealed) {
    for (const file of files) {
      const line = uploadLine(nameOf(file));
      let digest = "";
      this.#all += 1;
      const report = (/** @type {Upload} */ upload) => {
        digest = upload.digest ?? digest;
        line(upload);
      };
      void this.#uploading.add(file, about, report).then((progress) => {
        this.#over += 1;
        if (progress?.again) this.#known += 1;
        else if (progress) this.#done += 1;
        if (progress) sealed?.(file, digest, progress);
        this.#count();
        if (!this.busy && this.#done > this.#listed) void this.#renew();
      });
    }
    this.#count();
  }

  #count() {
    const [done, n] = [this.#done, this.#all - this.#known];
    setOrHide("going-on", this.busy ? say("going", { done, n }) : done < n ? say("some", { done, n }) : null);
    setOrHide("all-sealed", n > 0 && done === n ? say("all", { n }) : null);
    setOrHide("known", this.#known > 0 && !this.busy ? say("known", { n: this.#known }) : null);
  }

  /** What was sealed is in the lists, too; without the server it comes with the next one, or a reload. */
  async #renew() {
    const before = this.#listed;
    this.#listed = this.#done;
    try {
      await this.#list();
    } catch {
      this.#listed = before;
    }
  }
}
