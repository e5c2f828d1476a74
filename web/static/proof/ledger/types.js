// @ts-check
// Which types of statements belong together: what a recorder signs, what seals a file, what the registry consists of; and
// the kinds of derivatives.

/** What a recorder's key signs, and the center's does not. */
export const RECORDER_TYPES = Object.freeze(
  new Set(["recording.started", "recording.progress", "recording.interrupted", "recording.sealed"]),
);

/** Of each kind of file, the statement that seals it. @type {Readonly<Record<import("../recording/file_items.js").FileKind, string>>} */
export const SEALS = Object.freeze({ photograph: "photograph.sealed", document: "document.sealed", received: "evidence.received", derivative: "derivative.made" });
/** The kinds of file, in words. @type {Readonly<Record<import("../recording/file_items.js").FileKind, string>>} */
export const FILE_NAMES = Object.freeze({ photograph: "photograph", document: "document", received: "received file", derivative: "derivative" });
/** What the chain of a file begins with, and no other has. */
export const FILES_SEALED = Object.freeze(new Set(Object.values(SEALS)));

/** What kinds of derivative there are, and the format of each. @type {Readonly<Record<string, string>>} */
export const DERIVATIVES = Object.freeze({ "comparison-sheet": "jpeg", "composed-film": "mp4", "contact-sheet": "jpeg", "film-copy": "mp4", "pages-copy": "pdf", "picture-copy": "jpeg", "redacted-film": "mp4", "sound-copy": "mp4", still: "jpeg", "text-copy": "txt", transcript: "vtt" });
/** Those of them that people write, and no program makes. */
export const WRITTEN = Object.freeze(["transcript"]);
/** Those of them that are made from photographs and from nothing else: whether one is intimate is stated. */
export const OF_PHOTOGRAPHS = Object.freeze(["comparison-sheet"]);
/** Those of them that are made from one received file, whole: what of it can be viewed without opening the file itself. */
export const OF_RECEIVED = Object.freeze(["film-copy", "pages-copy", "picture-copy", "sound-copy", "text-copy"]);
/** Format of a document that is the record of an examination. */
export const EXAMINATION = "examination";
/** Those of them that a second person looks at before they are relied on. */
export const RELEASED = Object.freeze(["redacted-film", "transcript"]);
/** Kind of specimen that others are put into. */
export const KIT = "kit";
/** Type of the statement that a specimen was entered in error. */
export const WITHDRAWN = "specimen.withdrawn";
/** What kinds of specimen there are. */
export const SPECIMENS = Object.freeze(["blood", "clothing", "hair", KIT, "nails", "object", "other", "swab", "urine"]);
/** What is in the chain of a specimen, and in no other; it begins with the first. */
export const SPECIMEN_TYPES = Object.freeze(
  new Set([
    "specimen.taken", "specimen.handed-over", "specimen.received", "specimen.recalled", "specimen.link-made",
    "specimen.destroyed", WITHDRAWN,
  ]),
);

/** What the registry consists of: the chain about the deployment itself. No other chain has these. */
export const REGISTRY_TYPES = Object.freeze(
  new Set([
    "recorder.enrolled", "recorder.revoked", "credential.enrolled", "credential.revoked", "role.given",
    "role.withdrawn", "policy.changed", "timestamp.renewed", "key.rotated", "ledger.succeeded",
  ]),
);
