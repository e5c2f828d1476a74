// @ts-check
// What can go wrong while a recording is checked.
//
//   CheckError
//   ├── NotProved      the proof fails: something was altered, is missing, or does not belong here
//   │   └── Malformed  bytes that are not in the one form their specification allows
//   └── Unavailable    nothing was learned: the server or the network did not give what was asked for
//
// The difference matters in court: NotProved says something about the recording, Unavailable does not.

export class CheckError extends Error {}

export class NotProved extends CheckError {
  /**
   * @param {string} reason a short code in the proofs' own terms ("altered", "incomplete", …);
   *   pages turn it into sentences
   * @param {string} message for an expert, in English
   * @param {string | null} [where] a file, a statement, a time in the recording
   */
  constructor(reason, message, where = null) {
    super(message);
    this.name = "NotProved";
    this.reason = reason;
    this.where = where;
  }
}

export class Malformed extends NotProved {
  /** @param {string} message @param {string | null} [where] */
  constructor(message, where = null) {
    super("malformed", message, where);
    this.name = "Malformed";
  }
}

/**
 * What all of these give. All are awaited, and of those that fail the first in this order is thrown, so that the same
 * package is always refused for the same reason.
 *
 * @template T @param {Iterable<Promise<T>>} works @returns {Promise<T[]>}
 */
export async function inOrder(works) {
  const settled = await Promise.allSettled(works);
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

/** Says of what fails in `work` where that is, if nothing has yet. @template T @param {string} where @param {() => Promise<T>} work */
export async function located(where, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotProved) error.where ??= where;
    throw error;
  }
}

/**
 * Whether this browser does not know an algorithm that a check needs: then nothing was learned.
 *
 * @param {unknown} error
 */
export const isUnsupported = (error) => error instanceof DOMException && error.name === "NotSupportedError";

export class Unavailable extends CheckError {
  /** @param {string} code @param {string} message @param {{what: string, meaning: string, todo: string}} [words] */
  constructor(code, message, words) {
    super(message);
    this.name = "Unavailable";
    this.code = code;
    this.words = words ?? null;
  }
}
